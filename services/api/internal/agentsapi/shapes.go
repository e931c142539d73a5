package agentsapi

import (
	"encoding/json"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// AuditCols are the stamps of an audited row.
type AuditCols struct {
	CreatedBy    *string    `json:"created_by"`
	CreatedTime  *rest.Time `json:"created_time"`
	ModifiedBy   *string    `json:"modified_by"`
	ModifiedTime *rest.Time `json:"modified_time"`
}

// CustomValue is a custom value of an agent. Value is a list, a boolean, a text or null.
type CustomValue struct {
	ID    int32 `json:"id"`
	Field int32 `json:"field"`
	Agent int32 `json:"agent"`
	Value any   `json:"value"`
}

// PatchPolicy is a WinUpdatePolicy (rest-1.md §2).
type PatchPolicy struct {
	ID                     int32   `json:"id"`
	Critical               string  `json:"critical"`
	Important              string  `json:"important"`
	Moderate               string  `json:"moderate"`
	Low                    string  `json:"low"`
	Other                  string  `json:"other"`
	RunTimeHour            int32   `json:"run_time_hour"`
	RunTimeFrequency       string  `json:"run_time_frequency"`
	RunTimeDays            []int32 `json:"run_time_days"`
	RunTimeDay             int32   `json:"run_time_day"`
	RebootAfterInstall     string  `json:"reboot_after_install"`
	ReprocessFailedInherit bool    `json:"reprocess_failed_inherit"`
	ReprocessFailed        bool    `json:"reprocess_failed"`
	ReprocessFailedTimes   int32   `json:"reprocess_failed_times"`
	EmailIfFail            bool    `json:"email_if_fail"`
	Agent                  *int32  `json:"agent"`
	Policy                 *int32  `json:"policy"`
	AuditCols
}

func toPatchPolicy(p *agents.PatchPolicy) PatchPolicy {
	return PatchPolicy{
		ID: p.ID, Critical: p.Critical, Important: p.Important, Moderate: p.Moderate, Low: p.Low, Other: p.Other,
		RunTimeHour: p.RunTimeHour, RunTimeFrequency: p.RunTimeFrequency, RunTimeDays: listOf(p.RunTimeDays), RunTimeDay: p.RunTimeDay,
		RebootAfterInstall: p.RebootAfterInstall, ReprocessFailedInherit: p.ReprocessFailedInherit, ReprocessFailed: p.ReprocessFailed,
		ReprocessFailedTimes: p.ReprocessFailedTimes, EmailIfFail: p.EmailIfFail, Agent: p.AgentID, Policy: p.PolicyID,
		AuditCols: AuditCols{p.CreatedBy, rest.AtPtr(p.CreatedTime), p.ModifiedBy, rest.AtPtr(p.ModifiedTime)},
	}
}

// PolicyObject is an automation policy (rest-1.md §2).
type PolicyObject struct {
	ID              int32   `json:"id"`
	Name            string  `json:"name"`
	Desc            *string `json:"desc"`
	Active          bool    `json:"active"`
	Enforced        bool    `json:"enforced"`
	AlertTemplate   *int32  `json:"alert_template"`
	ExcludedSites   []int32 `json:"excluded_sites"`
	ExcludedClients []int32 `json:"excluded_clients"`
	ExcludedAgents  []int32 `json:"excluded_agents"`
	AuditCols
}

func toPolicy(p *agents.Policy) *PolicyObject {
	if p == nil {
		return nil
	}
	return &PolicyObject{
		ID: p.ID, Name: p.Name, Desc: p.Desc, Active: p.Active, Enforced: p.Enforced, AlertTemplate: p.AlertTemplateID,
		ExcludedSites: listOf(p.ExcludedSites), ExcludedClients: listOf(p.ExcludedClients), ExcludedAgents: listOf(p.ExcludedAgents),
		AuditCols: AuditCols{p.CreatedBy, rest.AtPtr(p.CreatedTime), p.ModifiedBy, rest.AtPtr(p.ModifiedTime)},
	}
}

// AppliedPolicies are the policies that reach an agent, by slot.
type AppliedPolicies struct {
	AgentPolicy   *PolicyObject `json:"agent_policy"`
	SitePolicy    *PolicyObject `json:"site_policy"`
	ClientPolicy  *PolicyObject `json:"client_policy"`
	DefaultPolicy *PolicyObject `json:"default_policy"`
}

// AgentDetail is everything about one agent (rest-1.md §2).
type AgentDetail struct {
	AgentID                string          `json:"agent_id"`
	Hostname               string          `json:"hostname"`
	Version                string          `json:"version"`
	Plat                   string          `json:"plat"`
	Goarch                 *string         `json:"goarch"`
	OperatingSystem        *string         `json:"operating_system"`
	Description            *string         `json:"description"`
	PublicIP               *string         `json:"public_ip"`
	MeshNodeID             *string         `json:"mesh_node_id"`
	Site                   int32           `json:"site"`
	SiteName               string          `json:"site_name"`
	Client                 string          `json:"client"`
	Policy                 *int32          `json:"policy"`
	MonitoringType         string          `json:"monitoring_type"`
	Status                 agents.Status   `json:"status"`
	LastSeen               *rest.Time      `json:"last_seen"`
	BootTime               *float64        `json:"boot_time"`
	LoggedInUsername       *string         `json:"logged_in_username"`
	LastLoggedInUser       *string         `json:"last_logged_in_user"`
	NeedsReboot            bool            `json:"needs_reboot"`
	ChocoInstalled         bool            `json:"choco_installed"`
	PatchesLastInstalled   *rest.Time      `json:"patches_last_installed"`
	TotalRAM               *int32          `json:"total_ram"`
	Checks                 CheckCounts     `json:"checks"`
	Disks                  json.RawMessage `json:"disks"`
	Services               json.RawMessage `json:"services"`
	WMIDetail              json.RawMessage `json:"wmi_detail"`
	CPUModel               []string        `json:"cpu_model"`
	Graphics               string          `json:"graphics"`
	LocalIPs               string          `json:"local_ips"`
	MakeModel              string          `json:"make_model"`
	PhysicalDisks          []string        `json:"physical_disks"`
	OverdueEmailAlert      bool            `json:"overdue_email_alert"`
	OverdueTextAlert       bool            `json:"overdue_text_alert"`
	OverdueDashboardAlert  bool            `json:"overdue_dashboard_alert"`
	MaintenanceMode        bool            `json:"maintenance_mode"`
	BlockPolicyInheritance bool            `json:"block_policy_inheritance"`
	OfflineTime            int32           `json:"offline_time"`
	OverdueTime            int32           `json:"overdue_time"`
	CheckInterval          int32           `json:"check_interval"`
	TimeZone               *string         `json:"time_zone"`
	EffectiveTimeZone      string          `json:"timezone"`
	AllTimezones           []string        `json:"all_timezones"`
	DefaultShell           string          `json:"default_shell"`
	DefaultShellCustom     string          `json:"default_shell_custom"`
	EffectiveDefaultShell  string          `json:"effective_default_shell"`
	WinUpdatePolicy        []PatchPolicy   `json:"winupdatepolicy"`
	EffectivePatchPolicy   PatchPolicy     `json:"effective_patch_policy"`
	CustomFields           []CustomValue   `json:"custom_fields"`
	AlertTemplate          *AlertTemplate  `json:"alert_template"`
	AppliedPolicies        AppliedPolicies `json:"applied_policies"`
	AuditCols
}

// toDetail fills everything but what the settings of the product decide.
func toDetail(d *agents.Detail) AgentDetail {
	a := &d.Agent
	counts := agents.CheckCounts{Total: d.AgentCheckCount.Total, Passing: d.AgentCheckCount.Passing, Failing: d.AgentCheckCount.Failing,
		Warning: d.AgentCheckCount.Warning, Info: d.AgentCheckCount.Info}
	out := AgentDetail{
		AgentID: a.AgentID, Hostname: a.Hostname, Version: d.AgentPresence.Version, Plat: a.Plat, Goarch: a.Goarch,
		OperatingSystem: a.OperatingSystem, Description: a.Description, PublicIP: a.PublicIP, MeshNodeID: a.MeshNodeID,
		Site: a.SiteID, SiteName: d.SiteName, Client: d.ClientName, Policy: a.PolicyID, MonitoringType: a.MonitoringType,
		Status: d.Status, LastSeen: rest.AtPtr(d.AgentPresence.LastSeen), BootTime: a.BootTime, LoggedInUsername: a.LoggedInUsername,
		LastLoggedInUser: a.LastLoggedInUser, NeedsReboot: a.NeedsReboot, ChocoInstalled: a.ChocoInstalled,
		PatchesLastInstalled: rest.AtPtr(a.PatchesLastInstalled), TotalRAM: a.TotalRam, Checks: toCounts(counts),
		Disks: orNull(d.Disks), Services: orNull(d.Services), WMIDetail: orNull(d.WmiDetail), CPUModel: d.Summary.CPUModel,
		Graphics: d.Summary.Graphics, LocalIPs: d.Summary.LocalIPs, MakeModel: d.Summary.MakeModel,
		PhysicalDisks: d.Summary.PhysicalDisks, OverdueEmailAlert: a.OverdueEmailAlert, OverdueTextAlert: a.OverdueTextAlert,
		OverdueDashboardAlert: a.OverdueDashboardAlert, MaintenanceMode: a.MaintenanceMode,
		BlockPolicyInheritance: a.BlockPolicyInheritance, OfflineTime: a.OfflineTime, OverdueTime: a.OverdueTime,
		CheckInterval: a.CheckInterval, TimeZone: a.TimeZone, EffectiveTimeZone: d.TimeZone, DefaultShell: a.DefaultShell,
		DefaultShellCustom: a.DefaultShellCustom, WinUpdatePolicy: []PatchPolicy{}, EffectivePatchPolicy: toPatchPolicy(d.PatchPolicy),
		CustomFields: make([]CustomValue, len(d.CustomFields)), AlertTemplate: toTemplate(d.AlertTemplate),
		AppliedPolicies: AppliedPolicies{
			AgentPolicy: toPolicy(d.Applied.Agent), SitePolicy: toPolicy(d.Applied.Site),
			ClientPolicy: toPolicy(d.Applied.Client), DefaultPolicy: toPolicy(d.Applied.Default),
		},
		AuditCols: AuditCols{a.CreatedBy, rest.AtPtr(a.CreatedTime), a.ModifiedBy, rest.AtPtr(a.ModifiedTime)},
	}
	for i := range d.PatchPolicies {
		out.WinUpdatePolicy = append(out.WinUpdatePolicy, toPatchPolicy(&d.PatchPolicies[i]))
	}
	for i, v := range d.CustomFields {
		out.CustomFields[i] = CustomValue{ID: v.ID, Field: v.FieldID, Agent: v.OwnerID, Value: v.Current()}
	}
	return out
}

func listOf[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}
