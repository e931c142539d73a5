package agentwire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
)

// InstallerCheck is the body of POST /api/v3/installer/.
type InstallerCheck struct {
	Version string `json:"version"`
}

// MeshExeRequest is the body of POST /api/v3/meshexe/.
type MeshExeRequest struct {
	GoArch   string `json:"goarch"`
	Platform string `json:"plat"`
}

// FlexInt is an integer that may arrive as a number or as numeric text, as the site of a new agent does.
type FlexInt int64

// UnmarshalJSON implements json.Unmarshaler; null leaves the value unchanged.
func (n *FlexInt) UnmarshalJSON(data []byte) error {
	text := string(bytes.Trim(data, `"`))
	if text == "null" {
		return nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: integer wanted", ErrType)
	}
	*n = FlexInt(v)
	return nil
}

// NewAgentRequest is the body of POST /api/v3/newagent/.
type NewAgentRequest struct {
	AgentID        string  `json:"agent_id"`
	Hostname       string  `json:"hostname"`
	Site           FlexInt `json:"site"`
	MonitoringType string  `json:"monitoring_type"` // server or workstation
	MeshNodeID     string  `json:"mesh_node_id"`
	Description    string  `json:"description"`
	GoArch         string  `json:"goarch"`
	Platform       string  `json:"plat"`
}

// NewAgentResponse is the answer to a registration.
type NewAgentResponse struct {
	PK    int64  `json:"pk"`
	Token string `json:"token"`
}

// Config is the answer of GET /api/v3/<agent_id>/config/: exactly these 17 keys; intervals in seconds, each at least 1
// (deployed agents crash on less).
type Config struct {
	Hello                  int    `json:"checkin_hello"`
	AgentInfo              int    `json:"checkin_agentinfo"`
	WinServices            int    `json:"checkin_winsvc"`
	PublicIP               int    `json:"checkin_pubip"`
	Disks                  int    `json:"checkin_disks"`
	Software               int    `json:"checkin_sw"`
	WMI                    int    `json:"checkin_wmi"`
	SyncMesh               int    `json:"checkin_syncmesh"`
	LimitData              bool   `json:"limit_data"`
	InstallNushell         bool   `json:"install_nushell"`
	InstallNushellVersion  string `json:"install_nushell_version"`
	InstallNushellURL      string `json:"install_nushell_url"`
	NushellEnableConfig    bool   `json:"nushell_enable_config"`
	InstallDeno            bool   `json:"install_deno"`
	InstallDenoVersion     string `json:"install_deno_version"`
	InstallDenoURL         string `json:"install_deno_url"`
	DenoDefaultPermissions string `json:"deno_default_permissions"`
}

// Valid reports whether every interval is at least one second.
func (c Config) Valid() bool {
	return min(c.Hello, c.AgentInfo, c.WinServices, c.PublicIP, c.Disks, c.Software, c.WMI, c.SyncMesh) >= 1
}

// Range is an inclusive range of seconds from which an interval is drawn.
type Range struct{ Min, Max int }

// Draw picks a number of the range. It spreads load, so that it need not be hard to guess.
func (r Range) Draw() int { return r.Min + rand.IntN(r.Max-r.Min+1) }

// Ranges are the ranges of the check-in intervals.
type Ranges struct {
	Hello, AgentInfo, WinServices, PublicIP, Disks, Software, WMI, SyncMesh Range
}

// DefaultRanges are those of the contract (agent-protocol.md §2.5).
func DefaultRanges() Ranges {
	return Ranges{
		Hello:       Range{30, 60},
		AgentInfo:   Range{200, 400},
		WinServices: Range{2400, 3000},
		PublicIP:    Range{300, 500},
		Disks:       Range{1000, 2000},
		Software:    Range{2800, 3500},
		WMI:         Range{3000, 4000},
		SyncMesh:    Range{800, 1200},
	}
}

// Draw returns the configuration with intervals drawn anew.
func (r Ranges) Draw(c Config) Config {
	c.Hello, c.AgentInfo, c.WinServices, c.PublicIP = r.Hello.Draw(), r.AgentInfo.Draw(), r.WinServices.Draw(), r.PublicIP.Draw()
	c.Disks, c.Software, c.WMI, c.SyncMesh = r.Disks.Draw(), r.Software.Draw(), r.WMI.Draw(), r.SyncMesh.Draw()
	return c
}

