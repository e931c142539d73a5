package checks

import (
	"context"
	"fmt"
	"strings"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// New returns a check of a type with the defaults of rest-2.md §3.1.
func New(t Type) Definition {
	zero, one, warning := int32(0), int32(1), Warning
	return Definition{
		CheckType: t, FailsB4Alert: 1, AlertSeverity: &warning, ErrorThreshold: &zero, WarningThreshold: &zero,
		ScriptArgs: []string{}, EnvVars: []string{}, InfoReturnCodes: []int64{}, WarningReturnCodes: []int64{},
		SuccessReturnCodes: []int64{}, NumberOfEvents: &one,
	}
}

// validate applies the rules of a type to a new check (rest-2.md §3.4). db must hold the owner's lock, so that two creations
// at once cannot both find nothing.
func validate(ctx context.Context, db DB, d *Definition) error {
	warning, failing := valueOf(d.WarningThreshold), valueOf(d.ErrorThreshold)
	switch d.CheckType {
	case DiskSpace:
		if taken, err := diskTaken(ctx, db, d); err != nil {
			return err
		} else if taken {
			return refuse(fmt.Sprintf("A disk check for Drive %s already exists!", valueOf(d.Disk)))
		}
		if warning == 0 && failing == 0 {
			return refuse("Warning threshold or Error Threshold must be set")
		}
		if warning > 0 && failing > 0 && failing > warning {
			return refuse("Warning threshold must be greater than Error Threshold")
		}
	case CPULoad, Memory:
		if taken, err := typeTaken(ctx, db, d); err != nil {
			return err
		} else if taken {
			return refuse(fmt.Sprintf("A %s check for this agent already exists", d.CheckType))
		}
		if warning == 0 && failing == 0 {
			return refuse("Warning threshold or Error Threshold must be set")
		}
		if warning > 0 && failing > 0 && warning > failing {
			return refuse("Warning threshold must be less than Error Threshold")
		}
	case Ping:
		if !ValidPingTarget(valueOf(d.IP)) {
			return refuse("Please enter a valid IP address or domain name")
		}
	case WinSvc, Script, EventLog:
	}
	return nil
}

func refuse(message string) error { return fault.InvalidField(fault.NonField, message) }

// diskTaken says whether the owner has a disk check whose drive contains the given text.
func diskTaken(ctx context.Context, db DB, d *Definition) (bool, error) {
	var taken bool
	err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM checks WHERE (agent_id = $1 OR policy_id = $2)
		AND check_type = 'diskspace' AND disk LIKE $3)`, d.Agent, d.Policy, "%"+likeText(valueOf(d.Disk))+"%").Scan(&taken)
	if err != nil {
		return false, fmt.Errorf("look for disk checks: %w", err)
	}
	return taken, nil
}

func typeTaken(ctx context.Context, db DB, d *Definition) (bool, error) {
	var taken bool
	err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM checks WHERE (agent_id = $1 OR policy_id = $2) AND check_type = $3)`,
		d.Agent, d.Policy, d.CheckType).Scan(&taken)
	if err != nil {
		return false, fmt.Errorf("look for %s checks: %w", d.CheckType, err)
	}
	return taken, nil
}

// likeText escapes what LIKE would read as a pattern.
func likeText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
