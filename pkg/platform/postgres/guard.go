package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/platform/health"
)

// ErrUnfit is wrapped by the error of whoever asks the pool for a connection while the database is not what the program was
// built for: a program that is older or newer than the schema must not read or write rows it does not understand. It ends
// when an operator has migrated, without a restart.
var ErrUnfit = errors.New("the database does not fit this program")

// guard keeps connections back until the database was found fit.
type guard struct {
	verify func(ctx context.Context, db Querier) error
	schema *health.Dependency
	passed atomic.Bool
	mu     sync.Mutex // orders the answers
}

// newGuard returns nil when there is nothing to ask.
func newGuard(d Deps) *guard {
	if d.Verify == nil {
		return nil
	}
	return &guard{verify: d.Verify, schema: d.Health.Dependency("schema")}
}

// passKey marks the context of the probe, which must reach the server to ask.
type passKey struct{}

func withPass(ctx context.Context) context.Context { return context.WithValue(ctx, passKey{}, true) }

// prepare is asked for each connection that is about to be lent. The first borrower asks the database itself, so that a
// program which starts on a good schema never waits for the probe.
func (g *guard) prepare(ctx context.Context, conn *pgx.Conn) (bool, error) {
	if g.passed.Load() || ctx.Value(passKey{}) != nil {
		return true, nil
	}
	if err := g.ask(ctx, conn); err != nil {
		// A connection whose question was cut off is of no further use; others stay in the pool.
		return !conn.IsClosed(), err
	}
	return true, nil
}

// ask asks the database and remembers a good answer. An answer that comes after a good one of somebody else is older than
// that, and counts for nothing.
func (g *guard) ask(ctx context.Context, db Querier) error {
	err := g.verify(ctx, db)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.passed.Load() {
		return nil
	}
	if err == nil {
		g.passed.Store(true)
	}
	if err == nil || ctx.Err() == nil { // else it was the borrower who gave up
		g.schema.Report(err)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	return nil
}
