package betaapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/agentinput"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerAgents(r *rest.Router) {
	list := operation(http.MethodGet, pathAgent, "betaListAgents", "List whole agents, page by page", access.ListAgents, rest.ScopeList, http.StatusBadRequest, http.StatusNotFound)
	list.Description = "Query: page, page_size (default 100, at most 1000), ordering (id, -id), search, client_id, exact values of id, hostname, agent_id, " +
		"operating_system, plat, monitoring_type, needs_reboot, logged_in_username, last_logged_in_user, alert_template, site, policy, and the " +
		"ranges last_seen_range_after/_before, patches_last_installed_range_after/_before, total_ram_range_min/_max."
	rest.Handle(r, list, h.listAgents)
	rest.Handle(r, operation(http.MethodGet, pathAgent+"{pk}/", "betaGetAgent", "Read a whole agent", access.ListAgents, rest.ScopeAgent, http.StatusNotFound), h.getAgent)
	rest.Handle(r, operation(http.MethodPut, pathAgent+"{pk}/", "betaUpdateAgent", "Change an agent", access.EditAgent, rest.ScopeAgent,
		http.StatusBadRequest, http.StatusNotFound), h.putAgent)
}

// AuditCols are the stamps of an audited row.
type AuditCols struct {
	CreatedBy    *string    `json:"created_by"`
	CreatedTime  *rest.Time `json:"created_time"`
	ModifiedBy   *string    `json:"modified_by"`
	ModifiedTime *rest.Time `json:"modified_time"`
}

// Identity is the beginning of both forms of an agent.
type Identity struct {
	Version              string          `json:"version"`
	OperatingSystem      *string         `json:"operating_system"`
	Plat                 string          `json:"plat"`
	Goarch               *string         `json:"goarch"`
	Hostname             string          `json:"hostname"`
	AgentID              string          `json:"agent_id"`
	LastSeen             *rest.Time      `json:"last_seen"`
	Services             json.RawMessage `json:"services"`
	PublicIP             *string         `json:"public_ip"`
	TotalRAM             *int32          `json:"total_ram"`
	Disks                json.RawMessage `json:"disks"`
	BootTime             *float64        `json:"boot_time"`
	LoggedInUsername     *string         `json:"logged_in_username"`
	LastLoggedInUser     *string         `json:"last_logged_in_user"`
	MonitoringType       string          `json:"monitoring_type"`
	Description          *string         `json:"description"`
	MeshNodeID           *string         `json:"mesh_node_id"`
	WMIDetail            json.RawMessage `json:"wmi_detail"`
	PatchesLastInstalled *rest.Time      `json:"patches_last_installed"`
}

// Settings are what people set.
type Settings struct {
	OverdueEmailAlert      bool    `json:"overdue_email_alert"`
	OverdueTextAlert       bool    `json:"overdue_text_alert"`
	OverdueDashboardAlert  bool    `json:"overdue_dashboard_alert"`
	OfflineTime            int32   `json:"offline_time"`
	OverdueTime            int32   `json:"overdue_time"`
	CheckInterval          int32   `json:"check_interval"`
	NeedsReboot            bool    `json:"needs_reboot"`
	ChocoInstalled         bool    `json:"choco_installed"`
	TimeZone               *string `json:"time_zone"`
	MaintenanceMode        bool    `json:"maintenance_mode"`
	BlockPolicyInheritance bool    `json:"block_policy_inheritance"`
	AlertTemplate          *int32  `json:"alert_template"`
	Site                   int32   `json:"site"`
	Policy                 *int32  `json:"policy"`
}

// AgentFull is an agent of the list (rest-2.md §11).
type AgentFull struct {
	ID int32 `json:"id"`
	AuditCols
	Identity
	Settings
	DefaultShell       string `json:"default_shell"`
	DefaultShellCustom string `json:"default_shell_custom"`
}

