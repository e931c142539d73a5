// Package periodic lists the periodic jobs of the product: beat schedules them and worker runs them.
package periodic

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/jobs/fleet"
	"github.com/gueencode/gueenrmm/pkg/jobs/maintenance"
	"github.com/gueencode/gueenrmm/pkg/jobs/retention"
)

// Tools are what some jobs need besides the database; a program that only schedules jobs has none.
type Tools struct {
	maintenance.Deps
	// AutoUpdate tells agents that are older to update and returns how many.
	AutoUpdate func(ctx context.Context) (int64, error)
}

// Jobs returns all of them.
func Jobs(pool *pgxpool.Pool, tools Tools) (*jobs.Registry, error) {
	var all []jobs.Job
	all = append(all, retention.Jobs(pool)...)
	all = append(all, fleet.Jobs(pool)...)
	tools.Pool = pool
	all = append(all, maintenance.Jobs(tools.Deps)...)
	all = append(all, jobs.Job{
		Name: "auto_update_agents", Summary: "Update connected agents that are older than the newest version, if agent_auto_update is on", Spec: "35 * * * *", CatchUp: jobs.Skip,
		Do: func(ctx context.Context, _ jobs.Run) (int64, error) { return tools.AutoUpdate(ctx) },
	})
	return jobs.NewRegistry(all...)
}
