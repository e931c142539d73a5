package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/schema/db/jobsdb"
)

// Request queues a run of a job for the given instant in the caller's transaction. It reports false when nothing was
// queued, because an earlier run has not ended yet: that one does the work.
func (r *Registry) Request(ctx context.Context, tx jobsdb.DBTX, name string, at time.Time) (bool, error) {
	for _, j := range r.jobs {
		if j.Name != name {
			continue
		}
		rows, err := jobsdb.New().InsertRuns(ctx, tx, jobsdb.InsertRunsParams{
			Names: []string{j.Name}, Instants: []time.Time{at}, StaleMs: []int64{j.stale().Milliseconds()},
		})
		if err != nil {
			return false, fmt.Errorf("request job %s: %w", name, err)
		}
		if len(rows) == 0 {
			return false, nil
		}
		if _, err := outbox.Enqueue(ctx, tx, outbox.Message{Kind: KindPrefix + j.Name, Queue: j.Queue, Payload: task{Run: rows[0].ID}}); err != nil {
			return false, fmt.Errorf("request job %s: %w", name, err)
		}
		return true, nil
	}
	return false, fmt.Errorf("request job %s: there is none of this name", name)
}
