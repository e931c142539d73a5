package simulate

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Count compares what the server acknowledged of one kind of work, other than check results, with what its tables hold.
type Count struct {
	Name         string `json:"name"`
	Acknowledged int64  `json:"acknowledged"`
	Stored       int64  `json:"stored"`
	Lost         int64  `json:"lost"`
}

// books note what was acknowledged and is to be looked for in the database.
type books struct {
	mu       sync.Mutex
	enrolled []string // agent ids
	answered []int64  // rows of the command history
}

func (b *books) enrol(agentID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.enrolled = append(b.enrolled, agentID)
}

func (b *books) answer(id int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answered = append(b.answered, id)
}

const (
	enrolledQuery = `SELECT count(*) FROM agents WHERE agent_id = ANY ($1)`
	answeredQuery = `SELECT count(*) FROM agent_history WHERE id = ANY ($1) AND (script_results IS NOT NULL OR results IS NOT NULL)`
)

// counts looks for everything in the books, and waits for it at most as long as the server may take to store it.
func (r *run) counts(ctx context.Context) ([]Count, error) {
	r.books.mu.Lock()
	enrolled, answered := r.books.enrolled, r.books.answered
	r.books.mu.Unlock()
	var out []Count
	for _, c := range []struct {
		name, query string
		n           int
		keys        any
	}{
		{"enrolments", enrolledQuery, len(enrolled), enrolled},
		{"command answers", answeredQuery, len(answered), answered},
	} {
		if r.opts.Database == "" || c.n == 0 {
			continue
		}
		stored, err := countUntil(ctx, r.opts.Database, c.query, c.keys, int64(c.n), r.opts.Settle)
		if err != nil {
			return out, fmt.Errorf("count %s: %w", c.name, err)
		}
		out = append(out, Count{Name: c.name, Acknowledged: int64(c.n), Stored: stored, Lost: max(0, int64(c.n)-stored)})
	}
	return out, nil
}

// countUntil repeats the question until the answer is as wanted or the time is over.
func countUntil(ctx context.Context, database, query string, keys any, want int64, within time.Duration) (n int64, err error) {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return 0, err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // read only
	for end := time.Now().Add(within); ; {
		if err := conn.QueryRow(ctx, query, keys).Scan(&n); err != nil {
			return 0, err
		}
		if n >= want || time.Now().After(end) || !wait(ctx, 200*time.Millisecond) {
			return n, nil
		}
	}
}
