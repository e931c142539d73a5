// Package maintenance holds the jobs that an administrator starts by hand (rest-1.md §7, servermaintenance): pruning of
// tables, removal of orphaned tasks, and reloading the message broker's configuration.
package maintenance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/tasks"
)

// Names of the jobs that have no table.
const (
	ReloadNATS    = "reload_nats"
	RemoveOrphans = "remove_orphaned_tasks"
)

// batch is how many rows one statement removes: locks stay short and replication keeps up.
const batch = 10_000

// Deps are what the jobs work on. A program that only requests them leaves all but Pool empty.
type Deps struct {
	Pool   *pgxpool.Pool
	Agents tasks.Asker
	// Reload makes the message brokers read their configuration again and returns how many did.
	Reload func(ctx context.Context) (int64, error)
}

// table is one that can be pruned by hand.
type table struct {
	name  string // as the contract calls it
	job   string
	what  string
	count string // of the rows that would go now
	// remove removes at most $1 rows that existed at $2 and returns their number.
	remove string
}

func tables() []table {
	return []table{
		{
			name: "audit_logs", job: "prune_check_run_audit", what: "audit rows with action check_run",
			count:  `SELECT count(*) FROM audit_log WHERE action = 'check_run'`,
			remove: `SELECT audit_log_prune_check_runs($1) WHERE $2::timestamptz IS NOT NULL`, // the log is append-only but for this function
		},
		{
			name: "pending_actions", job: "prune_completed_actions", what: "completed pending actions",
			count: `SELECT count(*) FROM pending_actions WHERE status = 'completed'`,
			remove: `WITH gone AS (DELETE FROM pending_actions WHERE id = ANY (ARRAY(SELECT id FROM pending_actions
				WHERE status = 'completed' AND entry_time <= $2 LIMIT $1)) RETURNING 1) SELECT count(*) FROM gone`,
		},
		{
			name: "alerts", job: "prune_alerts", what: "alerts",
			count: `SELECT count(*) FROM alerts`,
			remove: `WITH gone AS (DELETE FROM alerts WHERE id = ANY (ARRAY(SELECT id FROM alerts
				WHERE alert_time <= $2 OR alert_time IS NULL LIMIT $1)) RETURNING 1) SELECT count(*) FROM gone`,
		},
	}
}

// Jobs returns the jobs of this package.
func Jobs(d Deps) []jobs.Job {
	out := []jobs.Job{
		{
			Name: RemoveOrphans, Summary: "Delete what is left of deleted and detached tasks from the schedulers of connected Windows machines",
			Spec: "50 */2 * * *", CatchUp: jobs.Skip, Timeout: 30 * time.Minute,
			Do: func(ctx context.Context, run jobs.Run) (int64, error) {
				return tasks.RemoveOrphans(ctx, d.Pool, d.Agents, run.Note)
			},
		},
		{
			Name: ReloadNATS, Summary: "Make the message brokers read their configuration and certificates again", Spec: jobs.OnRequest,
			Timeout: time.Minute, Do: func(ctx context.Context, _ jobs.Run) (int64, error) { return d.Reload(ctx) },
		},
	}
	for _, t := range tables() {
		out = append(out, jobs.Job{
			Name: t.job, Summary: "Remove " + t.what + " that an administrator asked to be removed", Spec: jobs.OnRequest, Timeout: time.Hour,
			Do: func(ctx context.Context, run jobs.Run) (int64, error) { return t.prune(ctx, d.Pool, run) },
		})
	}
	return out
}

// rows is how many would go now.
func (t table) rows(ctx context.Context, db postgres.Querier) (n int64, err error) {
	if err := db.QueryRow(ctx, t.count).Scan(&n); err != nil {
		return 0, fmt.Errorf("count rows of %s: %w", t.name, err)
	}
	return n, nil
}

func (t table) prune(ctx context.Context, pool *pgxpool.Pool, run jobs.Run) (removed int64, err error) {
	for {
		var n int64
		if err := pool.QueryRow(ctx, t.remove, batch, run.ScheduledFor).Scan(&n); err != nil {
			return removed, fmt.Errorf("prune %s: %w", t.name, err)
		}
		removed += n
		if n < batch {
			return removed, nil
		}
		if err := run.Note(ctx, removed); err != nil {
			return removed, err
		}
	}
}

// ErrTable says that a table cannot be pruned by hand.
var ErrTable = errors.New("not a table that can be pruned")

// Requester asks for the jobs.
type Requester struct {
	pool     *pgxpool.Pool
	registry *jobs.Registry
}

// NewRequester returns a Requester.
func NewRequester(pool *pgxpool.Pool) (*Requester, error) {
	registry, err := jobs.NewRegistry(Jobs(Deps{Pool: pool})...)
	if err != nil {
		return nil, fmt.Errorf("maintenance jobs: %w", err)
	}
	return &Requester{pool, registry}, nil
}

// Start asks for one of the jobs without a table, unless it is at work already.
func (r *Requester) Start(ctx context.Context, tx postgres.Querier, job string) error {
	var now time.Time
	if err := tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
		return fmt.Errorf("start %s: %w", job, err)
	}
	_, err := r.registry.Request(ctx, tx, job, now)
	return err
}

// Prune asks for the removal of the rows that the named tables have now and returns how many these are. Names may repeat.
func (r *Requester) Prune(ctx context.Context, tx postgres.Querier, names []string) (rows int64, err error) {
	chosen := map[string]bool{}
	for _, name := range names {
		chosen[name] = true
	}
	for _, t := range tables() {
		if !chosen[t.name] {
			continue
		}
		delete(chosen, t.name)
		n, err := t.rows(ctx, tx)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			continue
		}
		rows += n
		if err := r.Start(ctx, tx, t.job); err != nil {
			return 0, err
		}
	}
	if len(chosen) > 0 {
		return 0, ErrTable
	}
	return rows, nil
}

// Prunable is a table that can be pruned by hand.
type Prunable struct {
	Table string // as Prune takes it
	Rows  int64  // that would go now
}

// Prunable returns the tables that Prune knows.
func (r *Requester) Prunable(ctx context.Context) ([]Prunable, error) {
	var out []Prunable
	for _, t := range tables() {
		n, err := t.rows(ctx, r.pool)
		if err != nil {
			return nil, err
		}
		out = append(out, Prunable{Table: t.name, Rows: n})
	}
	return out, nil
}