// Checks are the counters of an agent's checks.
type Checks struct {
	Total            int32 `json:"total"`
	Passing          int32 `json:"passing"`
	Failing          int32 `json:"failing"`
	Warning          int32 `json:"warning"`
	Info             int32 `json:"info"`
	HasFailingChecks bool  `json:"has_failing_checks"`
}

// AgentDetail is one agent (rest-2.md §11).
type AgentDetail struct {
	Identity
	HexMeshNodeID string `json:"hex_mesh_node_id" doc:"the id in the form of the remote-desktop server; error when it has none"`
	Settings
	Status              agents.Status `json:"status"`
	Checks              Checks        `json:"checks"`
	PendingActionsCount int32         `json:"pending_actions_count"`
	CPUModel            []string      `json:"cpu_model"`
	Graphics            string        `json:"graphics"`
	LocalIPs            string        `json:"local_ips"`
	MakeModel           string        `json:"make_model"`
	PhysicalDisks       []string      `json:"physical_disks"`
	SerialNumber        string        `json:"serial_number"`
}

func toIdentity(a *agents.Full) Identity {
	return Identity{
		Version: a.Version, OperatingSystem: a.OperatingSystem, Plat: a.Plat, Goarch: a.Goarch, Hostname: a.Hostname, AgentID: a.AgentID,
		LastSeen: rest.AtPtr(a.LastSeen), Services: orNull(a.Services), PublicIP: a.PublicIP, TotalRAM: a.TotalRam, Disks: orNull(a.Disks),
		BootTime: a.BootTime, LoggedInUsername: a.LoggedInUsername, LastLoggedInUser: a.LastLoggedInUser, MonitoringType: a.MonitoringType,
		Description: a.Description, MeshNodeID: a.MeshNodeID, WMIDetail: orNull(a.WMIDetail), PatchesLastInstalled: rest.AtPtr(a.PatchesLastInstalled),
	}
}

