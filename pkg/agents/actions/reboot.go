package actions

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// ScheduledReboot is what was arranged.
type ScheduledReboot struct {
	Time     time.Time // wall clock of the agent
	TaskName string
}

const (
	rebootInput  = "2006-01-02T15:04"
	rebootStored = "2006-01-02 15:04:05"
	letters      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// RebootLater schedules a restart by a task of the machine's own scheduler. The text is a wall clock of the agent's zone
// (rest-1.md §5.2).
func (s *Service) RebootLater(ctx context.Context, ref agents.Ref, text string) (ScheduledReboot, error) {
	if ref.Plat != agents.Windows {
		return ScheduledReboot{}, fault.Refused("Not currently implemented for " + ref.Plat)
	}
	at, err := s.rebootTime(ctx, ref, text)
	if err != nil {
		return ScheduledReboot{}, err
	}
	name, err := randomName("TacticalRMM_SchedReboot_", 10)
	if err != nil {
		return ScheduledReboot{}, err
	}
	expire := at.Add(5 * time.Minute)
	a, err := s.ask(ctx, ref, agentwire.Command{Func: agentwire.FuncSchedTask, SchedTask: &agentwire.SchedTask{
		Type: "schedreboot", Enabled: true, DeleteExpiredTaskAfter: true, MultipleInstances: 2, Trigger: "runonce", Name: name,
		StartYear: at.Year(), StartMonth: int(at.Month()), StartDay: at.Day(), StartHour: at.Hour(), StartMin: at.Minute(),
		ExpireYear: expire.Year(), ExpireMonth: int(expire.Month()), ExpireDay: expire.Day(), ExpireHour: expire.Hour(),
		ExpireMin: expire.Minute(),
	}}, 10*time.Second)
	if err != nil {
		return ScheduledReboot{}, err
	}
	if a.text() != "ok" {
		return ScheduledReboot{}, fault.Refused(a.text())
	}
	details := map[string]string{"taskname": name, "time": at.Format(rebootStored)}
	if err := s.Agents.AddPendingAction(ctx, ref.PK, agents.SchedReboot, details); err != nil {
		return ScheduledReboot{}, err
	}
	return ScheduledReboot{Time: at, TaskName: name}, nil
}

func (s *Service) rebootTime(ctx context.Context, ref agents.Ref, text string) (time.Time, error) {
	zone := ref.TimeZone
	if zone == "" {
		core, err := s.Settings.Get(ctx)
		if err != nil {
			return time.Time{}, err
		}
		zone = core.DefaultTimeZone
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("time zone of agent: %w", err)
	}
	at, err := time.ParseInLocation(rebootInput, text, location)
	if err != nil {
		return time.Time{}, fault.Refused("Invalid date")
	}
	if at.Before(s.Now()) {
		return time.Time{}, fault.Refused("Date cannot be set in the past")
	}
	return at, nil
}

// randomName appends n random letters.
func randomName(prefix string, n int) (string, error) {
	raw := make([]byte, n)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("make a name: %w", err)
	}
	for i, b := range raw {
		raw[i] = letters[int(b)%len(letters)]
	}
	return prefix + string(raw), nil
}
