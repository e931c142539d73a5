// Package fleet keeps what is derived from many agents: the failing flags of clients and sites and, as a safety net, the
// check counters, which every change maintains by itself.
package fleet

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/schema/db/jobsdb"
)

// page is how many agents are recounted in one statement: it locks their counters for a moment.
const page = 500

// Jobs returns the jobs of this package.
func Jobs(pool *pgxpool.Pool) []jobs.Job {
	return []jobs.Job{
		{Name: "failing_flags", Summary: "Bring the failing flags of clients and sites up to date", Spec: "@every 1m", CatchUp: jobs.Skip,
			Do: func(ctx context.Context, _ jobs.Run) (int64, error) { return FailingFlags(ctx, pool) }},
		{Name: "recount_checks", Summary: "Recount the checks of every agent, as a safety net for the maintained counters", Spec: "41 * * * *", CatchUp: jobs.Skip,
			Do: func(ctx context.Context, _ jobs.Run) (int64, error) { return RecountChecks(ctx, pool) }},
	}
}

// FailingFlags brings the flags of all sites and clients up to date (domain.md §2.7) and returns how many changed. Unlike a
// loop over agents that stops at the first one in maintenance, it leaves those agents out and looks at all others.
func FailingFlags(ctx context.Context, pool *pgxpool.Pool) (int64, error) {
	n, err := jobsdb.New().UpdateFailingFlags(ctx, pool)
	if err != nil {
		return 0, fmt.Errorf("update failing flags: %w", err)
	}
	return n, nil
}

// RecountChecks recounts the checks of every agent, a page at a time, and returns how many agents it looked at.
func RecountChecks(ctx context.Context, pool *pgxpool.Pool) (int64, error) {
	queries := jobsdb.New()
	var agents int64
	var last int32
	for {
		r, err := queries.RecountAgents(ctx, pool, jobsdb.RecountAgentsParams{After: last, Page: page})
		if err != nil {
			return agents, fmt.Errorf("recount checks: %w", err)
		}
		agents += int64(r.Agents)
		if r.Agents < page {
			return agents, nil
		}
		last = r.Last
	}
}
