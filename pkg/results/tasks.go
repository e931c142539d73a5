package results

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/tasks"
	"github.com/gueencode/gueenrmm/proto/events"
)

// History is the history, the notes and the outcomes of commands; agents own them.
type History interface {
	FinishHistory(ctx context.Context, tx pgx.Tx, batch []agents.Finished) ([]agents.FinishedRow, error)
	AddTaskRuns(ctx context.Context, tx pgx.Tx, runs []agents.TaskRun) error
	AddOutputNotes(ctx context.Context, tx pgx.Tx, notes []agents.OutputNote) error
}

// TaskHandler applies task results. The reference of a message is the task's key.
type TaskHandler struct {
	Tasks   TaskStates
	History History
}

// Apply implements Handler: states, then the history rows and the custom fields of collector tasks.
func (h TaskHandler) Apply(ctx context.Context, tx pgx.Tx, batch []Message) (Report, error) {
	out := Report{Dropped: map[int]error{}, Poison: map[int]error{}}
	var incoming []tasks.Incoming
	var index []int
	for i, m := range batch {
		id, err := strconv.ParseInt(m.Ref, 10, 32)
		if err != nil {
			out.Poison[i] = fmt.Errorf("the row it is for, %q, is not the id of a task", m.Ref)
			continue
		}
		r, err := tasks.DecodeReport(m.Body)
		if err != nil {
			out.Poison[i] = err
			continue
		}
		incoming = append(incoming, tasks.Incoming{AgentPK: m.AgentPK, AgentID: m.AgentID, TaskID: int32(id), Report: r, Received: m.Received})
		index = append(index, i)
	}
	done, err := h.Tasks.Apply(ctx, tx, incoming)
	if err != nil {
		return out, err
	}
	for j, reason := range done.Refused {
		out.Dropped[index[j]] = reason
	}
	runs := make([]agents.TaskRun, len(done.Runs))
	for i, r := range done.Runs {
		runs[i] = agents.TaskRun{AgentPK: r.AgentPK, Name: r.Name, Results: r.Results, At: r.At}
	}
	if err := h.History.AddTaskRuns(ctx, tx, runs); err != nil {
		return out, err
	}
	found := make([]customfields.Found, len(done.Values))
	for i, v := range done.Values {
		found[i] = customfields.Found{AgentPK: v.AgentPK, FieldID: v.FieldID, Text: v.Text}
	}
	if err := customfields.StoreFound(ctx, tx, found); err != nil {
		return out, err
	}
	for i, c := range done.Changes {
		out.Facts = append(out.Facts, events.Finished(c.AgentID, done.Runs[i].At, events.Result{What: "task"}))
	}
	return out, nil
}
