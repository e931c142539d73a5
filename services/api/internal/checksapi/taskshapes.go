package checksapi

import (
	"encoding/json"
	"time"

	"github.com/gueencode/gueenrmm/pkg/tasks"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// TaskPlain is a task as checks nest it (rest-2.md §2.1).
type TaskPlain struct {
	ID           int32      `json:"id"`
	CreatedBy    *string    `json:"created_by"`
	CreatedTime  *rest.Time `json:"created_time"`
	ModifiedBy   *string    `json:"modified_by"`
	ModifiedTime *rest.Time `json:"modified_time"`
	TaskCore
	RunTimeDate *rest.Time `json:"run_time_date"`
	ExpireDate  *rest.Time `json:"expire_date"`
	TaskRest
}

// TaskCore and TaskRest hold the fields that both forms of a task have, in the contract's order.
type TaskCore struct {
	Actions            json.RawMessage `json:"actions"`
	Name               string          `json:"name"`
	CollectorAllOutput bool            `json:"collector_all_output"`
	Enabled            bool            `json:"enabled"`
	ContinueOnError    bool            `json:"continue_on_error"`
	AlertSeverity      string          `json:"alert_severity"`
	EmailAlert         bool            `json:"email_alert"`
	TextAlert          bool            `json:"text_alert"`
	DashboardAlert     bool            `json:"dashboard_alert"`
	TaskType           tasks.Type      `json:"task_type"`
	WinTaskName        string          `json:"win_task_name"`
}

type TaskRest struct {
	DailyInterval          *int16   `json:"daily_interval"`
	RunTimeBitWeekdays     *int32   `json:"run_time_bit_weekdays"`
	WeeklyInterval         *int16   `json:"weekly_interval"`
	RunTimeMinute          *string  `json:"run_time_minute"`
	MonthlyDaysOfMonth     *int64   `json:"monthly_days_of_month"`
	MonthlyMonthsOfYear    *int32   `json:"monthly_months_of_year"`
	MonthlyWeeksOfMonth    *int16   `json:"monthly_weeks_of_month"`
	TaskRepetitionDuration *string  `json:"task_repetition_duration"`
	TaskRepetitionInterval *string  `json:"task_repetition_interval"`
	StopTaskAtDurationEnd  bool     `json:"stop_task_at_duration_end"`
	RandomTaskDelay        *string  `json:"random_task_delay"`
	RemoveIfNotScheduled   bool     `json:"remove_if_not_scheduled"`
	RunASAPAfterMissed     bool     `json:"run_asap_after_missed"`
	TaskInstancePolicy     int16    `json:"task_instance_policy"`
	TaskSupportedPlatforms []string `json:"task_supported_platforms" nullable:"true"`
	ManagedByPolicy        bool     `json:"managed_by_policy"`
	Agent                  *int32   `json:"agent"`
	Policy                 *int32   `json:"policy"`
	CustomField            *int32   `json:"custom_field"`
	AssignedCheck          *int32   `json:"assigned_check"`
}

func toCore(d *tasks.Definition) TaskCore {
	return TaskCore{
		Actions: d.Actions, Name: d.Name, CollectorAllOutput: d.CollectorAllOutput, Enabled: d.Enabled, ContinueOnError: d.ContinueOnError,
		AlertSeverity: d.AlertSeverity, EmailAlert: d.EmailAlert, TextAlert: d.TextAlert, DashboardAlert: d.DashboardAlert,
		TaskType: d.TaskType, WinTaskName: d.WinTaskName,
	}
}

func toRest(d *tasks.Definition) TaskRest {
	return TaskRest{
		DailyInterval: d.DailyInterval, RunTimeBitWeekdays: d.RunTimeBitWeekdays, WeeklyInterval: d.WeeklyInterval,
		RunTimeMinute: d.RunTimeMinute, MonthlyDaysOfMonth: d.MonthlyDaysOfMonth, MonthlyMonthsOfYear: d.MonthlyMonthsOfYear,
		MonthlyWeeksOfMonth: d.MonthlyWeeksOfMonth, TaskRepetitionDuration: d.TaskRepetitionDuration,
		TaskRepetitionInterval: d.TaskRepetitionInterval, StopTaskAtDurationEnd: d.StopTaskAtDurationEnd,
		RandomTaskDelay: d.RandomTaskDelay, RemoveIfNotScheduled: d.RemoveIfNotScheduled, RunASAPAfterMissed: d.RunASAPAfterMissed,
		TaskInstancePolicy: d.TaskInstancePolicy, TaskSupportedPlatforms: d.TaskSupportedPlatforms, ManagedByPolicy: d.ManagedByPolicy,
		Agent: d.Agent, Policy: d.Policy, CustomField: d.CustomField, AssignedCheck: d.AssignedCheck,
	}
}

func plainTasks(list []tasks.Definition) []TaskPlain {
	out := make([]TaskPlain, len(list))
	for i := range list {
		d := &list[i]
		out[i] = TaskPlain{
			ID: d.ID, CreatedBy: d.CreatedBy, CreatedTime: rest.AtPtr(d.CreatedTime), ModifiedBy: d.ModifiedBy,
			ModifiedTime: rest.AtPtr(d.ModifiedTime), TaskCore: toCore(d), RunTimeDate: rest.AtPtr(d.RunTimeDate),
			ExpireDate: rest.AtPtr(d.ExpireDate), TaskRest: toRest(d),
		}
	}
	return out
}

// TaskAlertTemplate holds the switches of the agent's alert template that concern tasks.
type TaskAlertTemplate = tasks.AlertFlags

// TaskResult is the state of a task on an agent.
type TaskResult struct {
	ID            int64            `json:"id"`
	Retcode       *int64           `json:"retcode"`
	Stdout        *string          `json:"stdout"`
	Stderr        *string          `json:"stderr"`
	ExecutionTime string           `json:"execution_time"`
	LastRun       *rest.Time       `json:"last_run"`
	Status        tasks.Status     `json:"status"`
	SyncStatus    tasks.SyncStatus `json:"sync_status"`
	LockedAt      *rest.Time       `json:"locked_at"`
	RunStatus     *string          `json:"run_status"`
	Agent         int32            `json:"agent"`
	Task          int32            `json:"task"`
}

// Task is a task (rest-2.md §2.1). CheckName is there only while a check is assigned.
type Task struct {
	ID            int32               `json:"id"`
	CheckName     *string             `json:"check_name,omitempty"`
	Schedule      *string             `json:"schedule"`
	AlertTemplate *TaskAlertTemplate  `json:"alert_template"`
	RunTimeDate   *rest.Time          `json:"run_time_date"`
	ExpireDate    *rest.Time          `json:"expire_date"`
	TaskResult    OrEmpty[TaskResult] `json:"task_result"`
	CreatedBy     *string             `json:"created_by"`
	CreatedTime   *rest.Time          `json:"created_time"`
	ModifiedBy    *string             `json:"modified_by"`
	ModifiedTime  *rest.Time          `json:"modified_time"`
	TaskCore
	TaskRest
}

func toTask(v *tasks.View, checkName *string) Task {
	d := &v.Definition
	out := Task{
		ID: d.ID, CheckName: checkName, Schedule: d.Schedule(), AlertTemplate: v.Template, RunTimeDate: rest.AtPtr(d.RunTimeDate),
		ExpireDate: rest.AtPtr(d.ExpireDate), CreatedBy: d.CreatedBy, CreatedTime: rest.AtPtr(d.CreatedTime),
		ModifiedBy: d.ModifiedBy, ModifiedTime: rest.AtPtr(d.ModifiedTime), TaskCore: toCore(d), TaskRest: toRest(d),
	}
	if r := v.Result; r != nil {
		out.TaskResult.Value = &TaskResult{
			ID: r.ID, Retcode: r.Retcode, Stdout: r.Stdout, Stderr: r.Stderr, ExecutionTime: r.ExecutionTime,
			LastRun: rest.AtPtr(r.LastRun), Status: r.Status, SyncStatus: r.SyncStatus, LockedAt: rest.AtPtr(r.LockedAt),
			RunStatus: r.RunStatus, Agent: r.Agent, Task: r.Task,
		}
	}
	return out
}

// createTaskInput is a new task: agent is the agent's text id.
type createTaskInput struct {
	Agent                  rest.Field[string]          `json:"agent" rule:"null,blank" doc:"agent_id of the agent that gets the task"`
	Policy                 rest.Field[int32]           `json:"policy" rule:"null,ref=policy"`
	RunTimeDate            rest.Field[time.Time]       `json:"run_time_date" doc:"wall-clock time of the agent, written with Z"`
	ExpireDate             rest.Field[time.Time]       `json:"expire_date" rule:"null"`
	Actions                rest.Field[json.RawMessage] `json:"actions"`
	Name                   rest.Field[string]          `json:"name" rule:"required,max=255,pattern=name"`
	CollectorAllOutput     rest.Field[bool]            `json:"collector_all_output"`
	Enabled                rest.Field[bool]            `json:"enabled"`
	ContinueOnError        rest.Field[bool]            `json:"continue_on_error"`
	AlertSeverity          rest.Field[string]          `json:"alert_severity" rule:"choices=info|warning|error"`
	EmailAlert             rest.Field[bool]            `json:"email_alert"`
	TextAlert              rest.Field[bool]            `json:"text_alert"`
	DashboardAlert         rest.Field[bool]            `json:"dashboard_alert"`
	TaskType               rest.Field[string]          `json:"task_type" rule:"required,choices=daily|weekly|monthly|monthlydow|checkfailure|manual|runonce|onboarding|scheduled"`
	WinTaskName            rest.Field[string]          `json:"win_task_name" rule:"max=255"`
	DailyInterval          rest.Field[int16]           `json:"daily_interval" rule:"null,min=1,max=255"`
	RunTimeBitWeekdays     rest.Field[int32]           `json:"run_time_bit_weekdays" rule:"null"`
	WeeklyInterval         rest.Field[int16]           `json:"weekly_interval" rule:"null,min=1,max=52"`
	RunTimeMinute          rest.Field[string]          `json:"run_time_minute" rule:"null,blank,max=5"`
	MonthlyDaysOfMonth     rest.Field[int64]           `json:"monthly_days_of_month" rule:"null,min=0"`
	MonthlyMonthsOfYear    rest.Field[int32]           `json:"monthly_months_of_year" rule:"null,min=0"`
	MonthlyWeeksOfMonth    rest.Field[int16]           `json:"monthly_weeks_of_month" rule:"null,min=0"`
	TaskRepetitionDuration rest.Field[string]          `json:"task_repetition_duration" rule:"null,blank,max=10"`
	TaskRepetitionInterval rest.Field[string]          `json:"task_repetition_interval" rule:"null,blank,max=10"`
	StopTaskAtDurationEnd  rest.Field[bool]            `json:"stop_task_at_duration_end"`
	RandomTaskDelay        rest.Field[string]          `json:"random_task_delay" rule:"null,blank,max=10"`
	RemoveIfNotScheduled   rest.Field[bool]            `json:"remove_if_not_scheduled"`
	RunASAPAfterMissed     rest.Field[bool]            `json:"run_asap_after_missed"`
	TaskInstancePolicy     rest.Field[int16]           `json:"task_instance_policy" rule:"min=0"`
	TaskSupportedPlatforms rest.Field[[]string]        `json:"task_supported_platforms" rule:"min=1,item.choices=windows|linux|darwin"`
	CustomField            rest.Field[int32]           `json:"custom_field" rule:"null,ref=custom_field"`
	AssignedCheck          rest.Field[int32]           `json:"assigned_check" rule:"null,ref=check"`
}

func (in *createTaskInput) definition() tasks.Definition {
	d := tasks.New()
	d.Policy = in.Policy.Ptr()
	in.RunTimeDate.ApplyNull(&d.RunTimeDate)
	in.ExpireDate.ApplyNull(&d.ExpireDate)
	in.Actions.Apply(&d.Actions)
	in.Name.Apply(&d.Name)
	in.CollectorAllOutput.Apply(&d.CollectorAllOutput)
	in.Enabled.Apply(&d.Enabled)
	in.ContinueOnError.Apply(&d.ContinueOnError)
	in.AlertSeverity.Apply(&d.AlertSeverity)
	in.EmailAlert.Apply(&d.EmailAlert)
	in.TextAlert.Apply(&d.TextAlert)
	in.DashboardAlert.Apply(&d.DashboardAlert)
	d.TaskType = tasks.Type(in.TaskType.Or(string(d.TaskType)))
	in.WinTaskName.Apply(&d.WinTaskName)
	in.DailyInterval.ApplyNull(&d.DailyInterval)
	in.RunTimeBitWeekdays.ApplyNull(&d.RunTimeBitWeekdays)
	in.WeeklyInterval.ApplyNull(&d.WeeklyInterval)
	in.RunTimeMinute.ApplyNull(&d.RunTimeMinute)
	in.MonthlyDaysOfMonth.ApplyNull(&d.MonthlyDaysOfMonth)
	in.MonthlyMonthsOfYear.ApplyNull(&d.MonthlyMonthsOfYear)
	in.MonthlyWeeksOfMonth.ApplyNull(&d.MonthlyWeeksOfMonth)
	in.TaskRepetitionDuration.ApplyNull(&d.TaskRepetitionDuration)
	in.TaskRepetitionInterval.ApplyNull(&d.TaskRepetitionInterval)
	in.StopTaskAtDurationEnd.Apply(&d.StopTaskAtDurationEnd)
	in.RandomTaskDelay.ApplyNull(&d.RandomTaskDelay)
	in.RemoveIfNotScheduled.Apply(&d.RemoveIfNotScheduled)
	in.RunASAPAfterMissed.Apply(&d.RunASAPAfterMissed)
	in.TaskInstancePolicy.Apply(&d.TaskInstancePolicy)
	in.TaskSupportedPlatforms.Apply(&d.TaskSupportedPlatforms)
	in.CustomField.ApplyNull(&d.CustomField)
	in.AssignedCheck.ApplyNull(&d.AssignedCheck)
	return d
}
