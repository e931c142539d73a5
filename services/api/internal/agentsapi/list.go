package agentsapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/installers"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// CheckCounts are the counters of an agent's checks (rest-1.md §2).
type CheckCounts struct {
	Total            int32 `json:"total"`
	Passing          int32 `json:"passing"`
	Failing          int32 `json:"failing"`
	Warning          int32 `json:"warning"`
	Info             int32 `json:"info"`
	HasFailingChecks bool  `json:"has_failing_checks"`
}

func toCounts(c agents.CheckCounts) CheckCounts {
	return CheckCounts{Total: c.Total, Passing: c.Passing, Failing: c.Failing, Warning: c.Warning, Info: c.Info, HasFailingChecks: c.HasFailing()}
}

// AlertSwitches are the agent switches of an effective alert template.
type AlertSwitches struct {
	Name        string `json:"name"`
	AlwaysEmail *bool  `json:"always_email"`
	AlwaysText  *bool  `json:"always_text"`
	AlwaysAlert *bool  `json:"always_alert"`
}

// AgentRow is a row of the agent table (rest-1.md §2).
type AgentRow struct {
	AgentID                string          `json:"agent_id"`
	AlertTemplate          *AlertSwitches  `json:"alert_template"`
	Hostname               string          `json:"hostname"`
	SiteName               string          `json:"site_name"`
	ClientName             string          `json:"client_name"`
	MonitoringType         string          `json:"monitoring_type"`
	Description            *string         `json:"description"`
	NeedsReboot            bool            `json:"needs_reboot"`
	PendingActionsCount    int64           `json:"pending_actions_count"`
	Status                 agents.Status   `json:"status"`
	OverdueTextAlert       bool            `json:"overdue_text_alert"`
	OverdueEmailAlert      bool            `json:"overdue_email_alert"`
	OverdueDashboardAlert  bool            `json:"overdue_dashboard_alert"`
	LastSeen               *rest.Time      `json:"last_seen"`
	BootTime               *float64        `json:"boot_time"`
	Checks                 CheckCounts     `json:"checks"`
	MaintenanceMode        bool            `json:"maintenance_mode"`
	LoggedUsername         *string         `json:"logged_username"`
	Italic                 bool            `json:"italic"`
	BlockPolicyInheritance bool            `json:"block_policy_inheritance"`
	Policy                 *int32          `json:"policy,omitempty"` // omitted without a policy (rest-1.md §1.7)
	Plat                   string          `json:"plat"`
	Goarch                 *string         `json:"goarch"`
	HasPatchesPending      bool            `json:"has_patches_pending"`
	Version                string          `json:"version"`
	OperatingSystem        *string         `json:"operating_system"`
	PublicIP               *string         `json:"public_ip"`
	CPUModel               []string        `json:"cpu_model"`
	Graphics               string          `json:"graphics"`
	LocalIPs               string          `json:"local_ips"`
	MakeModel              string          `json:"make_model"`
	PhysicalDisks          []string        `json:"physical_disks"`
	CustomFields           json.RawMessage `json:"custom_fields"`
	SerialNumber           string          `json:"serial_number"`
}

// AgentHostname is a row of the short list (rest-1.md §2).
type AgentHostname struct {
	ID       int32  `json:"id"`
	Hostname string `json:"hostname"`
	AgentID  string `json:"agent_id"`
	Client   string `json:"client"`
	Site     string `json:"site"`
}

func toRow(r *agents.TableRow) AgentRow {
	out := AgentRow{
		AgentID: r.AgentID, Hostname: r.Hostname, SiteName: r.Site, ClientName: r.Client, MonitoringType: r.MonitoringType,
		Description: r.Description, NeedsReboot: r.NeedsReboot, PendingActionsCount: r.PendingActions, Status: r.Status,
		OverdueTextAlert: r.OverdueText, OverdueEmailAlert: r.OverdueEmail, OverdueDashboardAlert: r.OverdueDashboard,
		LastSeen: rest.AtPtr(r.LastSeen), BootTime: r.BootTime, Checks: toCounts(r.Checks), MaintenanceMode: r.Maintenance,
		LoggedUsername: r.LoggedUser, Italic: r.Italic, BlockPolicyInheritance: r.BlockPolicyInheritance, Policy: r.PolicyID,
		Plat: r.Plat, Goarch: r.Goarch, HasPatchesPending: r.PatchesPending, Version: r.Version,
		OperatingSystem: r.OperatingSystem, PublicIP: r.PublicIP, CPUModel: r.Summary.CPUModel, Graphics: r.Summary.Graphics,
		LocalIPs: r.Summary.LocalIPs, MakeModel: r.Summary.MakeModel, PhysicalDisks: r.Summary.PhysicalDisks,
		CustomFields: r.CustomFields, SerialNumber: r.Summary.SerialNumber,
	}
	if r.TemplateName != nil {
		out.AlertTemplate = &AlertSwitches{Name: *r.TemplateName, AlwaysEmail: r.TemplateEmail, AlwaysText: r.TemplateText, AlwaysAlert: r.TemplateAlert}
	}
	if out.CustomFields == nil {
		out.CustomFields = json.RawMessage("[]")
	}
	return out
}

