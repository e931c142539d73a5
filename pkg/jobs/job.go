// Package jobs runs the periodic work of the product: one leader among any number of beat processes schedules it, exactly
// one run per job and instant goes through the outbox to the workers, and every run is kept with its outcome.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/gueencode/gueenrmm/pkg/platform/queue"
)

// KindPrefix begins the task kind of a job.
const KindPrefix = "job."

// CatchUp says what becomes of instants that nobody scheduled because no beat ran.
type CatchUp int

const (
	// Latest runs the last missed instant, once, however long ago it was. The earlier ones are dropped.
	Latest CatchUp = iota
	// Skip drops missed instants except one that is younger than the grace time: a change of leader costs no run.
	Skip
)

// Run is one run of a job.
type Run struct {
	Job          string
	ScheduledFor time.Time
	Attempt      int
	// Progress writes into the history how many rows the run has changed or removed so far. It is nil outside a worker.
	Progress func(ctx context.Context, affected int64) error
}

// Note is Progress where there may be none.
func (r Run) Note(ctx context.Context, affected int64) error {
	if r.Progress == nil {
		return nil
	}
	return r.Progress(ctx, affected)
}

// Job is one piece of periodic work. Its Do must be safe to run twice for one instant.
type Job struct {
	// Name is a stable identifier: lower case words joined by underscores.
	Name string
	// Summary says on the reference page what the job does: one sentence without a full stop.
	Summary string
	// Spec is a cron expression of five fields in UTC, "@every 150s": the multiples of the duration, or OnRequest.
	Spec    string
	CatchUp CatchUp
	// Queue is one of the queues of pkg/platform/queue; empty = low.
	Queue string
	// Timeout is the deadline of one attempt; default 5 minutes.
	Timeout time.Duration
	// Do returns how many rows it changed or removed.
	Do func(ctx context.Context, run Run) (affected int64, err error) `json:"-"`

	schedule schedule
}

// jobRetries is small: the next instant tries again anyway.
const jobRetries = 3

func (j *Job) kind() queue.Kind {
	return queue.Kind{Name: KindPrefix + j.Name, Summary: j.Summary, Timeout: j.Timeout, MaxRetry: jobRetries}
}

// stale is how long an unfinished run keeps the next one from being scheduled: as long as its attempts can take.
func (j *Job) stale() time.Duration { return (jobRetries+1)*j.Timeout + 15*time.Minute }

// Registry holds the jobs of the product.
type Registry struct{ jobs []*Job }

var validName = regexp.MustCompile(`^[a-z][a-z0-9_]{2,62}$`)

// NewRegistry checks and collects the jobs.
func NewRegistry(jobs ...Job) (*Registry, error) {
	r := &Registry{}
	seen := map[string]bool{}
	for i := range jobs {
		j := jobs[i]
		if err := j.prepare(); err != nil {
			return nil, fmt.Errorf("job %q: %w", j.Name, err)
		}
		if seen[j.Name] {
			return nil, fmt.Errorf("job %q is declared twice", j.Name)
		}
		seen[j.Name] = true
		r.jobs = append(r.jobs, &j)
	}
	return r, nil
}

func (j *Job) prepare() (err error) {
	if !validName.MatchString(j.Name) {
		return errors.New("names are lower case words joined by underscores")
	}
	if j.Do == nil {
		return errors.New("no work")
	}
	if j.Timeout <= 0 {
		j.Timeout = 5 * time.Minute
	}
	switch j.Queue {
	case "":
		j.Queue = queue.Low
	case queue.Critical, queue.Default, queue.Low:
	default:
		return fmt.Errorf("no queue %q", j.Queue)
	}
	j.schedule, err = parseSchedule(j.Spec)
	return err
}

// Jobs lists the jobs with the defaults of what they do not declare, in the order of their declaration.
func (r *Registry) Jobs() []Job {
	list := make([]Job, len(r.jobs))
	for i, j := range r.jobs {
		list[i] = *j
	}
	return list
}

// Names lists the jobs in the order of their declaration.
func (r *Registry) Names() []string {
	names := make([]string, len(r.jobs))
	for i, j := range r.jobs {
		names[i] = j.Name
	}
	return names
}
