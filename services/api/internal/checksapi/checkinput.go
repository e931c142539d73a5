package checksapi

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// checkFields are the fields that both a creation and an edit take.
type checkFields struct {
	Name               rest.Field[string]          `json:"name" rule:"null,blank,max=255,pattern=name"`
	EmailAlert         rest.Field[bool]            `json:"email_alert"`
	TextAlert          rest.Field[bool]            `json:"text_alert"`
	DashboardAlert     rest.Field[bool]            `json:"dashboard_alert"`
	FailsB4Alert       rest.Field[int32]           `json:"fails_b4_alert" rule:"min=0"`
	RunInterval        rest.Field[int32]           `json:"run_interval" rule:"min=0"`
	AlertSeverity      rest.Field[string]          `json:"alert_severity" rule:"null,blank,choices=info|warning|error"`
	ErrorThreshold     rest.Field[int32]           `json:"error_threshold" rule:"null,min=0,max=99"`
	WarningThreshold   rest.Field[int32]           `json:"warning_threshold" rule:"null,min=0,max=99"`
	Disk               rest.Field[string]          `json:"disk" rule:"null,blank,max=2"`
	IP                 rest.Field[string]          `json:"ip" rule:"null,blank,max=255"`
	Script             rest.Field[int32]           `json:"script" rule:"null,ref=script"`
	ScriptArgs         rest.Field[[]string]        `json:"script_args" rule:"null,item.blank,item.max=255"`
	EnvVars            rest.Field[[]string]        `json:"env_vars" rule:"null,item.blank"`
	InfoReturnCodes    rest.Field[[]int64]         `json:"info_return_codes" rule:"null"`
	WarningReturnCodes rest.Field[[]int64]         `json:"warning_return_codes" rule:"null"`
	SuccessReturnCodes rest.Field[[]int64]         `json:"success_return_codes" rule:"null,item.min=0"`
	Timeout            rest.Field[int32]           `json:"timeout" rule:"null,min=0"`
	SvcName            rest.Field[string]          `json:"svc_name" rule:"null,blank,max=255"`
	SvcDisplayName     rest.Field[string]          `json:"svc_display_name" rule:"null,blank,max=255"`
	PassIfStartPending rest.Field[bool]            `json:"pass_if_start_pending" rule:"null"`
	PassIfSvcNotExist  rest.Field[bool]            `json:"pass_if_svc_not_exist"`
	RestartIfStopped   rest.Field[bool]            `json:"restart_if_stopped" rule:"null"`
	SvcPolicyMode      rest.Field[string]          `json:"svc_policy_mode" rule:"null,blank,max=20"`
	LogName            rest.Field[string]          `json:"log_name" rule:"null,blank,choices=Application|System|Security"`
	EventID            rest.Field[json.RawMessage] `json:"event_id" rule:"null" doc:"an integer, or anything while event_id_is_wildcard is true"`
	EventIDIsWildcard  rest.Field[bool]            `json:"event_id_is_wildcard"`
	EventType          rest.Field[string]          `json:"event_type" rule:"null,blank,choices=INFO|WARNING|ERROR|AUDIT_SUCCESS|AUDIT_FAILURE"`
	EventSource        rest.Field[string]          `json:"event_source" rule:"null,blank,max=255"`
	EventMessage       rest.Field[string]          `json:"event_message" rule:"null,blank"`
	FailWhen           rest.Field[string]          `json:"fail_when" rule:"null,blank,choices=contains|not_contains"`
	SearchLastDays     rest.Field[int32]           `json:"search_last_days" rule:"null,min=0"`
	NumberOfEvents     rest.Field[int32]           `json:"number_of_events_b4_alert" rule:"null,min=0"`
	ManagedByPolicy    rest.Field[bool]            `json:"managed_by_policy"`
}

// createCheckInput is a new check: agent is the agent's text id.
type createCheckInput struct {
	Agent     rest.Field[string] `json:"agent" rule:"null,blank" doc:"agent_id of the agent that gets the check"`
	Policy    rest.Field[int32]  `json:"policy" rule:"null,ref=policy"`
	CheckType rest.Field[string] `json:"check_type" rule:"required,choices=diskspace|ping|cpuload|memory|winsvc|script|eventlog"`
	checkFields
}

