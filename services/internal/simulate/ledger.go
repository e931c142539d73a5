package simulate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Losses compares what the server acknowledged with what its tables hold, by the number of each result.
type Losses struct {
	Acknowledged int64    `json:"acknowledged"`
	Stored       int64    `json:"stored"`               // different results in the tables
	Lost         int64    `json:"lost"`                 // acknowledged but not stored
	Doubled      int64    `json:"doubled"`              // rows beyond the first of a result
	Unanswered   int64    `json:"unanswered"`           // stored, but the answer did not reach the agent
	Missing      []string `json:"lost_marks,omitempty"` // the first of what is lost
	SettledAfter float64  `json:"settled_after_s"`      // from the end of the scenario until everything was stored
}

// maxMissing bounds the lost results that are named.
const maxMissing = 20

// Ledger is the fleet's own book: which results the server acknowledged. It can be asked while it is written.
type Ledger struct {
	marker string
	began  time.Time
	last   atomic.Int64
	took   *series // time until each acknowledgement

	mu           sync.Mutex
	acknowledged map[int64]int // number to the agent's index
	refused      map[string]int64
	unhinted     int64
}

func newLedger(marker string) *Ledger {
	return &Ledger{marker: marker, began: time.Now(), took: newSeries(), acknowledged: map[int64]int{}, refused: map[string]int64{}}
}

// issue numbers a result. The mark is its text; it has less than the 60 characters that the history keeps.
func (l *Ledger) issue(index int) (number int64, mark string) {
	number = l.last.Add(1)
	return number, l.mark(index, number)
}

func (l *Ledger) mark(index int, number int64) string {
	return fmt.Sprintf("%s-%d-%d", l.marker, index, number)
}

func (l *Ledger) acknowledge(index int, number int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged[number] = index
}

// refuse notes a post that was not acknowledged.
func (l *Ledger) refuse(err error) {
	var status *statusError
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[errorClass(err)]++
	if errors.As(err, &status) && status.retryAfter == "" &&
		(status.status == http.StatusServiceUnavailable || status.status == http.StatusTooManyRequests) {
		l.unhinted++
	}
}

// Acknowledged is how many different results the server has acknowledged so far.
func (l *Ledger) Acknowledged() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.acknowledged))
}

// Refused counts the posts that were not acknowledged by what was wrong: "status 503", "timeout", the text of an error.
func (l *Ledger) Refused() map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.refused)
}

// Work is how many posts were acknowledged since the ledger was made, at which rate, and how long each took.
func (l *Ledger) Work() Work { return l.took.work("acknowledged results", time.Since(l.began)) }

// Unhinted is how many answers 429 and 503 did not say when to come again.
func (l *Ledger) Unhinted() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unhinted
}

// Settle waits until everything acknowledged is stored, or the time is over, and compares number by number. A database
// that does not answer meanwhile is waited for.
func (l *Ledger) Settle(ctx context.Context, database string, within time.Duration) (Losses, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, within+comparedWithin)
	defer cancel()
	for {
		asked := time.Now()
		losses, err := l.compare(ctx, database)
		pause := max(200*time.Millisecond, 2*time.Since(asked)) // a large history is not read all the time
		losses.SettledAfter = time.Since(began).Seconds()
		if err == nil && losses.Lost == 0 {
			return losses, nil
		}
		if time.Since(began) > within || !wait(ctx, pause) {
			return losses, err
		}
	}
}

// comparedWithin bounds the last comparison.
const comparedWithin = 2 * time.Minute

const (
	marksQuery = `SELECT mark FROM (
		SELECT coalesce(results->>'stdout', results#>>'{}') AS mark FROM check_history WHERE x >= $1
	) h WHERE mark LIKE $2`
	comparedQuery = `SELECT mark, count(*) FROM (` + marksQuery + `) m GROUP BY mark`
)

// compare reads the marks of this ledger out of the history.
func (l *Ledger) compare(ctx context.Context, database string) (Losses, error) {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return Losses{}, fmt.Errorf("count losses: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // read only
	l.mu.Lock()
	acknowledged := maps.Clone(l.acknowledged)
	l.mu.Unlock()
	losses := Losses{Acknowledged: int64(len(acknowledged))}
	// The server's clock may differ from this one.
	args := []any{l.began.Add(-time.Hour), l.marker + "-%"}
	rows, err := conn.Query(ctx, comparedQuery, args...)
	if err != nil {
		return losses, fmt.Errorf("count losses: %w", err)
	}
	var mark string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&mark, &n}, func() error {
		var index int
		var number int64
		if _, err := fmt.Sscanf(mark[len(l.marker):], "-%d-%d", &index, &number); err != nil {
			return fmt.Errorf("mark %q: %w", mark, err)
		}
		losses.Stored++
		losses.Doubled += n - 1
		if _, known := acknowledged[number]; !known {
			losses.Unanswered++
		}
		delete(acknowledged, number)
		return nil
	})
	if err != nil {
		return losses, fmt.Errorf("count losses: %w", err)
	}
	losses.Lost = int64(len(acknowledged))
	for _, number := range slices.Sorted(maps.Keys(acknowledged))[:min(len(acknowledged), maxMissing)] {
		losses.Missing = append(losses.Missing, l.mark(acknowledged[number], number))
	}
	return losses, nil
}

// countLosses settles the books of this run. Only results of script and ping checks carry their number into the history;
// the others cannot be told apart and are not in the ledger.
func (r *run) countLosses(ctx context.Context) (*Losses, error) {
	if r.opts.Database == "" || r.ledger.Acknowledged() == 0 {
		return nil, nil
	}
	losses, err := r.ledger.Settle(ctx, r.opts.Database, r.opts.Settle)
	return &losses, err
}
