package queue

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/hibiken/asynq"
)

// maxDead bounds how many dead tasks of a queue are read at once.
const maxDead = 1000

// Inspector looks into the queues and moves dead tasks.
type Inspector struct {
	conn  *Conn
	inner *asynq.Inspector
}

// NewInspector returns an inspector on the connection.
func NewInspector(conn *Conn) *Inspector {
	return &Inspector{conn: conn, inner: asynq.NewInspectorFromRedisClient(conn.client)}
}

// State is the state of one queue.
type State struct {
	Name      string
	Waiting   int
	Running   int
	Scheduled int
	Retry     int
	Dead      int
	// ProcessedToday and FailedToday count attempts since midnight UTC.
	ProcessedToday int
	FailedToday    int
	// Latency is how long the oldest waiting task has waited.
	Latency time.Duration
	Paused  bool
}

// Dead is a task that failed for good. Its payload is not shown: it may hold secrets.
type Dead struct {
	ID       string
	Kind     string
	Queue    string
	Attempts int
	Error    string
	FailedAt time.Time
}

// Queues returns the state of every queue, the most important first.
func (i *Inspector) Queues() ([]State, error) {
	known, err := i.inner.Queues()
	if err != nil {
		return nil, fmt.Errorf("list queues: %w", err)
	}
	out := make([]State, 0, len(Names()))
	for _, name := range Names() {
		if !slices.Contains(known, name) { // it never had a task
			out = append(out, State{Name: name})
			continue
		}
		info, err := i.inner.GetQueueInfo(name)
		if err != nil {
			return nil, fmt.Errorf("state of queue %s: %w", name, err)
		}
		out = append(out, State{
			Name: name, Waiting: info.Pending, Running: info.Active, Scheduled: info.Scheduled, Retry: info.Retry, Dead: info.Archived,
			ProcessedToday: info.Processed, FailedToday: info.Failed, Latency: info.Latency, Paused: info.Paused,
		})
	}
	return out, nil
}

// Workers counts the worker processes that gave a sign of life in the last seconds.
func (i *Inspector) Workers() (int, error) {
	servers, err := i.inner.Servers()
	if err != nil {
		return 0, fmt.Errorf("list workers: %w", err)
	}
	return len(servers), nil
}

// Dead returns the tasks that failed for good, the latest first; at most 1,000 of each queue.
func (i *Inspector) Dead() ([]Dead, error) {
	out := []Dead{}
	for _, name := range Names() {
		tasks, err := i.inner.ListArchivedTasks(name, asynq.PageSize(maxDead))
		if errors.Is(err, asynq.ErrQueueNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("dead tasks of queue %s: %w", name, err)
		}
		for _, t := range tasks {
			out = append(out, Dead{ID: t.ID, Kind: t.Type, Queue: t.Queue, Attempts: min(t.Retried, t.MaxRetry-reserve) + 1, Error: t.LastErr, FailedAt: t.LastFailedAt.UTC()})
		}
	}
	sort.SliceStable(out, func(a, b int) bool { return out[a].FailedAt.After(out[b].FailedAt) })
	return out, nil
}

// Retry puts a dead task back into its queue. ErrNotFound: there is none with this ID.
func (i *Inspector) Retry(id string) error { return i.onDead(id, i.inner.RunTask) }

// Delete removes a dead task for good. ErrNotFound: there is none with this ID.
func (i *Inspector) Delete(id string) error { return i.onDead(id, i.inner.DeleteTask) }

// Has says whether the queue has the task in any state.
func (i *Inspector) Has(queue, id string) (bool, error) {
	_, err := i.inner.GetTaskInfo(queue, id)
	if errors.Is(err, asynq.ErrQueueNotFound) || errors.Is(err, asynq.ErrTaskNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for task: %w", err)
	}
	return true, nil
}

func (i *Inspector) onDead(id string, do func(queue, id string) error) error {
	for _, name := range Names() {
		info, err := i.inner.GetTaskInfo(name, id)
		if errors.Is(err, asynq.ErrQueueNotFound) || errors.Is(err, asynq.ErrTaskNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("look for task: %w", err)
		}
		if info.State != asynq.TaskStateArchived {
			return ErrNotFound
		}
		if err := do(name, id); err != nil {
			if errors.Is(err, asynq.ErrTaskNotFound) { // another person was faster
				return ErrNotFound
			}
			return fmt.Errorf("move dead task: %w", err)
		}
		return nil
	}
	return ErrNotFound
}
