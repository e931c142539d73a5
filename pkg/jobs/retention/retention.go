// Package retention removes what is too old, each table by one rule: a statement per bounded batch, never a row at a time.
package retention

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/schema/db/jobsdb"
)

// batch is how many rows one statement removes: locks stay short and replication keeps up.
const batch = 10_000

// partitionsAhead is how many days of check history have a partition, from yesterday on. Were no job to run for longer, rows
// would go to the default partition and be moved later.
const partitionsAhead = 8

// rule says when rows of a table are too old.
type rule struct {
	job   string
	spec  string
	table string
	// days is an SQL expression over core_settings (alias k); 0 keeps everything.
	days string
	// old is a condition on the row (alias t); %s stands for the age as an interval.
	old string
}

// rules in the order in which they run within an hour, spread over it. Alerts count from the time they were resolved.
func rules() []rule {
	return []rule{
		{"prune_agent_history", "15 * * * *", "agent_history", "k.agent_history_prune_days", "t.time < now() - %s"},
		{"prune_debug_log", "17 * * * *", "debug_log", "k.debug_log_prune_days", "t.entry_time < now() - %s"},
		{"prune_resolved_alerts", "21 * * * *", "alerts", "k.resolved_alerts_prune_days", "t.resolved AND t.resolved_on < now() - %s"},
		{"prune_report_history", "23 * * * *", "report_history", "k.report_history_prune_days", "t.date_created < now() - %s"},
		// The session behind a deployment goes with the deployment: removing it would remove the link people still use.
		{"prune_sessions", "25 * * * *", "sessions", "1", "t.expiry < now() - %s AND NOT EXISTS (SELECT FROM deployments d WHERE d.auth_token_id = t.digest)"},
		{"prune_enrolments", "27 * * * *", "enrolments", "30", "t.expires < now() - %s"},
		// Longer than any message may wait for its delivery.
		{"prune_applied_results", "29 * * * *", "applied_results", "8", "t.applied_at < now() - %s"},
		{"prune_job_runs", "31 * * * *", "job_runs", "14", "t.scheduled_for < now() - %s AND t.status IN ('succeeded', 'failed')"},
		{"prune_outbox", "33 * * * *", "outbox", "3", "t.done_at < now() - %s"},
	}
}

// summary says when rows go: after a number of days, or after what a global setting says.
func (r rule) summary() string {
	if setting, found := strings.CutPrefix(r.days, "k."); found {
		return fmt.Sprintf("Remove rows of %s that are older than the global setting %s, in days, unless it is 0", r.table, setting)
	}
	return fmt.Sprintf("Remove rows of %s that are older than %s day(s)", r.table, r.days)
}

// Jobs returns the jobs of this package.
func Jobs(pool *pgxpool.Pool) []jobs.Job {
	out := []jobs.Job{{
		Name: "check_history_partitions", Summary: "Make the history's partitions of the coming days and drop the days that are too old", Spec: "7 * * * *",
		Do: func(ctx context.Context, _ jobs.Run) (int64, error) { return Partitions(ctx, pool) },
	}}
	out = append(out, jobs.Job{
		Name: "prune_audit_log", Summary: "Remove rows of audit_log that are older than the global setting audit_log_prune_days, in days, unless it is 0", Spec: "19 * * * *",
		Do: func(ctx context.Context, _ jobs.Run) (int64, error) { return Audit(ctx, pool) },
	})
	for _, r := range rules() {
		out = append(out, jobs.Job{
			Name: r.job, Summary: r.summary(), Spec: r.spec,
			Do: func(ctx context.Context, _ jobs.Run) (int64, error) { return r.prune(ctx, pool) },
		})
	}
	return out
}

// Partitions makes the partitions of the coming days and drops the days that are too old. It returns how many of both.
func Partitions(ctx context.Context, pool *pgxpool.Pool) (int64, error) {
	queries := jobsdb.New()
	made, err := queries.CreateHistoryPartitions(ctx, pool, partitionsAhead)
	if err != nil {
		return 0, fmt.Errorf("make partitions of check history: %w", err)
	}
	dropped, err := queries.DropHistoryPartitions(ctx, pool)
	if err != nil {
		return int64(made), fmt.Errorf("drop partitions of check history: %w", err)
	}
	return int64(made) + int64(dropped), nil
}

// Audit removes audit rows older than their setting. The log is append-only but for the function called here, which reads
// the setting by itself.
func Audit(ctx context.Context, pool *pgxpool.Pool) (removed int64, err error) {
	for {
		var n int64
		if err := pool.QueryRow(ctx, "SELECT audit_log_prune($1)", batch).Scan(&n); err != nil {
			return removed, fmt.Errorf("prune audit_log: %w", err)
		}
		removed += n
		if n < batch {
			return removed, nil
		}
	}
}

// statement removes one batch. Its parts are constants of this package.
func (r rule) statement() string {
	age := "(SELECT make_interval(days => " + r.days + ") FROM core_settings k)"
	return "DELETE FROM " + r.table + " WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM " + r.table + " t WHERE " + fmt.Sprintf(r.old, age) +
		" AND (SELECT " + r.days + " > 0 FROM core_settings k) LIMIT $1))"
}

func (r rule) prune(ctx context.Context, pool *pgxpool.Pool) (removed int64, err error) {
	for {
		tag, err := pool.Exec(ctx, r.statement(), batch)
		if err != nil {
			return removed, fmt.Errorf("prune %s: %w", r.table, err)
		}
		removed += tag.RowsAffected()
		if tag.RowsAffected() < batch {
			return removed, nil
		}
	}
}
