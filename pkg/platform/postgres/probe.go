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
	loop   lifecycle.Component
	pool   *pgxpool.Pool
	verify func(ctx context.Context, pool *pgxpool.Pool) error
	schema *health.Dependency
}

func newProbe(pool *pgxpool.Pool, within time.Duration, d Deps) *probe {
	p := &probe{pool: pool, verify: d.Verify}
	if d.Verify != nil {
		p.schema = d.Health.Dependency("schema")
	}
	p.loop = lifecycle.Loop(health.Probe{
		Dependency: d.Health.Dependency("postgres"), Check: p.check, Every: 2 * time.Second, Within: within,
	}.Run)
	return p
}

// check pings the server. The schema is asked as long as it is not right: it changes only when an operator migrates.
func (p *probe) check(ctx context.Context) error {
	if err := p.pool.Ping(ctx); err != nil {
		return err
	}
	if p.schema != nil && !p.schema.Up() {
		p.schema.Report(p.verify(ctx, p.pool))
	}
	return nil
}
