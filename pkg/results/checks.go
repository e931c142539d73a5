package results

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/tasks"
	"github.com/gueencode/gueenrmm/proto/events"
)

// CheckStates applies reports of checks.
type CheckStates interface {
	Apply(ctx context.Context, tx pgx.Tx, batch []checks.Incoming) (checks.Outcome, error)
}

// TaskStates applies results of tasks and knows which tasks a failing check starts.
type TaskStates interface {
	Apply(ctx context.Context, tx pgx.Tx, batch []tasks.Incoming) (tasks.Outcome, error)
	StartedBy(ctx context.Context, tx pgx.Tx, agentIDs []string, checkIDs []int32) ([]tasks.Assigned, error)
}

// CheckFollower reacts to changes of checks in the transaction that stores them: alerts are one.
type CheckFollower interface {
	ChecksChanged(ctx context.Context, tx pgx.Tx, changes []checks.Change) error
}

// CheckHandler applies check results.
type CheckHandler struct {
	Checks    CheckStates
	Tasks     TaskStates
	Followers []CheckFollower
}

// Apply implements Handler: states and history, then, in the same transaction, the tasks that failing checks start.
func (h CheckHandler) Apply(ctx context.Context, tx pgx.Tx, batch []Message) (Report, error) {
	out := Report{Dropped: map[int]error{}, Poison: map[int]error{}}
	var incoming []checks.Incoming
	var index []int
	for i, m := range batch {
		r, err := checks.DecodeReport(m.Body)
		if err != nil {
			out.Poison[i] = err
			continue
		}
		incoming = append(incoming, checks.Incoming{AgentPK: m.AgentPK, AgentID: m.AgentID, Report: r, Received: m.Received})
		index = append(index, i)
	}
	done, err := h.Checks.Apply(ctx, tx, incoming)
	if err != nil {
		return out, err
	}
	for j, reason := range done.Refused {
		out.Dropped[index[j]] = reason
	}
	out.Facts = checkFacts(done.Changes)
	if err := h.startTasks(ctx, tx, done.Changes); err != nil {
		return out, err
	}
	for _, f := range h.Followers {
		if err := f.ChecksChanged(ctx, tx, done.Changes); err != nil {
			return out, fmt.Errorf("follow changes of checks: %w", err)
		}
	}
	return out, nil
}

// checkFacts tells which agents have a check whose state is another than before, or that failed once more.
func checkFacts(changes []checks.Change) []bus.Fact {
	var facts []bus.Fact
	now := time.Now()
	for _, c := range changes {
		if c.Before != c.After || c.After == checks.Failing {
			facts = append(facts, events.ChecksChanged(c.AgentID, now))
		}
	}
	return facts
}

// startTasks asks for the tasks assigned to failing checks, once per failing report (domain.md §4.2).
func (h CheckHandler) startTasks(ctx context.Context, tx pgx.Tx, changes []checks.Change) error {
	var agentIDs []string
	var checkIDs []int32
	for _, c := range changes {
		if c.After == checks.Failing {
			agentIDs, checkIDs = append(agentIDs, c.AgentID), append(checkIDs, c.CheckID)
		}
	}
	started, err := h.Tasks.StartedBy(ctx, tx, agentIDs, checkIDs)
	if err != nil {
		return err
	}
	if _, err := outbox.Enqueue(ctx, tx, tasks.RunMessages(started)...); err != nil {
		return err
	}
	return nil
}
