package results

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/alerts"
	"github.com/gueencode/gueenrmm/pkg/checks"
)

// AlertFollower opens and closes the alerts of checks.
type AlertFollower struct{}

// ChecksChanged implements CheckFollower. A failing run that does not count yet neither opens nor closes an alert.
func (AlertFollower) ChecksChanged(ctx context.Context, tx pgx.Tx, changes []checks.Change) error {
	events := make([]alerts.Event, 0, len(changes))
	for _, c := range changes {
		if !c.Counts() && c.After != checks.Passing {
			continue
		}
		severity := checks.Warning
		if c.Severity != nil {
			severity = *c.Severity
		}
		events = append(events, alerts.Event{
			AgentPK: c.AgentPK, CheckID: c.CheckID, Failed: c.Counts(), Severity: string(severity), Description: c.Description,
		})
	}
	return alerts.Follow(ctx, tx, events)
}
