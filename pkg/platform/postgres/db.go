// Package postgres opens the database of a program: a pool that exists while the server is away, reports readiness and
// recovers alone, with time limits on every statement and transactions that repeat on serialization failures.
package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
)

// Deps are what a DB needs besides its settings.
type Deps struct {
	// Application is the name shown in pg_stat_activity.
	Application string
	// Health gets the dependencies "postgres" and, with Verify, "schema".
	Health *health.Registry
	// Verify is asked while the server answers, for example whether the schema has the version the program needs. While it
	// errs the program is unready and gets no connection from the pool (ErrUnfit); nil asks nothing.
	Verify func(ctx context.Context, db Querier) error
}

// DB is the pool and the probe that watches it. It is a lifecycle component.
type DB struct {
	Pool  *pgxpool.Pool
	probe *probe
}

// Open makes the pool without connecting. It fails only on settings that can never work.
func Open(ctx context.Context, c config.Database, d Deps) (*DB, error) {
	pc, err := PoolConfig(c, d.Application)
	if err != nil {
		return nil, err
	}
	g := newGuard(d)
	if g != nil {
		pc.PrepareConn = g.prepare
	}
	// The pool keeps the context for its own lifetime, which Stop ends.
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), pc)
	if err != nil {
		return nil, fmt.Errorf("open database pool: %w", err)
	}
	return &DB{Pool: pool, probe: newProbe(pool, c.ConnectTimeout, g, d)}, nil
}

// PoolConfig turns settings into a pool configuration with names, time limits and UTC.
func PoolConfig(c config.Database, application string) (*pgxpool.Config, error) {
	pc, err := pgxpool.ParseConfig(c.URL.Reveal())
	if err != nil {
		return nil, fmt.Errorf("database.url: %w", err) // pgx masks the password
	}
	pc.MaxConns, pc.MinConns = c.MaxConns, c.MinConns
	pc.MaxConnIdleTime = 5 * time.Minute
	pc.MaxConnLifetime = time.Hour
	pc.MaxConnLifetimeJitter = 10 * time.Minute
	pc.HealthCheckPeriod = 30 * time.Second
	pc.ConnConfig.ConnectTimeout = c.ConnectTimeout
	params := pc.ConnConfig.RuntimeParams
	params["application_name"] = application
	params["timezone"] = "UTC"
	params["statement_timeout"] = milliseconds(c.StatementTimeout)
	params["lock_timeout"] = milliseconds(c.LockTimeout)
	// A transaction that its program has forgotten must not hold locks and dead rows for ever.
	params["idle_in_transaction_session_timeout"] = milliseconds(time.Minute)
	return pc, nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// Start begins to watch the server; it does not wait for it.
func (db *DB) Start(ctx context.Context) error { return db.probe.loop.Start(ctx) }

// Stop ends watching and closes the pool, waiting for borrowed connections no longer than the context allows.
func (db *DB) Stop(ctx context.Context) error {
	if err := db.probe.loop.Stop(ctx); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		db.Pool.Close()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close database pool: connections are still borrowed: %w", context.Cause(ctx))
	}
}
