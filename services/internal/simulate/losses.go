package simulate

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Losses compares what the server acknowledged with what its tables hold.
type Losses struct {
	Acknowledged int64   `json:"acknowledged"`
	Stored       int64   `json:"stored"`
	Lost         int64   `json:"lost"`
	Doubled      int64   `json:"doubled"`
	SettledAfter float64 `json:"settled_after_s"` // from the end of the scenario until everything was stored
}

// countLosses waits until the acknowledged results of this run are stored, or Settle has passed, and counts. Only results
// of script and ping checks carry their number into the history; the others cannot be told apart and are not counted.
func (r *run) countLosses(ctx context.Context, start time.Time) (*Losses, error) {
	if r.opts.Database == "" || r.opts.Scenario != Results {
		return nil, nil
	}
	conn, err := pgx.Connect(ctx, r.opts.Database)
	if err != nil {
		return nil, fmt.Errorf("count losses: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // read only
	l := &Losses{Acknowledged: r.posts.count.Load()}
	began := time.Now()
	for {
		var rows int64
		err := conn.QueryRow(ctx, `
			SELECT count(*), count(DISTINCT mark) FROM (
			  SELECT coalesce(results->>'stdout', results#>>'{}') AS mark FROM check_history WHERE x >= $1
			) h WHERE mark LIKE $2`, start.Add(-time.Minute), r.marker+"-%").Scan(&rows, &l.Stored)
		if err != nil {
			return nil, fmt.Errorf("count losses: %w", err)
		}
		l.Doubled = rows - l.Stored
		l.Lost = max(0, l.Acknowledged-l.Stored)
		l.SettledAfter = time.Since(began).Seconds()
		if l.Lost == 0 || time.Since(began) > r.opts.Settle || !wait(ctx, 500*time.Millisecond) {
			return l, nil
		}
	}
}