// Validate refuses an event id that is no number, unless any event matches.
func (in *createCheckInput) Validate(errs *rest.Errors) { in.validateEvent(errs) }

// editCheckInput is a change of a check; its type and owner never change.
type editCheckInput struct{ checkFields }

// Validate refuses an event id that is no number, unless any event matches.
func (in *editCheckInput) Validate(errs *rest.Errors) { in.validateEvent(errs) }

func (in *checkFields) validateEvent(errs *rest.Errors) {
	if in.EventIDIsWildcard.Value || !in.EventID.Present() {
		return
	}
	if _, ok := eventNumber(in.EventID.Value); !ok {
		errs.Add("event_id", "A valid integer is required.")
	}
}

// eventNumber reads a number or numeric text.
func eventNumber(raw json.RawMessage) (int32, bool) {
	text := strings.TrimSpace(strings.Trim(string(raw), `"`))
	n, err := strconv.ParseInt(text, 10, 32)
	return int32(n), err == nil
}

// apply writes what was sent to the definition.
func (in *checkFields) apply(d *checks.Definition) {
	in.Name.ApplyNull(&d.Name)
	in.EmailAlert.Apply(&d.EmailAlert)
	in.TextAlert.Apply(&d.TextAlert)
	in.DashboardAlert.Apply(&d.DashboardAlert)
	in.FailsB4Alert.Apply(&d.FailsB4Alert)
	in.RunInterval.Apply(&d.RunInterval)
	if in.AlertSeverity.Set {
		d.AlertSeverity = (*checks.Severity)(in.AlertSeverity.Ptr())
	}
	in.ErrorThreshold.ApplyNull(&d.ErrorThreshold)
	in.WarningThreshold.ApplyNull(&d.WarningThreshold)
	in.Disk.ApplyNull(&d.Disk)
	in.IP.ApplyNull(&d.IP)
	in.Script.ApplyNull(&d.Script)
	applyList(in.ScriptArgs, &d.ScriptArgs)
	applyList(in.EnvVars, &d.EnvVars)
	applyList(in.InfoReturnCodes, &d.InfoReturnCodes)
	applyList(in.WarningReturnCodes, &d.WarningReturnCodes)
	applyList(in.SuccessReturnCodes, &d.SuccessReturnCodes)
	in.Timeout.ApplyNull(&d.Timeout)
	in.SvcName.ApplyNull(&d.SvcName)
	in.SvcDisplayName.ApplyNull(&d.SvcDisplayName)
	in.PassIfStartPending.ApplyNull(&d.PassIfStartPending)
	in.PassIfSvcNotExist.Apply(&d.PassIfSvcNotExist)
	in.RestartIfStopped.ApplyNull(&d.RestartIfStopped)
	in.SvcPolicyMode.ApplyNull(&d.SvcPolicyMode)
	in.applyEvents(d)
	in.ManagedByPolicy.Apply(&d.ManagedByPolicy)
}

func (in *checkFields) applyEvents(d *checks.Definition) {
	in.LogName.ApplyNull(&d.LogName)
	in.EventIDIsWildcard.Apply(&d.EventIDIsWildcard)
	switch {
	case in.EventIDIsWildcard.Value:
		zero := int32(0) // all wildcards share the id 0 (domain.md §1.4)
		d.EventID = &zero
	case in.EventID.Present():
		if n, ok := eventNumber(in.EventID.Value); ok {
			d.EventID = &n
		}
	case in.EventID.Set:
		d.EventID = nil
	}
	in.EventType.ApplyNull(&d.EventType)
	in.EventSource.ApplyNull(&d.EventSource)
	in.EventMessage.ApplyNull(&d.EventMessage)
	in.FailWhen.ApplyNull(&d.FailWhen)
	in.SearchLastDays.ApplyNull(&d.SearchLastDays)
	in.NumberOfEvents.ApplyNull(&d.NumberOfEvents)
}

// applyList writes a list, or the null, when the key was sent.
func applyList[T any](f rest.Field[[]T], dst *[]T) {
	switch {
	case f.Null:
		*dst = nil
	case f.Set && f.Value == nil:
		*dst = []T{}
	case f.Set:
		*dst = f.Value
	}
}
