// Package fleet keeps what is derived from many agents: the failing flags of clients and sites and, as a safety net, the
// check counters, which every change maintains by itself.
package fleet

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
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
		{Name: "clear_faults", Summary: "Close what agents that have been away for clear_faults_days days left failing", Spec: "49 * * * *", CatchUp: jobs.Skip,
			Do: func(ctx context.Context, _ jobs.Run) (int64, error) { return ClearFaults(ctx, pool) }},
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

// The counters are locked first, as every writer of results does.
const clearFaults = `WITH gone AS (
	SELECT a.id FROM agents a JOIN agent_presence p ON p.agent_id = a.id JOIN agent_check_counts c ON c.agent_id = a.id CROSS JOIN core_settings k
	WHERE k.clear_faults_days > 0 AND p.last_seen < now() - make_interval(days => k.clear_faults_days)
		AND (a.overdue_email_alert OR a.overdue_text_alert OR a.overdue_dashboard_alert
			OR EXISTS (SELECT FROM check_results r WHERE r.agent_id = a.id AND r.status <> 'passing')
			OR EXISTS (SELECT FROM alerts al WHERE al.agent_id = a.id AND al.alert_type = 'check' AND NOT al.resolved))
	ORDER BY a.id LIMIT $1 FOR UPDATE OF c
), results AS (
	UPDATE check_results r SET status = 'passing', fail_count = 0 FROM gone WHERE r.agent_id = gone.id AND r.status <> 'passing'
), closed AS (
	UPDATE alerts al SET resolved = true, resolved_on = now(), snoozed = false, snooze_until = NULL FROM gone
	WHERE al.agent_id = gone.id AND al.alert_type = 'check' AND NOT al.resolved
), quiet AS (
	UPDATE agents a SET overdue_email_alert = false, overdue_text_alert = false, overdue_dashboard_alert = false FROM gone WHERE a.id = gone.id
)
SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM gone`

// ClearFaults lets agents that were not seen for clear_faults_days days show no faults (domain.md §6.7): their checks pass, their
// open check alerts are resolved without telling anybody, and their overdue alerts are switched off. It returns how many agents
// had some.
func ClearFaults(ctx context.Context, pool *pgxpool.Pool) (agents int64, err error) {
	for {
		var ids []int32
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if err := tx.QueryRow(ctx, clearFaults, page).Scan(&ids); err != nil || len(ids) == 0 {
				return err
			}
			_, err := tx.Exec(ctx, `SELECT recount_agent_checks($1)`, ids)
			return err
		})
		if err != nil {
			return agents, fmt.Errorf("clear faults: %w", err)
		}
		if agents += int64(len(ids)); len(ids) < page {
			return agents, nil
		}
	}
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
