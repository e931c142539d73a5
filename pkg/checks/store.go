package checks

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// DB is what a query needs: the pool or a transaction.
type DB = postgres.Querier

// selectDefinition lists the columns of checks c under the contract's names.
const selectDefinition = `c.id, c.created_by, c.created_time, c.modified_by, c.modified_time, c.overridden_by_policy, c.name,
	c.check_type, c.email_alert, c.text_alert, c.dashboard_alert, c.fails_b4_alert, c.run_interval, c.alert_severity,
	c.error_threshold, c.warning_threshold, c.disk, c.ip, c.script_args, c.env_vars, c.info_return_codes,
	c.warning_return_codes, c.success_return_codes, c.timeout, c.svc_name, c.svc_display_name, c.pass_if_start_pending,
	c.pass_if_svc_not_exist, c.restart_if_stopped, c.svc_policy_mode, c.log_name, c.event_id, c.event_id_is_wildcard,
	c.event_type, c.event_source, c.event_message, c.fail_when, c.search_last_days, c.number_of_events_b4_alert,
	c.managed_by_policy, c.agent_id AS agent, c.policy_id AS policy, c.script_id AS script`

// record is a definition with what its description and scope need. Reads scripts, policies, agents, sites and alert
// templates of their contexts.
type record struct {
	Definition
	ScriptName  *string `db:"script_name"`
	PolicyName  *string `db:"policy_name"`
	SiteID      *int32  `db:"site_id"`
	ClientID    *int32  `db:"client_id"`
	Template    *string `db:"template_name"`
	AlwaysEmail *bool   `db:"always_email"`
	AlwaysText  *bool   `db:"always_text"`
	AlwaysAlert *bool   `db:"always_alert"`
}

const selectRecord = `SELECT ` + selectDefinition + `, sc.name AS script_name, p.name AS policy_name, a.site_id, si.client_id,
	t.name AS template_name, t.check_always_email AS always_email, t.check_always_text AS always_text,
	t.check_always_alert AS always_alert
	FROM checks c
	LEFT JOIN scripts sc ON sc.id = c.script_id
	LEFT JOIN policies p ON p.id = c.policy_id
	LEFT JOIN agents a ON a.id = c.agent_id
	LEFT JOIN sites si ON si.id = a.site_id
	LEFT JOIN alert_templates t ON t.id = a.alert_template_id `

func (r *record) describe() string { return r.Describe(valueOf(r.ScriptName)) }

// auditName is the description, with the policy's name in front for policy checks (rest-2.md §0.6).
func (r *record) auditName() string {
	if r.PolicyName != nil {
		return *r.PolicyName + " - " + r.describe()
	}
	return r.describe()
}

func records(ctx context.Context, db DB, where string, args ...any) ([]record, error) {
	return postgres.Collect(ctx, db, pgx.RowToStructByName[record], "read checks", selectRecord+where, args...)
}

func oneRecord(ctx context.Context, db DB, where string, id int32) (*record, error) {
	found, err := records(ctx, db, where, id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.NotFound("Check")
	}
	return &found[0], nil
}

// written lists the columns that a write sets, in the order of Definition.written.
func written() []string {
	return []string{
		"created_by", "modified_by", "name", "check_type", "email_alert", "text_alert", "dashboard_alert", "fails_b4_alert",
		"run_interval", "alert_severity", "error_threshold", "warning_threshold", "disk", "ip", "script_args", "env_vars",
		"info_return_codes", "warning_return_codes", "success_return_codes", "timeout", "svc_name", "svc_display_name",
		"pass_if_start_pending", "pass_if_svc_not_exist", "restart_if_stopped", "svc_policy_mode", "log_name", "event_id",
		"event_id_is_wildcard", "event_type", "event_source", "event_message", "fail_when", "search_last_days",
		"number_of_events_b4_alert", "managed_by_policy", "agent_id", "policy_id", "script_id",
	}
}

func (d *Definition) written() []any {
	return []any{
		d.CreatedBy, d.ModifiedBy, d.Name, d.CheckType, d.EmailAlert, d.TextAlert, d.DashboardAlert, d.FailsB4Alert,
		d.RunInterval, d.AlertSeverity, d.ErrorThreshold, d.WarningThreshold, d.Disk, d.IP, d.ScriptArgs, d.EnvVars,
		d.InfoReturnCodes, d.WarningReturnCodes, d.SuccessReturnCodes, d.Timeout, d.SvcName, d.SvcDisplayName,
		d.PassIfStartPending, d.PassIfSvcNotExist, d.RestartIfStopped, d.SvcPolicyMode, d.LogName, d.EventID,
		d.EventIDIsWildcard, d.EventType, d.EventSource, d.EventMessage, d.FailWhen, d.SearchLastDays,
		d.NumberOfEvents, d.ManagedByPolicy, d.Agent, d.Policy, d.Script,
	}
}

func insert(ctx context.Context, db DB, d *Definition) error {
	columns := written()
	marks := make([]string, len(columns))
	for i := range columns {
		marks[i] = "$" + strconv.Itoa(i+1)
	}
	sql := `INSERT INTO checks (` + strings.Join(columns, ", ") + `) VALUES (` + strings.Join(marks, ", ") + `)
		RETURNING id, created_time, modified_time`
	err := db.QueryRow(ctx, sql, d.written()...).Scan(&d.ID, &d.CreatedTime, &d.ModifiedTime)
	if err != nil {
		return refused(fmt.Errorf("insert check: %w", err))
	}
	return nil
}

func update(ctx context.Context, db DB, d *Definition) error {
	columns := written()
	sets := make([]string, len(columns))
	for i, c := range columns {
		sets[i] = c + " = $" + strconv.Itoa(i+2)
	}
	sql := `UPDATE checks SET ` + strings.Join(sets, ", ") + `, modified_time = now() WHERE id = $1`
	if _, err := db.Exec(ctx, sql, append([]any{d.ID}, d.written()...)...); err != nil {
		return refused(fmt.Errorf("update check: %w", err))
	}
	return nil
}

// refused turns a reference to a row that disappeared in the meantime into the refusal it would have met before.
func refused(err error) error {
	constraint := postgres.Constraint(err, postgres.ForeignKeyViolation)
	switch {
	case constraint == "":
		return err
	case strings.Contains(constraint, "script"):
		return fault.InvalidField("script", "The script does not exist any more.")
	case strings.Contains(constraint, "policy"):
		return fault.NotFound("Policy")
	default:
		return fault.NotFound("Agent")
	}
}

const selectResult = `SELECT r.id, r.status, r.alert_severity, r.more_info, r.last_run, r.fail_count, r.outage_history,
	r.extra_details, r.stdout, r.stderr, r.retcode, r.execution_time, r.history, r.agent_id AS agent,
	r.assigned_check_id AS assigned_check FROM check_results r `

func results(ctx context.Context, db DB, where string, args ...any) ([]Result, error) {
	return postgres.Collect(ctx, db, pgx.RowToStructByName[Result], "read check results", selectResult+where, args...)
}
