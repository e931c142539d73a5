package agentwire

import "encoding/json"

// Types of checks.
const (
	CheckDiskSpace = "diskspace"
	CheckPing      = "ping"
	CheckCPULoad   = "cpuload"
	CheckMemory    = "memory"
	CheckWinSvc    = "winsvc"
	CheckScript    = "script"
	CheckEventLog  = "eventlog"
)

// Check states as an agent reports them.
const (
	StatusPassing = "passing"
	StatusFailing = "failing"
)

// CheckInterval is the answer of GET /api/v3/<agent_id>/checkinterval/; the interval is in seconds and at least 1.
type CheckInterval struct {
	Agent         int64 `json:"agent"`
	CheckInterval int   `json:"check_interval"`
}

// CheckRun is the answer of GET checkrunner and runchecks as an agent reads it. Checks stay undecoded, because one with
// a wrong type must not cost the agent the others.
type CheckRun struct {
	Agent         int64             `json:"agent"`
	CheckInterval int               `json:"check_interval"`
	Checks        []json.RawMessage `json:"checks"`
}

// CheckList is the same answer as a server writes it.
type CheckList struct {
	Agent         int64   `json:"agent"`
	CheckInterval int     `json:"check_interval"`
	Checks        []Check `json:"checks"`
}

// Check is one check on the wire, with exactly the keys of agent-protocol.md §4.6. Pointers are null on the wire.
type Check struct {
	ID                    int64            `json:"id"`
	Script                *CheckScriptBody `json:"script"`
	ScriptArgs            []string         `json:"script_args"`
	EnvVars               []string         `json:"env_vars"`
	CheckType             string           `json:"check_type"`
	RunInterval           int              `json:"run_interval"` // seconds, 0 = the agent's interval
	AlertSeverity         *string          `json:"alert_severity"`
	ErrorThreshold        *int             `json:"error_threshold"`
	WarningThreshold      *int             `json:"warning_threshold"`
	Disk                  *string          `json:"disk"`
	IP                    *string          `json:"ip"`
	InfoReturnCodes       []int64          `json:"info_return_codes"`
	WarningReturnCodes    []int64          `json:"warning_return_codes"`
	SuccessReturnCodes    []int64          `json:"success_return_codes"`
	Timeout               *int             `json:"timeout"` // seconds
	SvcName               *string          `json:"svc_name"`
	PassIfStartPending    *bool            `json:"pass_if_start_pending"`
	PassIfSvcNotExist     bool             `json:"pass_if_svc_not_exist"`
	RestartIfStopped      *bool            `json:"restart_if_stopped"`
	LogName               *string          `json:"log_name"`
	EventID               *int             `json:"event_id"`
	EventIDIsWildcard     bool             `json:"event_id_is_wildcard"`
	EventType             *string          `json:"event_type"`
	EventSource           *string          `json:"event_source"`
	EventMessage          *string          `json:"event_message"`
	FailWhen              *string          `json:"fail_when"`
	SearchLastDays        *int             `json:"search_last_days"`
	NumberOfEventsB4Alert *int             `json:"number_of_events_b4_alert"`
	ManagedByPolicy       bool             `json:"managed_by_policy"`
	Agent                 *int64           `json:"agent"`

	// Read by agents, optional for a server (agent-protocol.md §4.6).
	NushellEnableConfig    bool   `json:"nushell_enable_config,omitempty"`
	DenoDefaultPermissions string `json:"deno_default_permissions,omitempty"`
}

// CheckScriptBody is the script of a script check.
type CheckScriptBody struct {
	Code       string   `json:"code"`
	Shell      string   `json:"shell"`
	RunAsUser  bool     `json:"run_as_user"`
	EnvVars    []string `json:"env_vars"`
	ScriptHash *string  `json:"script_hash"`
}

// CheckResult is the union of the bodies of PATCH /api/v3/checkrunner/ as a server reads them. Which fields are set
// depends on the type of the check; a pointer tells an absent field from a zero.
type CheckResult struct {
	ID          int64           `json:"id"`
	AgentID     *string         `json:"agent_id"`
	MoreInfo    *string         `json:"more_info,omitempty"`
	PercentUsed *float64        `json:"percent_used,omitempty"`
	Exists      *bool           `json:"exists,omitempty"`
	Percent     *float64        `json:"percent,omitempty"`
	Status      *string         `json:"status,omitempty"`
	Output      *string         `json:"output,omitempty"`
	Stdout      *string         `json:"stdout,omitempty"`
	Stderr      *string         `json:"stderr,omitempty"`
	RetCode     *int64          `json:"retcode,omitempty"`
	Runtime     *float64        `json:"runtime,omitempty"` // seconds
	Log         []EventLogEntry `json:"log,omitempty"`
}

// DiskSpaceResult is posted for a diskspace check.
type DiskSpaceResult struct {
	ID          int64   `json:"id"`
	AgentID     string  `json:"agent_id"`
	MoreInfo    string  `json:"more_info"`
	PercentUsed float64 `json:"percent_used"`
	Exists      bool    `json:"exists"`
}

// PercentResult is posted for a cpuload or memory check.
type PercentResult struct {
	ID      int64  `json:"id"`
	AgentID string `json:"agent_id"`
	Percent int    `json:"percent"`
}

// PingResult is posted for a ping check.
type PingResult struct {
	ID      int64  `json:"id"`
	AgentID string `json:"agent_id"`
	Status  string `json:"status"`
	Output  string `json:"output"`
}

// WinSvcResult is posted for a winsvc check.
type WinSvcResult struct {
	ID       int64  `json:"id"`
	AgentID  string `json:"agent_id"`
	MoreInfo string `json:"more_info"`
	Status   string `json:"status"`
}

// ScriptCheckResult is posted for a script check.
type ScriptCheckResult struct {
	ID      int64   `json:"id"`
	AgentID string  `json:"agent_id"`
	Stdout  string  `json:"stdout"`
	Stderr  string  `json:"stderr"`
	RetCode int64   `json:"retcode"`
	Runtime float64 `json:"runtime"` // seconds
}

// EventLogResult is posted for an eventlog check.
type EventLogResult struct {
	ID      int64           `json:"id"`
	AgentID string          `json:"agent_id"`
	Log     []EventLogEntry `json:"log"`
}
