package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/pkg/schema/db/jobsdb"
)

// Filter chooses runs of the history.
type Filter struct {
	Job    string // empty = all
	Status string // queued, running, succeeded or failed; empty = all
	Limit  int32
	After  *Position // the page after this run; nil = the first
}

// Position is the place of a run in the history, which is ordered by instant, the latest first.
type Position struct {
	ScheduledFor time.Time
	ID           int64
}

// RunRow is one run of the history.
type RunRow = jobsdb.JobRun

// History is what became of the runs.
type History struct{ db jobsdb.DBTX }

// NewHistory returns the history that is kept in the database.
func NewHistory(db jobsdb.DBTX) History { return History{db} }

// Runs returns a page of the history.
func (h History) Runs(ctx context.Context, f Filter) ([]RunRow, error) {
	p := jobsdb.ListRunsParams{Page: f.Limit}
	if f.Job != "" {
		p.Name = &f.Job
	}
	if f.Status != "" {
		p.Status = &f.Status
	}
	if f.After != nil {
		p.BeforeTime, p.BeforeID = &f.After.ScheduledFor, f.After.ID
	}
	rows, err := jobsdb.New().ListRuns(ctx, h.db, p)
	if err != nil {
		return nil, fmt.Errorf("list job runs: %w", err)
	}
	return rows, nil
}
