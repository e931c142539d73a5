package tasks

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

const selectDefinition = `t.id, t.created_by, t.created_time, t.modified_by, t.modified_time, t.actions, t.name,
	t.collector_all_output, t.enabled, t.continue_on_error, t.alert_severity, t.email_alert, t.text_alert, t.dashboard_alert,
	t.task_type, t.win_task_name, t.run_time_date, t.expire_date, t.daily_interval, t.run_time_bit_weekdays, t.weekly_interval,
	t.run_time_minute, t.monthly_days_of_month, t.monthly_months_of_year, t.monthly_weeks_of_month, t.task_repetition_duration,
	t.task_repetition_interval, t.stop_task_at_duration_end, t.random_task_delay, t.remove_if_not_scheduled,
	t.run_asap_after_missed, t.task_instance_policy, t.task_supported_platforms, t.managed_by_policy, t.agent_id AS agent,
	t.policy_id AS policy, t.custom_field_id AS custom_field, t.assigned_check_id AS assigned_check`

// record is a definition with what its scope and lists need. Reads agents, sites and alert templates of their contexts.
type record struct {
	Definition
	SiteID      *int32  `db:"site_id"`
	ClientID    *int32  `db:"client_id"`
	Template    *string `db:"template_name"`
	AlwaysEmail *bool   `db:"always_email"`
	AlwaysText  *bool   `db:"always_text"`
	AlwaysAlert *bool   `db:"always_alert"`
}

const selectRecord = `SELECT ` + selectDefinition + `, a.site_id, si.client_id, at.name AS template_name,
	at.task_always_email AS always_email, at.task_always_text AS always_text, at.task_always_alert AS always_alert
	FROM tasks t
	LEFT JOIN agents a ON a.id = t.agent_id
	LEFT JOIN sites si ON si.id = a.site_id
	LEFT JOIN alert_templates at ON at.id = a.alert_template_id `

func records(ctx context.Context, db DB, where string, args ...any) ([]record, error) {
	return postgres.Collect(ctx, db, pgx.RowToStructByName[record], "read tasks", selectRecord+where, args...)
}

func oneRecord(ctx context.Context, db DB, where string, id int32) (*record, error) {
	found, err := records(ctx, db, where, id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.NotFound("AutomatedTask")
	}
	return &found[0], nil
}

// written lists the columns that a write sets, in the order of Definition.written.
func written() []string {
	return []string{
		"created_by", "modified_by", "actions", "name", "collector_all_output", "enabled", "continue_on_error", "alert_severity",
		"email_alert", "text_alert", "dashboard_alert", "task_type", "win_task_name", "run_time_date", "expire_date",
		"daily_interval", "run_time_bit_weekdays", "weekly_interval", "run_time_minute", "monthly_days_of_month",
		"monthly_months_of_year", "monthly_weeks_of_month", "task_repetition_duration", "task_repetition_interval",
		"stop_task_at_duration_end", "random_task_delay", "remove_if_not_scheduled", "run_asap_after_missed",
		"task_instance_policy", "task_supported_platforms", "managed_by_policy", "agent_id", "policy_id", "custom_field_id",
		"assigned_check_id",
	}
}

func (d *Definition) written() []any {
	return []any{
		d.CreatedBy, d.ModifiedBy, d.Actions, d.Name, d.CollectorAllOutput, d.Enabled, d.ContinueOnError, d.AlertSeverity,
		d.EmailAlert, d.TextAlert, d.DashboardAlert, d.TaskType, d.WinTaskName, d.RunTimeDate, d.ExpireDate,
		d.DailyInterval, d.RunTimeBitWeekdays, d.WeeklyInterval, d.RunTimeMinute, d.MonthlyDaysOfMonth,
		d.MonthlyMonthsOfYear, d.MonthlyWeeksOfMonth, d.TaskRepetitionDuration, d.TaskRepetitionInterval,
		d.StopTaskAtDurationEnd, d.RandomTaskDelay, d.RemoveIfNotScheduled, d.RunASAPAfterMissed,
		d.TaskInstancePolicy, d.TaskSupportedPlatforms, d.ManagedByPolicy, d.Agent, d.Policy, d.CustomField,
		d.AssignedCheck,
	}
}

func insert(ctx context.Context, db DB, d *Definition) error {
	columns := written()
	marks := make([]string, len(columns))
	for i := range columns {
		marks[i] = "$" + strconv.Itoa(i+1)
	}
	err := db.QueryRow(ctx, `INSERT INTO tasks (`+strings.Join(columns, ", ")+`) VALUES (`+strings.Join(marks, ", ")+`) RETURNING id`,
		d.written()...).Scan(&d.ID)
	return refused("insert task", err)
}

// refused turns violations of the schema that a client can cause into refusals.
func refused(operation string, err error) error {
	switch postgres.Code(err) {
	case postgres.UniqueViolation:
		return fault.InvalidField("win_task_name", "automated task with this win task name already exists.")
	case postgres.ForeignKeyViolation:
		return fault.InvalidField(fault.NonField, "A row that the task refers to does not exist any more.")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

const selectResult = `SELECT r.id, r.retcode, r.stdout, r.stderr, r.execution_time, r.last_run, r.status, r.sync_status,
	r.locked_at, r.run_status, r.agent_id AS agent, r.task_id AS task FROM task_results r `
