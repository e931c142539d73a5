// Package jobsapi shows what the background does: the runs of the periodic jobs, the queues, and the tasks that failed for
// good, which an administrator may put back or delete.
package jobsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/cursor"
	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Queues looks into the queues; *queue.Inspector is one.
type Queues interface {
	Queues() ([]queue.State, error)
	Dead() ([]queue.Dead, error)
	Retry(id string) error
	Delete(id string) error
}

// Deps are what the operations need.
type Deps struct {
	History jobs.History
	Queues  Queues // nil: there is no queue
	Audit   func(ctx context.Context, e audit.Entry) error
}

type handlers struct{ Deps }

// Register adds the operations.
func Register(r *rest.Router, d Deps) {
	h := handlers{d}
	op := func(method, path, id, summary string) rest.Operation {
		return rest.Operation{
			Method: method, Path: path, ID: id, Tag: "jobs", Summary: summary, Auth: rest.AuthUser, Permission: access.DoServerMaint,
			Errors: []int{http.StatusServiceUnavailable},
		}
	}
	rest.Handle(r, op(http.MethodGet, "/v1/jobs/runs", "listJobRuns", "List the runs of periodic jobs, the latest first"), h.runs)
	rest.Handle(r, op(http.MethodGet, "/v1/jobs/queues", "listQueues", "Show what waits and runs in each queue"), h.queues)
	rest.Handle(r, op(http.MethodGet, "/v1/jobs/dead", "listDeadTasks", "List the tasks that failed for good"), h.dead)
	retry := op(http.MethodPost, "/v1/jobs/dead/{id}/retry", "retryDeadTask", "Put a dead task back into its queue")
	retry.Status, retry.Errors = http.StatusNoContent, append(retry.Errors, http.StatusNotFound)
	rest.Handle(r, retry, h.retry)
	remove := op(http.MethodDelete, "/v1/jobs/dead/{id}", "deleteDeadTask", "Delete a dead task")
	remove.Status, remove.Errors = http.StatusNoContent, append(remove.Errors, http.StatusNotFound)
	rest.Handle(r, remove, h.remove)
}

// Run is one run of a periodic job.
type Run struct {
	ID           int64      `json:"id"`
	Job          string     `json:"job"`
	ScheduledFor rest.Time  `json:"scheduled_for"`
	Status       string     `json:"status"`
	Queued       rest.Time  `json:"queued"`
	Started      *rest.Time `json:"started"`
	Finished     *rest.Time `json:"finished"`
	Attempts     int32      `json:"attempts"`
	Affected     int64      `json:"affected" doc:"rows the run changed or removed"`
	Error        *string    `json:"error"`
	Worker       *string    `json:"worker"`
}

// RunPage is a page of runs.
type RunPage struct {
	Items      []Run   `json:"items"`
	NextCursor *string `json:"next_cursor"`
}

type runsInput struct {
	Job    string `query:"job" rule:"max=64" doc:"name of a job"`
	Status string `query:"status" rule:"choices=queued|running|succeeded|failed"`
	Limit  int32  `query:"limit" default:"50" rule:"min=1,max=200"`
	Cursor string `query:"cursor" rule:"max=128" doc:"next_cursor of the page before; the filters must be the same"`
}

func (h handlers) runs(ctx context.Context, _ *rest.Call, in *runsInput) (RunPage, error) {
	// One more than asked for tells whether there is another page.
	filter := jobs.Filter{Job: in.Job, Status: in.Status, Limit: in.Limit + 1}
	if in.Cursor != "" {
		after, err := cursor.Parse(in.Cursor)
		if err != nil {
			return RunPage{}, err
		}
		filter.After = &jobs.Position{ScheduledFor: after.Time(), ID: after.ID}
	}
	rows, err := h.History.Runs(ctx, filter)
	if err != nil {
		return RunPage{}, err
	}
	page := RunPage{Items: []Run{}}
	if len(rows) > int(in.Limit) {
		rows = rows[:in.Limit]
		last := rows[len(rows)-1]
		next, err := cursor.After(last.ScheduledFor, last.ID).Encode()
		if err != nil {
			return RunPage{}, err
		}
		page.NextCursor = &next
	}
	for _, r := range rows {
		page.Items = append(page.Items, Run{
			ID: r.ID, Job: r.Name, ScheduledFor: rest.At(r.ScheduledFor), Status: r.Status, Queued: rest.At(r.Queued), Started: rest.AtPtr(r.Started),
			Finished: rest.AtPtr(r.Finished), Attempts: r.Attempts, Affected: r.Affected, Error: r.Error, Worker: r.Worker,
		})
	}
	return page, nil
}
