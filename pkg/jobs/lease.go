package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/schema/db/jobsdb"
)

// leaseName is the row of the table leases that beats compete for.
const leaseName = "beat"

// lease is the leadership of one beat. The database decides by its own clock; the holder stops believing in it a margin
// before that, by its own clock from the moment it asked, so that slow answers and clock drift never make two leaders.
type lease struct {
	db      jobsdb.DBTX
	queries *jobsdb.Queries
	holder  string
	ttl     time.Duration
	now     func() time.Time

	term  int64
	until time.Time
}

// margin is the part of the time to live in which the holder does nothing under the lease any more.
func (l *lease) margin() time.Duration { return l.ttl / 4 }

// acquire takes or extends the lease. It reports whether this beat leads and whether that is a new term.
func (l *lease) acquire(ctx context.Context) (leads, fresh bool, err error) {
	asked := l.now()
	term, err := l.queries.AcquireLease(ctx, l.db, jobsdb.AcquireLeaseParams{Name: leaseName, Holder: l.holder, TtlMs: l.ttl.Milliseconds()})
	if errors.Is(err, pgx.ErrNoRows) {
		l.term, l.until = 0, time.Time{}
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("acquire lease: %w", err)
	}
	fresh = term != l.term
	l.term, l.until = term, asked.Add(l.ttl-l.margin())
	return true, fresh, nil
}

// valid says whether this beat may still believe that it leads.
func (l *lease) valid() bool { return l.term != 0 && l.now().Before(l.until) }

// hold proves the lease inside a transaction and keeps it from changing hands until that ends.
func (l *lease) hold(ctx context.Context, tx jobsdb.DBTX) error {
	_, err := l.queries.HoldLease(ctx, tx, jobsdb.HoldLeaseParams{Name: leaseName, Holder: l.holder, Term: l.term})
	if errors.Is(err, pgx.ErrNoRows) {
		return errLost
	}
	if err != nil {
		return fmt.Errorf("prove lease: %w", err)
	}
	return nil
}

// errLost means that another beat leads.
var errLost = errors.New("leadership is lost")

// resign lets another beat lead at once.
func (l *lease) resign(ctx context.Context) error {
	if l.term == 0 {
		return nil
	}
	err := l.queries.ResignLease(ctx, l.db, jobsdb.ResignLeaseParams{Name: leaseName, Holder: l.holder, Term: l.term})
	l.term, l.until = 0, time.Time{}
	if err != nil {
		return fmt.Errorf("resign lease: %w", err)
	}
	return nil
}
