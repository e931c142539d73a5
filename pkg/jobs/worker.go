package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/schema/db/jobsdb"
)

// task is the payload of a job's task.
type task struct {
	Run int64 `json:"run"`
}

// finishWithin bounds writing down how a run ended.
const finishWithin = 10 * time.Second

// Worker does the runs and keeps their history.
type Worker struct {
	pool     *pgxpool.Pool
	registry *Registry
	name     string
	queries  *jobsdb.Queries
	runs     *prometheus.CounterVec
	success  *prometheus.GaugeVec
	now      func() time.Time
}

// NewWorker returns a worker; name is what the history shows as its place.
func NewWorker(name string, pool *pgxpool.Pool, registry *Registry, metrics prometheus.Registerer) (*Worker, error) {
	w := &Worker{
		pool: pool, registry: registry, name: name, queries: jobsdb.New(), now: time.Now,
		runs:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gueen_job_runs_total", Help: "Attempts of periodic jobs by outcome."}, []string{"job", "status"}),
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "gueen_job_last_success_timestamp_seconds", Help: "When a periodic job last succeeded in this process."}, []string{"job"}),
	}
	for _, c := range []prometheus.Collector{w.runs, w.success} {
		if err := metrics.Register(c); err != nil {
			return nil, fmt.Errorf("register job metrics: %w", err)
		}
	}
	return w, nil
}

// Handlers returns a handler per job for the queue.
func (w *Worker) Handlers() []queue.Handler {
	handlers := make([]queue.Handler, len(w.registry.jobs))
	for i, j := range w.registry.jobs {
		handlers[i] = queue.Handler{Kind: j.kind(), Do: func(ctx context.Context, t queue.Task) error { return w.do(ctx, j, t) }}
	}
	return handlers
}

// Kinds returns the kinds of the jobs for clients.
func (r *Registry) Kinds() []queue.Kind {
	kinds := make([]queue.Kind, len(r.jobs))
	for i, j := range r.jobs {
		kinds[i] = j.kind()
	}
	return kinds
}

func (w *Worker) do(ctx context.Context, j *Job, t queue.Task) (err error) {
	var payload task
	if err := json.Unmarshal(t.Payload, &payload); err != nil {
		return queue.Permanent(fmt.Errorf("decode payload: %w", err))
	}
	started, err := w.queries.StartRun(ctx, w.pool, jobsdb.StartRunParams{ID: payload.Run, Worker: &w.name})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // it succeeded already, or was pruned
	}
	if err != nil {
		return fmt.Errorf("note start of job: %w", err)
	}
	outcome := jobsdb.FinishRunParams{ID: payload.Run, Status: "failed", Error: ptr("panicked")}
	defer func() { // also when the job panics
		err = errors.Join(err, w.finish(ctx, j, outcome))
	}()
	outcome.Affected, err = j.Do(ctx, Run{
		Job: j.Name, ScheduledFor: started.ScheduledFor.UTC(), Attempt: int(started.Attempts),
		Progress: func(ctx context.Context, affected int64) error {
			if err := w.queries.NoteProgress(ctx, w.pool, jobsdb.NoteProgressParams{ID: payload.Run, Affected: affected}); err != nil {
				return fmt.Errorf("note progress of job: %w", err)
			}
			return nil
		},
	})
	if err != nil {
		outcome.Error = ptr(err.Error())
		return fmt.Errorf("job %s: %w", j.Name, err)
	}
	outcome.Status, outcome.Error = "succeeded", nil
	return nil
}

func (w *Worker) finish(ctx context.Context, j *Job, outcome jobsdb.FinishRunParams) error {
	w.runs.WithLabelValues(j.Name, outcome.Status).Inc()
	if outcome.Error == nil {
		w.success.WithLabelValues(j.Name).Set(float64(w.now().Unix()))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
	defer cancel()
	if err := w.queries.FinishRun(ctx, w.pool, outcome); err != nil {
		return fmt.Errorf("note end of job: %w", err)
	}
	return nil
}

func ptr[T any](v T) *T { return &v }
