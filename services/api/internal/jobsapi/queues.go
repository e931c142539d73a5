package jobsapi

import (
	"context"
	"errors"

	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// objectType is what audit rows of this package are about.
const objectType = "job"

// Queue is the state of one queue.
type Queue struct {
	Name           string  `json:"name"`
	Waiting        int     `json:"waiting"`
	Running        int     `json:"running"`
	Scheduled      int     `json:"scheduled"`
	Retry          int     `json:"retry"`
	Dead           int     `json:"dead"`
	ProcessedToday int     `json:"processed_today"`
	FailedToday    int     `json:"failed_today"`
	LatencySeconds float64 `json:"latency_seconds" doc:"how long the oldest waiting task has waited"`
	Paused         bool    `json:"paused"`
}

// QueueList is all queues.
type QueueList struct {
	Items []Queue `json:"items"`
}

// DeadTask is a task that failed for good. Its payload is not shown.
type DeadTask struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Queue    string    `json:"queue"`
	Attempts int       `json:"attempts"`
	Error    string    `json:"error"`
	FailedAt rest.Time `json:"failed_at"`
}

// DeadList is all dead tasks, the latest first.
type DeadList struct {
	Items []DeadTask `json:"items"`
}

func (h handlers) queues(_ context.Context, _ *rest.Call, _ *struct{}) (QueueList, error) {
	if h.Queues == nil {
		return QueueList{}, away(nil)
	}
	states, err := h.Queues.Queues()
	if err != nil {
		return QueueList{}, away(err)
	}
	out := QueueList{Items: make([]Queue, len(states))}
	for i, s := range states {
		out.Items[i] = Queue{
			Name: s.Name, Waiting: s.Waiting, Running: s.Running, Scheduled: s.Scheduled, Retry: s.Retry, Dead: s.Dead,
			ProcessedToday: s.ProcessedToday, FailedToday: s.FailedToday, LatencySeconds: s.Latency.Seconds(), Paused: s.Paused,
		}
	}
	return out, nil
}

func (h handlers) dead(_ context.Context, _ *rest.Call, _ *struct{}) (DeadList, error) {
	if h.Queues == nil {
		return DeadList{}, away(nil)
	}
	tasks, err := h.Queues.Dead()
	if err != nil {
		return DeadList{}, away(err)
	}
	out := DeadList{Items: make([]DeadTask, len(tasks))}
	for i, t := range tasks {
		out.Items[i] = DeadTask{ID: t.ID, Kind: t.Kind, Queue: t.Queue, Attempts: t.Attempts, Error: t.Error, FailedAt: rest.At(t.FailedAt)}
	}
	return out, nil
}

type deadPath struct {
	ID string `path:"id"`
}

func (h handlers) retry(ctx context.Context, c *rest.Call, in *deadPath) (rest.Empty, error) {
	return rest.Empty{}, h.act(ctx, c, audit.Modify, " retried dead task ", in.ID, func(q Queues) error { return q.Retry(in.ID) })
}

func (h handlers) remove(ctx context.Context, c *rest.Call, in *deadPath) (rest.Empty, error) {
	return rest.Empty{}, h.act(ctx, c, audit.Delete, " deleted dead task ", in.ID, func(q Queues) error { return q.Delete(in.ID) })
}

// act does something to a dead task and writes down who did it. The queue goes first: it decides whether there is one.
func (h handlers) act(ctx context.Context, c *rest.Call, action audit.Action, what, id string, do func(Queues) error) error {
	if h.Queues == nil {
		return away(nil)
	}
	err := do(h.Queues)
	if errors.Is(err, queue.ErrNotFound) {
		return fault.NotFound("Task")
	}
	if err != nil {
		return away(err)
	}
	return h.Audit(ctx, audit.Entry{
		Username: c.Principal.Username, Action: action, ObjectType: objectType, Message: c.Principal.Username + what + id,
	})
}

// away answers for a queue that cannot be asked.
func away(err error) error { return fault.Unavailable("The queue is not reached.", err) }