func toSettings(a *agents.Row) Settings {
	return Settings{
		OverdueEmailAlert: a.OverdueEmailAlert, OverdueTextAlert: a.OverdueTextAlert, OverdueDashboardAlert: a.OverdueDashboardAlert,
		OfflineTime: a.OfflineTime, OverdueTime: a.OverdueTime, CheckInterval: a.CheckInterval, NeedsReboot: a.NeedsReboot,
		ChocoInstalled: a.ChocoInstalled, TimeZone: a.TimeZone, MaintenanceMode: a.MaintenanceMode,
		BlockPolicyInheritance: a.BlockPolicyInheritance, AlertTemplate: a.AlertTemplateID, Site: a.SiteID, Policy: a.PolicyID,
	}
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

func (h handlers) listAgents(ctx context.Context, c *rest.Call, _ *struct{}) (rest.Paged[AgentFull], error) {
	query := c.Request.URL.Query()
	page, err := readPaging(pathAgent, query)
	if err != nil {
		return rest.Paged[AgentFull]{}, err
	}
	filter, err := h.readFilter(ctx, query)
	if err != nil {
		return rest.Paged[AgentFull]{}, err
	}
	pks, total, err := h.pageAgents(ctx, c.Principal.Scope, filter, &page, descending(query))
	if err != nil {
		return rest.Paged[AgentFull]{}, err
	}
	out := rest.Paged[AgentFull]{Count: total}
	out.Next, out.Previous = page.links(h.PublicURL, total)
	out.Results = func(yield func(AgentFull, error) bool) {
		stopped := false
		err := h.Agents.ForEachFull(ctx, pks, func(a *agents.Full) error {
			full := AgentFull{
				ID: a.ID, AuditCols: AuditCols{a.CreatedBy, rest.AtPtr(a.CreatedTime), a.ModifiedBy, rest.AtPtr(a.ModifiedTime)},
				Identity: toIdentity(a), Settings: toSettings(&a.Row), DefaultShell: a.DefaultShell, DefaultShellCustom: a.DefaultShellCustom,
			}
			if !yield(full, nil) {
				stopped = true
				return context.Canceled
			}
			return nil
		})
		if err != nil && !stopped {
			yield(AgentFull{}, err)
		}
	}
	return out, nil
}

func (h handlers) pageAgents(ctx context.Context, scope access.Scope, f agents.FullFilter, page *paging, down bool) ([]int32, int64, error) {
	pks, total, err := h.Agents.FullPage(ctx, scope, f, down, int(page.size), page.offset())
	if err != nil {
		return nil, 0, err
	}
	before := page.number
	if err := page.settle(total); err != nil {
		return nil, 0, err
	}
	if page.number != before { // the last page, now that its number is known
		return h.Agents.FullPage(ctx, scope, f, down, int(page.size), page.offset())
	}
	return pks, total, nil
}

type pkInput struct {
	PK int32 `path:"pk"`
}

func (h handlers) getAgent(ctx context.Context, c *rest.Call, in *pkInput) (AgentDetail, error) {
	ref, err := h.Agents.FindByPK(ctx, c.Principal.Scope, in.PK)
	if err != nil {
		return AgentDetail{}, err
	}
	return h.detail(ctx, ref.PK)
}

func (h handlers) detail(ctx context.Context, pk int32) (AgentDetail, error) {
	d, err := h.Agents.Detail(ctx, pk)
	if err != nil {
		return AgentDetail{}, err
	}
	pending, err := h.Agents.CountPending(ctx, pk)
	if err != nil {
		return AgentDetail{}, err
	}
	n := d.AgentCheckCount
	counts := agents.CheckCounts{Total: n.Total, Passing: n.Passing, Failing: n.Failing, Warning: n.Warning, Info: n.Info}
	full := agents.Full{
		Row: d.Agent, LastSeen: d.AgentPresence.LastSeen, Version: d.AgentPresence.Version, Services: d.Services, Disks: d.Disks, WMIDetail: d.WmiDetail,
	}
	return AgentDetail{
		Identity: toIdentity(&full), HexMeshNodeID: meshForm(d.Agent.MeshNodeID), Settings: toSettings(&d.Agent), Status: d.Status,
		Checks:              Checks{counts.Total, counts.Passing, counts.Failing, counts.Warning, counts.Info, counts.HasFailing()},
		PendingActionsCount: pending, CPUModel: d.Summary.CPUModel, Graphics: d.Summary.Graphics, LocalIPs: d.Summary.LocalIPs,
		MakeModel: d.Summary.MakeModel, PhysicalDisks: d.Summary.PhysicalDisks, SerialNumber: d.SerialNumber,
	}, nil
}

type putAgentInput struct {
	PK      int32  `path:"pk"`
	AgentID string `query:"agent_id" rule:"max=255" doc:"the reference looks here for the agent whose scope counts; not needed"`
	Body    struct {
		Hostname rest.Field[string] `json:"hostname" rule:"required,max=255" doc:"reported by the agent: not changed"`
		AgentID  rest.Field[string] `json:"agent_id" rule:"required,max=200" doc:"must be the agent's own"`
		Site     rest.Field[int32]  `json:"site" rule:"required,ref=site"`
		agentinput.Settings
	}
}

// putAgent changes what people set about an agent. What the agent reports is taken in the body and left as it is.
func (h handlers) putAgent(ctx context.Context, c *rest.Call, in *putAgentInput) (AgentDetail, error) {
	ref, err := h.Agents.FindByPK(ctx, c.Principal.Scope, in.PK)
	if err != nil {
		return AgentDetail{}, err
	}
	b := &in.Body
	if b.AgentID.Value != ref.AgentID {
		return AgentDetail{}, fault.InvalidField("agent_id", "This is not the identifier of the agent.")
	}
	err = h.Agents.Edit(ctx, c.Principal, ref, agents.Edit{Agent: func(a *agents.Row) {
		b.Site.Apply(&a.SiteID)
		b.Settings.Apply(a)
	}})
	if err != nil {
		return AgentDetail{}, err
	}
	return h.detail(ctx, ref.PK)
}
