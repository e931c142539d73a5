package checks

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Incoming is one report of one agent as it comes out of the result stream. Received is when the stream took it.
type Incoming struct {
	AgentPK  int32
	AgentID  string
	Report   *Report
	Received time.Time
}

// Change is what a report did to a check.
type Change struct {
	AgentPK      int32
	AgentID      string
	CheckID      int32
	CheckType    Type
	Before       Status
	After        Status
	Severity     *Severity // the severity that counts for the check's type
	FailCount    int32
	FailsB4Alert int32
	Description  string // of a check that failed often enough to count, else empty
}

// Counts says whether the check failed often enough in a row to be told.
func (c Change) Counts() bool { return c.After == Failing && c.FailCount >= c.FailsB4Alert }

// Outcome of a batch of reports. Refused holds the reports that do not belong to their agent or lack fields, by index.
type Outcome struct {
	Changes []Change
	Refused map[int]error
}

type pair struct{ agent, check int32 }

// tracked is the working copy of one result row.
type tracked struct {
	def    *Definition
	state  State
	bucket Bucket
	exists bool
	fresh  bool // a report changed the state
	script string
}

// Apply evaluates a batch of reports in their order and stores states, history and counters in the caller's transaction.
// A report that is older than the stored state only adds to the history, so that replicas that finish out of order cannot
// turn a check back.
func (s *Service) Apply(ctx context.Context, tx pgx.Tx, batch []Incoming) (Outcome, error) {
	out := Outcome{Refused: map[int]error{}}
	if len(batch) == 0 {
		return out, nil
	}
	agents := map[int32]struct{}{}
	for _, in := range batch {
		agents[in.AgentPK] = struct{}{}
	}
	if err := lockAgents(ctx, tx, sorted(agents)); err != nil {
		return out, err
	}
	rows, err := load(ctx, tx, batch)
	if err != nil {
		return out, err
	}
	var points []historyRow
	recounted := map[int32]struct{}{}
	for i, in := range batch {
		key := pair{in.AgentPK, in.Report.ID}
		row, ok := rows[key]
		if !ok {
			out.Refused[i] = fmt.Errorf("%w: the check is not assigned to the agent", ErrReport)
			continue
		}
		change, point, err := row.take(key, in)
		if err != nil {
			out.Refused[i] = err
			continue
		}
		if point != nil {
			points = append(points, historyRow{key, *point})
		}
		if change == nil {
			continue
		}
		out.Changes = append(out.Changes, *change)
		if bucket := BucketOf(row.def, &row.state); bucket != row.bucket || !row.exists {
			row.bucket = bucket
			recounted[in.AgentPK] = struct{}{}
		}
	}
	if err := save(ctx, tx, rows); err != nil {
		return out, err
	}
	if err := appendHistory(ctx, tx, points); err != nil {
		return out, err
	}
	return out, recount(ctx, tx, sorted(recounted))
}

// take evaluates one report against the row. No change is returned when the report is older than the row.
func (t *tracked) take(key pair, in Incoming) (*Change, *Point, error) {
	received := in.Received.Truncate(time.Microsecond)
	v, err := Evaluate(t.def, t.state, in.Report, received)
	if err != nil {
		return nil, nil, err
	}
	if t.state.LastRun != nil && received.Before(*t.state.LastRun) {
		return nil, v.Point, nil
	}
	before := t.state.Status
	if !t.exists && !t.fresh {
		before = Pending
	}
	t.state, t.fresh = v.State, true
	sev := t.def.AlertSeverity
	if t.def.CheckType.DynamicSeverity() {
		sev = t.state.AlertSeverity
	}
	change := &Change{
		AgentPK: key.agent, AgentID: in.AgentID, CheckID: key.check, CheckType: t.def.CheckType, Before: before,
		After: t.state.Status, Severity: sev, FailCount: t.state.FailCount, FailsB4Alert: t.def.FailsB4Alert,
	}
	if change.Counts() {
		change.Description = t.def.Describe(t.script)
	}
	return change, v.Point, nil
}

// loadQuery reads, for pairs of agent and check, the definition when the check is assigned to the agent, and the state.
const loadQuery = `SELECT w.agent, c.id, c.check_type, c.alert_severity, c.fails_b4_alert, c.error_threshold, c.warning_threshold,
		c.name, c.svc_display_name, coalesce(s.name, ''), c.disk, c.info_return_codes, c.warning_return_codes, c.success_return_codes, c.fail_when, c.number_of_events_b4_alert,
		r.id IS NOT NULL, coalesce(r.status, 'pending'), r.alert_severity, r.more_info, r.last_run, coalesce(r.fail_count, 0),
		r.extra_details, r.stdout, r.stderr, r.retcode, r.execution_time, r.history
	FROM (SELECT DISTINCT agent, id FROM unnest($1::int[], $2::int[]) AS u (agent, id)) w
	JOIN checks c ON c.id = w.id
	LEFT JOIN scripts s ON s.id = c.script_id
	LEFT JOIN check_results r ON r.agent_id = w.agent AND r.assigned_check_id = w.id
	WHERE c.agent_id = w.agent OR EXISTS (SELECT FROM agent_policy_checks e WHERE e.agent_id = w.agent AND e.check_id = w.id)`

func load(ctx context.Context, tx pgx.Tx, batch []Incoming) (map[pair]*tracked, error) {
	agents, ids := make([]int32, len(batch)), make([]int32, len(batch))
	for i, in := range batch {
		agents[i], ids[i] = in.AgentPK, in.Report.ID
	}
	rows, err := tx.Query(ctx, loadQuery, agents, ids)
	if err != nil {
		return nil, fmt.Errorf("read check states: %w", err)
	}
	defer rows.Close()
	out := make(map[pair]*tracked, len(batch))
	for rows.Next() {
		var d Definition
		t := tracked{def: &d}
		var agent int32
		st := &t.state
		err := rows.Scan(&agent, &d.ID, &d.CheckType, &d.AlertSeverity, &d.FailsB4Alert, &d.ErrorThreshold, &d.WarningThreshold,
			&d.Name, &d.SvcDisplayName, &t.script, &d.Disk, &d.InfoReturnCodes, &d.WarningReturnCodes, &d.SuccessReturnCodes, &d.FailWhen, &d.NumberOfEvents,
			&t.exists, &st.Status, &st.AlertSeverity, &st.MoreInfo, &st.LastRun, &st.FailCount,
			&st.ExtraDetails, &st.Stdout, &st.Stderr, &st.Retcode, &st.ExecutionTime, &st.History)
		if err != nil {
			return nil, fmt.Errorf("read check states: %w", err)
		}
		t.bucket = BucketPassing
		if t.exists {
			t.bucket = BucketOf(&d, st)
		}
		out[pair{agent, d.ID}] = &t
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read check states: %w", err)
	}
	return out, nil
}
