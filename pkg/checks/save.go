package checks

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// saveQuery writes the states of a batch in one statement. The columns of the report's own type replace the stored ones;
// the others were read and come back unchanged.
const saveQuery = `INSERT INTO check_results AS r (agent_id, assigned_check_id, status, alert_severity, more_info, last_run,
		fail_count, extra_details, stdout, stderr, retcode, execution_time, history)
	SELECT n.agent, n.id, n.status, n.severity, n.info, n.last_run, n.fails, n.details, n.stdout, n.stderr, n.retcode, n.took,
		n.history::int[]
	FROM unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::int[], $8::jsonb[], $9::text[],
		$10::text[], $11::bigint[], $12::text[], $13::text[])
		AS n (agent, id, status, severity, info, last_run, fails, details, stdout, stderr, retcode, took, history)
	ORDER BY n.agent, n.id
	ON CONFLICT (agent_id, assigned_check_id) DO UPDATE SET status = excluded.status, alert_severity = excluded.alert_severity,
		more_info = excluded.more_info, last_run = excluded.last_run, fail_count = excluded.fail_count,
		extra_details = excluded.extra_details, stdout = excluded.stdout, stderr = excluded.stderr, retcode = excluded.retcode,
		execution_time = excluded.execution_time, history = excluded.history`

type stateColumns struct {
	agents, checks, fails []int32
	status                []Status
	severity              []*Severity
	info, stdout, stderr  []*string
	took                  []*string
	lastRun               []*time.Time
	details               []*string
	retcode               []*int64
	history               []string
}

func save(ctx context.Context, tx pgx.Tx, rows map[pair]*tracked) error {
	var c stateColumns
	for key, t := range rows {
		if !t.fresh {
			continue
		}
		st := &t.state
		c.agents, c.checks, c.fails = append(c.agents, key.agent), append(c.checks, key.check), append(c.fails, st.FailCount)
		c.status, c.severity = append(c.status, st.Status), append(c.severity, st.AlertSeverity)
		c.info, c.stdout, c.stderr = append(c.info, st.MoreInfo), append(c.stdout, st.Stdout), append(c.stderr, st.Stderr)
		c.took, c.lastRun = append(c.took, st.ExecutionTime), append(c.lastRun, st.LastRun)
		c.details, c.retcode = append(c.details, jsonText(st.ExtraDetails)), append(c.retcode, st.Retcode)
		c.history = append(c.history, arrayText(st.History))
	}
	if len(c.agents) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, saveQuery, c.agents, c.checks, c.status, c.severity, c.info, c.lastRun, c.fails, c.details,
		c.stdout, c.stderr, c.retcode, c.took, c.history); err != nil {
		return fmt.Errorf("save check states: %w", err)
	}
	return nil
}

type historyRow struct {
	pair
	Point
}

func appendHistory(ctx context.Context, tx pgx.Tx, points []historyRow) error {
	if len(points) == 0 {
		return nil
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"check_history"}, []string{"agent_id", "check_id", "x", "y", "results"},
		pgx.CopyFromSlice(len(points), func(i int) ([]any, error) {
			p := points[i]
			return []any{p.agent, p.check, p.X, p.Y, jsonText(p.Results)}, nil
		}))
	if err != nil {
		return fmt.Errorf("append check history: %w", err)
	}
	return nil
}

// jsonText is the parameter for a jsonb column: SQL null where there is no value.
func jsonText(v RawJSON) *string {
	if len(v) == 0 {
		return nil
	}
	s := string(v)
	return &s
}

// arrayText writes an integer array as Postgres reads it; arrays of arrays of different lengths have no other form.
func arrayText(list []int32) string {
	b := []byte{'{'}
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Append(b, v)
	}
	return string(append(b, '}'))
}