// AgentVersions is the answer of the versions route.
type AgentVersions struct {
	Versions []string        `json:"versions"`
	Agents   []AgentHostname `json:"agents"`
}

func (h handlers) registerLists(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/agents/", ID: "listAgents", Tag: "agents", Summary: "List all agents",
		Description: "Table rows, or short rows when detail is sent with any value but true. Neither paged nor ordered; /v1/agents is.",
		Auth:        rest.AuthUser, Permission: access.ListAgents, Scope: rest.ScopeList,
		Outputs: []any{[]AgentRow{}, []AgentHostname{}}, Errors: []int{http.StatusBadRequest},
	}, h.list)
	rest.Handle(r, fn(rest.Operation{
		Method: http.MethodGet, Path: "/agents/versions/", ID: "listAgentVersions", Tag: "agents",
		Summary: "List the agents beside the latest version", Auth: rest.AuthUser, Permission: access.ListAgents, Scope: rest.ScopeList,
	}, false), h.versions)
}

type listInput struct {
	MonitoringType string  `query:"monitoring_type" doc:"server or workstation"`
	Site           int32   `query:"site" doc:"key of a site; wins over client"`
	Client         int32   `query:"client" doc:"key of a client"`
	Detail         *string `query:"detail" doc:"any value but true: short rows"`
}

// errStopped ends the reading of rows that nobody takes any more.
var errStopped = errors.New("reader stopped")

// streamed turns a reader of rows into a stream of their contract form, so that no list is ever whole in memory.
func streamed[R, T any](each func(func(*R) error) error, form func(*R) T) rest.Stream[T] {
	return func(yield func(T, error) bool) {
		err := each(func(row *R) error {
			if !yield(form(row), nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			var none T
			yield(none, err)
		}
	}
}

func (h handlers) list(ctx context.Context, c *rest.Call, in *listInput) (any, error) {
	switch in.MonitoringType {
	case "", "server", "workstation":
	default:
		return nil, fault.Refused("monitoring type does not exist")
	}
	scope := c.Principal.Scope
	filter := agents.ListFilter{MonitoringType: in.MonitoringType, SiteID: in.Site, ClientID: in.Client}
	if in.Detail != nil && *in.Detail != "true" {
		return h.short(ctx, scope, filter), nil
	}
	return streamed(func(take func(*agents.TableRow) error) error {
		return h.Agents.ForEachTableRow(ctx, scope, filter, take)
	}, toRow), nil
}

func (h handlers) short(ctx context.Context, scope access.Scope, filter agents.ListFilter) rest.Stream[AgentHostname] {
	return streamed(func(take func(*agents.ShortRow) error) error {
		return h.Agents.ForEachShortRow(ctx, scope, filter, take)
	}, toShort)
}

func toShort(r *agents.ShortRow) AgentHostname {
	return AgentHostname{ID: r.PK, Hostname: r.Hostname, AgentID: r.AgentID, Client: r.Client, Site: r.Site}
}

func (h handlers) versions(ctx context.Context, c *rest.Call, _ *struct{}) (AgentVersions, error) {
	out := AgentVersions{Versions: []string{installers.Version}, Agents: []AgentHostname{}}
	err := h.Agents.ForEachShortRow(ctx, c.Principal.Scope, agents.ListFilter{}, func(r *agents.ShortRow) error {
		out.Agents = append(out.Agents, toShort(r))
		return nil
	})
	return out, err
}
