package actions

import (
	"context"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Cancel removes a pending action of an agent in scope and returns what was cancelled, in the contract's words. A planned
// reboot is taken out of the machine's scheduler first: when the agent cannot do so, nothing is removed (rest-1.md §8).
func (s *Service) Cancel(ctx context.Context, scope access.Scope, id int64) (string, error) {
	p, err := s.Agents.PendingAction(ctx, id)
	if err != nil {
		return "", err
	}
	ref, err := s.Agents.Find(ctx, scope, p.AgentID)
	if err != nil {
		return "", err
	}
	if task := p.TaskName(); task != "" {
		a, err := s.ask(ctx, ref, agentwire.Command{Func: agentwire.FuncDelSchedTask, SchedTask: &agentwire.SchedTask{Name: task}}, 10*time.Second)
		if err != nil {
			return "", err
		}
		if a.text() != "ok" {
			return "", fault.Refused(a.text())
		}
	}
	if err := s.Agents.DeletePendingAction(ctx, p); err != nil {
		return "", err
	}
	what := "None"
	if d := p.Description(); d != nil {
		what = *d
	}
	return ref.Hostname + ": " + what + " was cancelled", nil
}
