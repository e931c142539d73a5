// Package periodic lists the periodic jobs of the product: beat schedules them and worker runs them.
package periodic

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/jobs/fleet"
	"github.com/gueencode/gueenrmm/pkg/jobs/maintenance"
	"github.com/gueencode/gueenrmm/pkg/jobs/retention"
)

// Tools are what some jobs need besides the database; a program that only schedules jobs has none.
type Tools = maintenance.Deps

// Jobs returns all of them.
func Jobs(pool *pgxpool.Pool, tools Tools) (*jobs.Registry, error) {
	var all []jobs.Job
	all = append(all, retention.Jobs(pool)...)
	all = append(all, fleet.Jobs(pool)...)
	tools.Pool = pool
	all = append(all, maintenance.Jobs(tools)...)
	return jobs.NewRegistry(all...)
}
