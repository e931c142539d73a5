// Package periodic lists the periodic jobs of the product: beat schedules them and worker runs them.
package periodic

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/jobs/fleet"
	"github.com/gueencode/gueenrmm/pkg/jobs/retention"
)

// Jobs returns all of them.
func Jobs(pool *pgxpool.Pool) (*jobs.Registry, error) {
	var all []jobs.Job
	all = append(all, retention.Jobs(pool)...)
	all = append(all, fleet.Jobs(pool)...)
	return jobs.NewRegistry(all...)
}
