package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/lifecycle"
)

// probe watches one pool.
type probe struct {
	loop  lifecycle.Component
	pool  *pgxpool.Pool
	guard *guard
}

func newProbe(pool *pgxpool.Pool, within time.Duration, g *guard, d Deps) *probe {
	p := &probe{pool: pool, guard: g}
	p.loop = lifecycle.Loop(health.Probe{
		Dependency: d.Health.Dependency("postgres"), Check: p.check, Every: 2 * time.Second, Within: within,
	}.Run)
	return p
}

// check pings the server. The schema is asked as long as it is not right: it changes only when an operator migrates.
func (p *probe) check(ctx context.Context) error {
	ctx = withPass(ctx)
	if err := p.pool.Ping(ctx); err != nil {
		return err
	}
	if p.guard != nil && !p.guard.passed.Load() {
		if err := p.guard.ask(ctx, p.pool); err != nil && ctx.Err() != nil {
			return err // the server is too slow to be of use; any other answer is the dependency "schema"
		}
	}
	return nil
}