// AgentRef is the body of POST /api/v3/checkin/.
type AgentRef struct {
	AgentID string `json:"agent_id"`
}

// SyncMesh is the body of POST /api/v3/syncmesh/.
type SyncMesh struct {
	Func        string `json:"func"`
	AgentID     string `json:"agent_id"`
	NodeID      string `json:"nodeid"`
	RunSyncTask bool   `json:"run_sync_task,omitempty"`
}

// SoftwareReport is the body of POST /api/v3/software/.
type SoftwareReport struct {
	AgentID  string     `json:"agent_id"`
	Software []Software `json:"software"`
}

// ChocoReport is the body of POST /api/v3/choco/.
type ChocoReport struct {
	AgentID   string `json:"agent_id"`
	Installed bool   `json:"installed"`
}

// WindowsUpdate is one update of a scan.
type WindowsUpdate struct {
	Title          string   `json:"title"`
	Description    string   `json:"description"`
	Categories     []string `json:"categories"`
	CategoryIDs    []string `json:"category_ids"`
	KBArticleIDs   []string `json:"kb_article_ids"`
	MoreInfoURLs   []string `json:"more_info_urls"`
	SupportURL     string   `json:"support_url"`
	GUID           string   `json:"guid"`
	RevisionNumber int64    `json:"revision_number"`
	Severity       string   `json:"severity"`
	Installed      bool     `json:"installed"`
	Downloaded     bool     `json:"downloaded"`
}

// UpdateScan is the body of POST /api/v3/winupdates/.
type UpdateScan struct {
	AgentID string          `json:"agent_id"`
	Updates []WindowsUpdate `json:"wua_updates"`
}

// UpdateResult is the body of PATCH /api/v3/winupdates/.
type UpdateResult struct {
	AgentID string `json:"agent_id"`
	GUID    string `json:"guid"`
	Success bool   `json:"success"`
}

// UpdatesDone is the body of PUT /api/v3/winupdates/.
type UpdatesDone struct {
	AgentID     string `json:"agent_id"`
	NeedsReboot bool   `json:"needs_reboot"`
}

// Superseded is the body of POST /api/v3/superseded/.
type Superseded struct {
	AgentID string `json:"agent_id"`
	GUID    string `json:"guid"`
}

// TaskRun is the answer of GET /api/v3/<task_pk>/<agent_id>/taskrunner/.
type TaskRun struct {
	ID              int          `json:"id"`
	ContinueOnError bool         `json:"continue_on_error"`
	Enabled         bool         `json:"enabled"`
	Actions         []TaskAction `json:"task_actions"`
}

// TaskAction is one step of a task. Type is "cmd" or "script".
type TaskAction struct {
	Type                   string   `json:"type"`
	Command                string   `json:"command,omitempty"`
	Shell                  string   `json:"shell"`
	Timeout                int      `json:"timeout"`
	ScriptName             string   `json:"script_name,omitempty"`
	Code                   string   `json:"code,omitempty"`
	ScriptArgs             []string `json:"script_args,omitempty"`
	RunAsUser              bool     `json:"run_as_user,omitempty"`
	EnvVars                []string `json:"env_vars,omitempty"`
	NushellEnableConfig    bool     `json:"nushell_enable_config,omitempty"`
	DenoDefaultPermissions string   `json:"deno_default_permissions,omitempty"`
}

// TaskResult is the body of PATCH /api/v3/<task_pk>/<agent_id>/taskrunner/.
type TaskResult struct {
	Stdout        string  `json:"stdout"`
	Stderr        string  `json:"stderr"`
	RetCode       int64   `json:"retcode"`
	ExecutionTime float64 `json:"execution_time"` // seconds
}

// HistoryResult is the body of PATCH /api/v3/<history_pk>/<agent_id>/histresult/: one of the two keys is set.
type HistoryResult struct {
	Results       *string       `json:"results,omitempty"`
	ScriptResults *ScriptResult `json:"script_results,omitempty"`
}

// ChocoResult is the body of PATCH /api/v4/<agent_id>/<pending_action_pk>/chocoresult/.
type ChocoResult struct {
	Results string `json:"results"`
}

// HeaderResultID carries a UUID that stays the same when an agent posts the same result again, so that the server can
// tell a repetition from a new result. Deployed agents do not send it.
const HeaderResultID = "X-Result-Id"

var _ json.Unmarshaler = (*FlexInt)(nil)
