// Package checks owns monitoring checks: their definitions on agents and policies, what an agent is told to run, how a
// reported value becomes a status (domain.md §4), the history behind the graphs and the per-agent counters.
package checks

import "time"

// Type is the kind of a check.
type Type string

// The check types, in the order in which policy checks are listed (domain.md §3.2).
const (
	DiskSpace Type = "diskspace"
	Ping      Type = "ping"
	CPULoad   Type = "cpuload"
	Memory    Type = "memory"
	WinSvc    Type = "winsvc"
	Script    Type = "script"
	EventLog  Type = "eventlog"
)

// Types returns every check type in listing order.
func Types() []Type {
	return []Type{DiskSpace, Ping, CPULoad, Memory, WinSvc, Script, EventLog}
}

// Valid says whether t is one of the seven types.
func (t Type) Valid() bool {
	switch t {
	case DiskSpace, Ping, CPULoad, Memory, WinSvc, Script, EventLog:
		return true
	default:
		return false
	}
}

// DynamicSeverity says whether the severity of a failure follows from the reported value (thresholds, return codes)
// and is kept with the result, instead of being fixed in the definition (domain.md §2.6).
func (t Type) DynamicSeverity() bool {
	switch t {
	case DiskSpace, CPULoad, Memory, Script:
		return true
	default:
		return false
	}
}

// Status is the state of a check on one agent.
type Status string

// The states of a result.
const (
	Passing Status = "passing"
	Failing Status = "failing"
	Pending Status = "pending"
)

// Severity says how bad a failure is.
type Severity string

// The severities.
const (
	Info    Severity = "info"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// FailWhen says which way round an event log check works.
type FailWhen string

// The two directions of an event log check.
const (
	Contains    FailWhen = "contains"
	NotContains FailWhen = "not_contains"
)

// Definition is a check as stored. Field meaning and defaults are those of domain.md §1.4; the JSON form is the plain
// row that audit entries keep.
type Definition struct {
	ID                 int32      `json:"id" db:"id"`
	CreatedBy          *string    `json:"created_by" db:"created_by"`
	CreatedTime        *time.Time `json:"created_time" db:"created_time"`
	ModifiedBy         *string    `json:"modified_by" db:"modified_by"`
	ModifiedTime       *time.Time `json:"modified_time" db:"modified_time"`
	OverriddenByPolicy bool       `json:"overridden_by_policy" db:"overridden_by_policy"`
	Name               *string    `json:"name" db:"name"`
	CheckType          Type       `json:"check_type" db:"check_type"`
	EmailAlert         bool       `json:"email_alert" db:"email_alert"`
	TextAlert          bool       `json:"text_alert" db:"text_alert"`
	DashboardAlert     bool       `json:"dashboard_alert" db:"dashboard_alert"`
	FailsB4Alert       int32      `json:"fails_b4_alert" db:"fails_b4_alert"`
	RunInterval        int32      `json:"run_interval" db:"run_interval"`
	AlertSeverity      *Severity  `json:"alert_severity" db:"alert_severity"`
	ErrorThreshold     *int32     `json:"error_threshold" db:"error_threshold"`
	WarningThreshold   *int32     `json:"warning_threshold" db:"warning_threshold"`
	Disk               *string    `json:"disk" db:"disk"`
	IP                 *string    `json:"ip" db:"ip"`
	ScriptArgs         []string   `json:"script_args" db:"script_args"`
	EnvVars            []string   `json:"env_vars" db:"env_vars"`
	InfoReturnCodes    []int64    `json:"info_return_codes" db:"info_return_codes"`
	WarningReturnCodes []int64    `json:"warning_return_codes" db:"warning_return_codes"`
	SuccessReturnCodes []int64    `json:"success_return_codes" db:"success_return_codes"`
	Timeout            *int32     `json:"timeout" db:"timeout"`
	SvcName            *string    `json:"svc_name" db:"svc_name"`
	SvcDisplayName     *string    `json:"svc_display_name" db:"svc_display_name"`
	PassIfStartPending *bool      `json:"pass_if_start_pending" db:"pass_if_start_pending"`
	PassIfSvcNotExist  bool       `json:"pass_if_svc_not_exist" db:"pass_if_svc_not_exist"`
	RestartIfStopped   *bool      `json:"restart_if_stopped" db:"restart_if_stopped"`
	SvcPolicyMode      *string    `json:"svc_policy_mode" db:"svc_policy_mode"`
	LogName            *string    `json:"log_name" db:"log_name"`
	EventID            *int32     `json:"event_id" db:"event_id"`
	EventIDIsWildcard  bool       `json:"event_id_is_wildcard" db:"event_id_is_wildcard"`
	EventType          *string    `json:"event_type" db:"event_type"`
	EventSource        *string    `json:"event_source" db:"event_source"`
	EventMessage       *string    `json:"event_message" db:"event_message"`
	FailWhen           *string    `json:"fail_when" db:"fail_when"`
	SearchLastDays     *int32     `json:"search_last_days" db:"search_last_days"`
	NumberOfEvents     *int32     `json:"number_of_events_b4_alert" db:"number_of_events_b4_alert"`
	ManagedByPolicy    bool       `json:"managed_by_policy" db:"managed_by_policy"`
	Agent              *int32     `json:"agent" db:"agent"`
	Policy             *int32     `json:"policy" db:"policy"`
	Script             *int32     `json:"script" db:"script"`
}

// Result is the state of one check on one agent (rest-2.md §3.1 CheckResult).
type Result struct {
	ID            int64      `json:"id" db:"id"`
	Status        Status     `json:"status" db:"status"`
	AlertSeverity *Severity  `json:"alert_severity" db:"alert_severity"`
	MoreInfo      *string    `json:"more_info" db:"more_info"`
	LastRun       *time.Time `json:"last_run" db:"last_run"`
	FailCount     int32      `json:"fail_count" db:"fail_count"`
	OutageHistory RawJSON    `json:"outage_history" db:"outage_history"`
	ExtraDetails  RawJSON    `json:"extra_details" db:"extra_details"`
	Stdout        *string    `json:"stdout" db:"stdout"`
	Stderr        *string    `json:"stderr" db:"stderr"`
	Retcode       *int64     `json:"retcode" db:"retcode"`
	ExecutionTime *string    `json:"execution_time" db:"execution_time"`
	History       []int32    `json:"history" db:"history"`
	Agent         int32      `json:"agent" db:"agent"`
	AssignedCheck int32      `json:"assigned_check" db:"assigned_check"`
}

// RawJSON is a stored JSON value passed through as it is; empty means null.
type RawJSON []byte

// MarshalJSON writes the value, or null when there is none.
func (r RawJSON) MarshalJSON() ([]byte, error) {
	if len(r) == 0 {
		return []byte("null"), nil
	}
	return r, nil
}

// UnmarshalJSON keeps a copy of the value.
func (r *RawJSON) UnmarshalJSON(b []byte) error {
	*r = append((*r)[:0], b...)
	return nil
}
