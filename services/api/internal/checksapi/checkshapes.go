package checksapi

import (
	"encoding/json"

	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// CheckResult is the state of a check on an agent (rest-2.md §3.1).
type CheckResult struct {
	ID            int64            `json:"id"`
	Status        checks.Status    `json:"status"`
	AlertSeverity *checks.Severity `json:"alert_severity"`
	MoreInfo      *string          `json:"more_info"`
	LastRun       *rest.Time       `json:"last_run"`
	FailCount     int32            `json:"fail_count"`
	OutageHistory json.RawMessage  `json:"outage_history"`
	ExtraDetails  json.RawMessage  `json:"extra_details"`
	Stdout        *string          `json:"stdout"`
	Stderr        *string          `json:"stderr"`
	Retcode       *int64           `json:"retcode"`
	ExecutionTime *string          `json:"execution_time"`
	History       []int32          `json:"history" nullable:"true"`
	Agent         int32            `json:"agent"`
	AssignedCheck int32            `json:"assigned_check"`
}

func toResult(r *checks.Result) *CheckResult {
	if r == nil {
		return nil
	}
	return &CheckResult{
		ID: r.ID, Status: r.Status, AlertSeverity: r.AlertSeverity, MoreInfo: r.MoreInfo, LastRun: rest.AtPtr(r.LastRun),
		FailCount: r.FailCount, OutageHistory: orNull(r.OutageHistory), ExtraDetails: orNull(r.ExtraDetails), Stdout: r.Stdout,
		Stderr: r.Stderr, Retcode: r.Retcode, ExecutionTime: r.ExecutionTime, History: r.History, Agent: r.Agent,
		AssignedCheck: r.AssignedCheck,
	}
}

func orNull(v checks.RawJSON) json.RawMessage {
	if len(v) == 0 {
		return json.RawMessage("null")
	}
	return json.RawMessage(v)
}

// CheckAlertTemplate holds the switches of the agent's alert template that concern checks.
type CheckAlertTemplate = checks.AlertFlags

// Check is a check (rest-2.md §3.1).
type Check struct {
	ID                 int32                `json:"id"`
	ReadableDesc       string               `json:"readable_desc"`
	AssignedTasks      []TaskPlain          `json:"assignedtasks"`
	AlertTemplate      *CheckAlertTemplate  `json:"alert_template"`
	CheckResult        OrEmpty[CheckResult] `json:"check_result"`
	CreatedBy          *string              `json:"created_by"`
	CreatedTime        *rest.Time           `json:"created_time"`
	ModifiedBy         *string              `json:"modified_by"`
	ModifiedTime       *rest.Time           `json:"modified_time"`
	OverriddenByPolicy bool                 `json:"overridden_by_policy"`
	Name               *string              `json:"name"`
	CheckType          checks.Type          `json:"check_type"`
	EmailAlert         bool                 `json:"email_alert"`
	TextAlert          bool                 `json:"text_alert"`
	DashboardAlert     bool                 `json:"dashboard_alert"`
	FailsB4Alert       int32                `json:"fails_b4_alert"`
	RunInterval        int32                `json:"run_interval"`
	AlertSeverity      *checks.Severity     `json:"alert_severity"`
	ErrorThreshold     *int32               `json:"error_threshold"`
	WarningThreshold   *int32               `json:"warning_threshold"`
	Disk               *string              `json:"disk"`
	IP                 *string              `json:"ip"`
	ScriptArgs         []string             `json:"script_args" nullable:"true"`
	EnvVars            []string             `json:"env_vars" nullable:"true"`
	InfoReturnCodes    []int64              `json:"info_return_codes" nullable:"true"`
	WarningReturnCodes []int64              `json:"warning_return_codes" nullable:"true"`
	SuccessReturnCodes []int64              `json:"success_return_codes" nullable:"true"`
	Timeout            *int32               `json:"timeout"`
	SvcName            *string              `json:"svc_name"`
	SvcDisplayName     *string              `json:"svc_display_name"`
	PassIfStartPending *bool                `json:"pass_if_start_pending"`
	PassIfSvcNotExist  bool                 `json:"pass_if_svc_not_exist"`
	RestartIfStopped   *bool                `json:"restart_if_stopped"`
	SvcPolicyMode      *string              `json:"svc_policy_mode"`
	LogName            *string              `json:"log_name"`
	EventID            *int32               `json:"event_id"`
	EventIDIsWildcard  bool                 `json:"event_id_is_wildcard"`
	EventType          *string              `json:"event_type"`
	EventSource        *string              `json:"event_source"`
	EventMessage       *string              `json:"event_message"`
	FailWhen           *string              `json:"fail_when"`
	SearchLastDays     *int32               `json:"search_last_days"`
	NumberOfEvents     *int32               `json:"number_of_events_b4_alert"`
	ManagedByPolicy    bool                 `json:"managed_by_policy"`
	Agent              *int32               `json:"agent"`
	Policy             *int32               `json:"policy"`
	Script             *int32               `json:"script"`
}

func toCheck(v *checks.View, assigned []TaskPlain) Check {
	d := &v.Definition
	if assigned == nil {
		assigned = []TaskPlain{}
	}
	return Check{
		ID: d.ID, ReadableDesc: v.Description, AssignedTasks: assigned, AlertTemplate: v.Template,
		CheckResult: OrEmpty[CheckResult]{toResult(v.Result)}, CreatedBy: d.CreatedBy, CreatedTime: rest.AtPtr(d.CreatedTime),
		ModifiedBy: d.ModifiedBy, ModifiedTime: rest.AtPtr(d.ModifiedTime), OverriddenByPolicy: d.OverriddenByPolicy,
		Name: d.Name, CheckType: d.CheckType, EmailAlert: d.EmailAlert, TextAlert: d.TextAlert, DashboardAlert: d.DashboardAlert,
		FailsB4Alert: d.FailsB4Alert, RunInterval: d.RunInterval, AlertSeverity: d.AlertSeverity, ErrorThreshold: d.ErrorThreshold,
		WarningThreshold: d.WarningThreshold, Disk: d.Disk, IP: d.IP, ScriptArgs: d.ScriptArgs, EnvVars: d.EnvVars,
		InfoReturnCodes: d.InfoReturnCodes, WarningReturnCodes: d.WarningReturnCodes, SuccessReturnCodes: d.SuccessReturnCodes,
		Timeout: d.Timeout, SvcName: d.SvcName, SvcDisplayName: d.SvcDisplayName, PassIfStartPending: d.PassIfStartPending,
		PassIfSvcNotExist: d.PassIfSvcNotExist, RestartIfStopped: d.RestartIfStopped, SvcPolicyMode: d.SvcPolicyMode,
		LogName: d.LogName, EventID: d.EventID, EventIDIsWildcard: d.EventIDIsWildcard, EventType: d.EventType,
		EventSource: d.EventSource, EventMessage: d.EventMessage, FailWhen: d.FailWhen, SearchLastDays: d.SearchLastDays,
		NumberOfEvents: d.NumberOfEvents, ManagedByPolicy: d.ManagedByPolicy, Agent: d.Agent, Policy: d.Policy, Script: d.Script,
	}
}

// CheckStatus is the result of a policy's check on one agent.
type CheckStatus struct {
	CheckResult
	Hostname string `json:"hostname"`
}

// CheckPoint is one row of a check's history; results is an object, a text or null by the type of the check.
type CheckPoint struct {
	X       rest.Time       `json:"x"`
	Y       *int32          `json:"y"`
	Results json.RawMessage `json:"results"`
}
