// Package tasks owns automated tasks: their definitions on agents and policies, what an agent is told to run, and what its
// results mean (domain.md §5).
package tasks

import (
	"encoding/json"
	"time"
)

// Type says when a task runs.
type Type string

// The types. Scheduled is kept for rows of old installations.
const (
	Daily        Type = "daily"
	Weekly       Type = "weekly"
	Monthly      Type = "monthly"
	MonthlyDOW   Type = "monthlydow"
	CheckFailure Type = "checkfailure"
	Manual       Type = "manual"
	RunOnce      Type = "runonce"
	Onboarding   Type = "onboarding"
	Scheduled    Type = "scheduled"
)

// Status is the outcome of the last run on one agent.
type Status string

// The outcomes.
const (
	Passing Status = "passing"
	Failing Status = "failing"
	Pending Status = "pending"
)

// SyncStatus says whether the task is on the device (domain.md §5.4).
type SyncStatus string

// The states of the synchronisation.
const (
	Synced          SyncStatus = "synced"
	NotSynced       SyncStatus = "notsynced"
	PendingDeletion SyncStatus = "pendingdeletion"
	Initial         SyncStatus = "initial"
)

// Definition is a task as stored; the JSON form is the plain row that audit entries keep and that lists of checks nest.
type Definition struct {
	ID                     int32           `json:"id" db:"id"`
	CreatedBy              *string         `json:"created_by" db:"created_by"`
	CreatedTime            *time.Time      `json:"created_time" db:"created_time"`
	ModifiedBy             *string         `json:"modified_by" db:"modified_by"`
	ModifiedTime           *time.Time      `json:"modified_time" db:"modified_time"`
	Actions                json.RawMessage `json:"actions" db:"actions"`
	Name                   string          `json:"name" db:"name"`
	CollectorAllOutput     bool            `json:"collector_all_output" db:"collector_all_output"`
	Enabled                bool            `json:"enabled" db:"enabled"`
	ContinueOnError        bool            `json:"continue_on_error" db:"continue_on_error"`
	AlertSeverity          string          `json:"alert_severity" db:"alert_severity"`
	EmailAlert             bool            `json:"email_alert" db:"email_alert"`
	TextAlert              bool            `json:"text_alert" db:"text_alert"`
	DashboardAlert         bool            `json:"dashboard_alert" db:"dashboard_alert"`
	TaskType               Type            `json:"task_type" db:"task_type"`
	WinTaskName            string          `json:"win_task_name" db:"win_task_name"`
	RunTimeDate            *time.Time      `json:"run_time_date" db:"run_time_date"`
	ExpireDate             *time.Time      `json:"expire_date" db:"expire_date"`
	DailyInterval          *int16          `json:"daily_interval" db:"daily_interval"`
	RunTimeBitWeekdays     *int32          `json:"run_time_bit_weekdays" db:"run_time_bit_weekdays"`
	WeeklyInterval         *int16          `json:"weekly_interval" db:"weekly_interval"`
	RunTimeMinute          *string         `json:"run_time_minute" db:"run_time_minute"`
	MonthlyDaysOfMonth     *int64          `json:"monthly_days_of_month" db:"monthly_days_of_month"`
	MonthlyMonthsOfYear    *int32          `json:"monthly_months_of_year" db:"monthly_months_of_year"`
	MonthlyWeeksOfMonth    *int16          `json:"monthly_weeks_of_month" db:"monthly_weeks_of_month"`
	TaskRepetitionDuration *string         `json:"task_repetition_duration" db:"task_repetition_duration"`
	TaskRepetitionInterval *string         `json:"task_repetition_interval" db:"task_repetition_interval"`
	StopTaskAtDurationEnd  bool            `json:"stop_task_at_duration_end" db:"stop_task_at_duration_end"`
	RandomTaskDelay        *string         `json:"random_task_delay" db:"random_task_delay"`
	RemoveIfNotScheduled   bool            `json:"remove_if_not_scheduled" db:"remove_if_not_scheduled"`
	RunASAPAfterMissed     bool            `json:"run_asap_after_missed" db:"run_asap_after_missed"`
	TaskInstancePolicy     int16           `json:"task_instance_policy" db:"task_instance_policy"`
	TaskSupportedPlatforms []string        `json:"task_supported_platforms" db:"task_supported_platforms"`
	ManagedByPolicy        bool            `json:"managed_by_policy" db:"managed_by_policy"`
	Agent                  *int32          `json:"agent" db:"agent"`
	Policy                 *int32          `json:"policy" db:"policy"`
	CustomField            *int32          `json:"custom_field" db:"custom_field"`
	AssignedCheck          *int32          `json:"assigned_check" db:"assigned_check"`
}

// New returns a task with the defaults of rest-2.md §2.1. The name under which Windows knows it is random.
func New() Definition {
	return Definition{
		Actions: json.RawMessage("[]"), Enabled: true, ContinueOnError: true, AlertSeverity: "info", TaskType: Manual,
		WinTaskName: randomName(), TaskInstancePolicy: 1, TaskSupportedPlatforms: []string{"windows"},
	}
}

// Result is the state of one task on one agent.
type Result struct {
	ID            int64      `json:"id" db:"id"`
	Retcode       *int64     `json:"retcode" db:"retcode"`
	Stdout        *string    `json:"stdout" db:"stdout"`
	Stderr        *string    `json:"stderr" db:"stderr"`
	ExecutionTime string     `json:"execution_time" db:"execution_time"`
	LastRun       *time.Time `json:"last_run" db:"last_run"`
	Status        Status     `json:"status" db:"status"`
	SyncStatus    SyncStatus `json:"sync_status" db:"sync_status"`
	LockedAt      *time.Time `json:"locked_at" db:"locked_at"`
	RunStatus     *string    `json:"run_status" db:"run_status"`
	Agent         int32      `json:"agent" db:"agent"`
	Task          int32      `json:"task" db:"task"`
}

// Action is one step of a task as the web client stores it; other keys are kept in the stored JSON.
type Action struct {
	Type       string   `json:"type"`
	Command    string   `json:"command"`
	Shell      string   `json:"shell"`
	Timeout    looseInt `json:"timeout"`
	Script     looseInt `json:"script"`
	ScriptArgs []string `json:"script_args"`
	EnvVars    []string `json:"env_vars"`
}
