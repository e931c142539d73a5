package audit

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
)

// counter answers how many rows match, exactly, without reading millions of rows each time. The log is append-only: a number
// that was counted up to some row stays true, and only what came since is counted again.
//
// Rows become visible in another order than they get their keys. So the remembered number reaches only to rows older than
// settled: no transaction that writes rows lives that long. When the oldest rows are pruned everything is counted anew.
type counter struct {
	pool *pgxpool.Pool
	now  func() time.Time

	mu      sync.Mutex
	entries map[string]*counted
}

type counted struct {
	mu      sync.Mutex
	oldest  int64 // key of the log's first row at that time
	upTo    int64 // rows up to this key are in n
	n       int64
	valid   bool
	expires time.Time // zero: never
	used    time.Time
}

const (
	settled    = "5 minutes"
	maxCounted = 512
	maxTail    = 5_000            // rows counted again at each reading before the remembered number moves on
	placedFor  = 30 * time.Second // how long a number that depends on the places of agents counts
)

func newCounter(pool *pgxpool.Pool, now func() time.Time) *counter {
	return &counter{pool: pool, now: now, entries: map[string]*counted{}}
}

// total counts the rows of the scope that match.
func (c *counter) total(ctx context.Context, f Filter, scope access.Scope) (int64, error) {
	if f.Since != nil && f.Until == nil {
		return c.since(ctx, f, scope)
	}
	return c.sum(ctx, f, scope, f.Until == nil)
}

// since counts the rows from a moment on. "The last 30 days" begins later with each reading; from the next full hour on it is
// the same for an hour, and is remembered.
func (c *counter) since(ctx context.Context, f Filter, scope access.Scope) (int64, error) {
	hour := f.Since.Truncate(time.Hour).Add(time.Hour)
	begin, rest := f, f
	begin.Until, rest.Since = &hour, &hour
	n, err := c.sum(ctx, begin, scope, false)
	if err != nil {
		return 0, err
	}
	m, err := c.sum(ctx, rest, scope, true)
	return n + m, err
}

// sum counts the pieces of a selection.
func (c *counter) sum(ctx context.Context, f Filter, scope access.Scope, remember bool) (total int64, err error) {
	for _, p := range parts(f, scope) {
		n, err := c.count(ctx, p, remember)
		if err != nil {
			return 0, fmt.Errorf("count audit log: %w", err)
		}
		total += n
	}
	return total, nil
}

const bounds = `SELECT coalesce((SELECT min(id) FROM audit_log), 0),
  coalesce((SELECT id FROM audit_log WHERE entry_time <= now() - interval '` + settled + `' ORDER BY entry_time DESC, id DESC LIMIT 1), 0)`

func (c *counter) count(ctx context.Context, p part, remember bool) (int64, error) {
	if !remember || p.key == "" {
		return c.query(ctx, p, 0, 0)
	}
	e := c.entry(p.key)
	e.mu.Lock() // whoever comes for the same number meanwhile waits for it instead of counting as well
	defer e.mu.Unlock()
	var oldest, settledTo int64
	if err := c.pool.QueryRow(ctx, bounds).Scan(&oldest, &settledTo); err != nil {
		return 0, err
	}
	if !e.valid || e.oldest != oldest || !e.expires.IsZero() && !c.now().Before(e.expires) {
		return c.afresh(ctx, p, e, oldest, settledTo)
	}
	tail, err := c.query(ctx, p, e.upTo, 0)
	if err != nil {
		return 0, err
	}
	if tail > maxTail && settledTo > e.upTo {
		moved, err := c.query(ctx, p, e.upTo, settledTo)
		if err != nil {
			return 0, err
		}
		total := e.n + tail
		e.n, e.upTo = e.n+moved, settledTo
		return total, nil
	}
	return e.n + tail, nil
}

// afresh counts everything, and remembers what is settled of it. One statement counts both the whole and what is not settled,
// so that both are of the same moment; the whole without a bound on the key is read from an index alone.
func (c *counter) afresh(ctx context.Context, p part, e *counted, oldest, settledTo int64) (total int64, err error) {
	var young int64
	from := "FROM audit_log l WHERE " + p.where()
	sql := "SELECT (SELECT count(*) " + from + "), (SELECT count(*) " + from + " AND l.id > " + strconv.FormatInt(settledTo, 10) + ")"
	if err := c.pool.QueryRow(ctx, sql, planned(p.args)...).Scan(&total, &young); err != nil {
		return 0, err
	}
	e.n, e.upTo, e.oldest, e.valid, e.expires = total-young, settledTo, oldest, true, time.Time{}
	if !p.stable {
		e.expires = c.now().Add(placedFor)
	}
	return total, nil
}

// query counts rows with keys above "after" and up to "to"; 0 means no bound.
func (c *counter) query(ctx context.Context, p part, after, to int64) (n int64, err error) {
	sql := "SELECT count(*) FROM audit_log l WHERE " + p.where()
	if after > 0 {
		sql += " AND l.id > " + strconv.FormatInt(after, 10)
	}
	if to > 0 {
		sql += " AND l.id <= " + strconv.FormatInt(to, 10)
	}
	return n, c.pool.QueryRow(ctx, sql, planned(p.args)...).Scan(&n)
}

// entry returns the place of a number, and forgets the one not used for longest when there are too many.
func (c *counter) entry(key string) *counted {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e == nil {
		if len(c.entries) >= maxCounted {
			var oldest string
			for k, other := range c.entries {
				if oldest == "" || other.used.Before(c.entries[oldest].used) {
					oldest = k
				}
			}
			delete(c.entries, oldest)
		}
		e = &counted{}
		c.entries[key] = e
	}
	e.used = c.now()
	return e
}
