// Package v1agents declares our own operations on agents: the filtered, sorted and paged list with free-text search, counts,
// the client tree, enrolments that bring one kind of machine to one site, and the agent binaries.
package v1agents

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/installers"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Deps are what the operations need.
type Deps struct {
	Agents      *agents.Service
	Deployments Deployments
	Releases    *installers.Releases
	Tokens      agents.InstallerTokens
	PublicURL   string // base address of the api as machines reach it
}

type handlers struct {
	Deps
}

// Register adds the operations.
func Register(r *rest.Router, d Deps) {
	h := handlers{d}
	h.registerLists(r)
	h.registerEnrolments(r)
	h.registerDeployments(r)
	h.registerDownloads(r)
}

func (h handlers) registerLists(r *rest.Router) {
	list := func(path, id, summary string) rest.Operation {
		return rest.Operation{
			Method: http.MethodGet, Path: path, ID: id, Tag: "agents", Summary: summary, Auth: rest.AuthUser,
			Permission: access.ListAgents, Scope: rest.ScopeList,
		}
	}
	search := list("/v1/agents", "searchAgents", "Find agents, page by page")
	search.Errors = []int{http.StatusBadRequest}
	rest.Handle(r, search, h.search)
	rest.Handle(r, list("/v1/agents/counts", "countAgents", "Count the agents that a search finds"), h.counts)
	one := list("/v1/agents/{agent_id}", "getAgentRow", "Read one agent as a row of the list")
	one.Scope, one.Errors = rest.ScopeAgent, []int{http.StatusForbidden, http.StatusNotFound}
	rest.Handle(r, one, h.row)
	rest.Handle(r, list("/v1/tree", "getTree", "Read the tree of clients and sites with the counts of their agents"), h.tree)
}

// Named is a client or site by name.
type Named struct {
	ID   int32  `json:"id"`
	Name string `json:"name"`
}

// Checks are the counters of an agent's checks.
type Checks struct {
	Total   int32 `json:"total"`
	Passing int32 `json:"passing"`
	Failing int32 `json:"failing"`
	Warning int32 `json:"warning"`
	Info    int32 `json:"info"`
	Pending int32 `json:"pending"`
}

// Row is one agent of the list.
type Row struct {
	ID               int32         `json:"id"`
	AgentID          string        `json:"agent_id"`
	Hostname         string        `json:"hostname"`
	Client           Named         `json:"client"`
	Site             Named         `json:"site"`
	MonitoringType   string        `json:"monitoring_type"`
	Plat             string        `json:"plat"`
	Goarch           *string       `json:"goarch"`
	Status           agents.Status `json:"status"`
	Connected        bool          `json:"connected"`
	LastSeen         *rest.Time    `json:"last_seen"`
	OperatingSystem  *string       `json:"operating_system"`
	Version          string        `json:"version"`
	LoggedInUsername *string       `json:"logged_in_username"`
	PublicIP         *string       `json:"public_ip"`
	LocalIPs         *string       `json:"local_ips"`
	Description      *string       `json:"description"`
	NeedsReboot      bool          `json:"needs_reboot"`
	MaintenanceMode  bool          `json:"maintenance_mode"`
	Checks           Checks        `json:"checks"`
	BootTime         *float64      `json:"boot_time"`
}

func toRow(r agents.SearchRow) Row {
	out := Row{
		ID: r.PK, AgentID: r.AgentID, Hostname: r.Hostname, Client: Named{r.ClientID, r.Client}, Site: Named{r.SiteID, r.Site},
		MonitoringType: r.MonitoringType, Plat: r.Plat, Goarch: r.Goarch, Status: r.Status, Connected: r.Connected,
		LastSeen: rest.AtPtr(r.LastSeen), OperatingSystem: r.OperatingSystem, Version: r.Version,
		LoggedInUsername: r.LoggedInUsername, PublicIP: r.PublicIP, Description: r.Description, NeedsReboot: r.NeedsReboot,
		MaintenanceMode: r.Maintenance, Checks: Checks(r.Checks), BootTime: r.BootTime,
	}
	if r.LocalIPs != "" {
		out.LocalIPs = &r.LocalIPs
	}
	return out
}

// filterInput are the filters of a search. Lists take several values, separated by commas or repeated.
type filterInput struct {
	Query          string   `query:"q" rule:"max=256" doc:"words that must all occur in host, site, client, users, OS, addresses, description, model or serial number"`
	Client         int32    `query:"client" doc:"key of a client"`
	Site           int32    `query:"site" doc:"key of a site"`
	Status         []string `query:"status" rule:"item.choices=online|offline|overdue"`
	Plat           []string `query:"plat" rule:"item.choices=windows|linux|darwin"`
	MonitoringType string   `query:"monitoring_type" rule:"choices=server|workstation"`
	Health         []string `query:"health" rule:"item.choices=failing|warning|passing"`
	NeedsReboot    *bool    `query:"needs_reboot"`
	Maintenance    *bool    `query:"maintenance"`
}

func (f filterInput) filter() agents.Filter {
	out := agents.Filter{
		Query: f.Query, ClientID: f.Client, SiteID: f.Site, Plat: f.Plat, MonitoringType: f.MonitoringType,
		NeedsReboot: f.NeedsReboot, Maintenance: f.Maintenance,
	}
	for _, s := range f.Status {
		out.Status = append(out.Status, agents.Status(s))
	}
	for _, s := range f.Health {
		out.Health = append(out.Health, agents.Health(s))
	}
	return out
}

type searchInput struct {
	filterInput
	Sort   string `query:"sort" rule:"max=32" doc:"hostname, client, site, status, last_seen, os, checks, version; with a minus in front: descending"`
	Limit  int32  `query:"limit" default:"50" rule:"min=1,max=200"`
	Cursor string `query:"cursor" rule:"max=4096" doc:"next_cursor of the page before; filters and sort must be the same"`
}

// Page is a page of agents.
type Page struct {
	Items      []Row   `json:"items"`
	NextCursor *string `json:"next_cursor"`
	Total      int64   `json:"total"`
}

func (h handlers) search(ctx context.Context, c *rest.Call, in *searchInput) (Page, error) {
	scope, filter := c.Principal.Scope, in.filter()
	rows, next, err := h.Agents.Search(ctx, scope, filter, agents.Page{Sort: in.Sort, Limit: int(in.Limit), Cursor: in.Cursor})
	if err != nil {
		return Page{}, err
	}
	out := Page{Items: make([]Row, len(rows))}
	for i, r := range rows {
		out.Items[i] = toRow(r)
	}
	if next != "" {
		out.NextCursor = &next
	}
	if in.Cursor == "" && next == "" {
		out.Total = int64(len(rows))
		return out, nil
	}
	out.Total, err = h.Agents.Total(ctx, scope, filter)
	return out, err
}

type rowPath struct {
	AgentID string `path:"agent_id"`
}

func (h handlers) row(ctx context.Context, c *rest.Call, in *rowPath) (Row, error) {
	ref, err := h.Agents.Find(ctx, c.Principal.Scope, in.AgentID)
	if err != nil {
		return Row{}, err
	}
	r, err := h.Agents.SearchOne(ctx, ref)
	if err != nil {
		return Row{}, err
	}
	return toRow(r), nil
}

// Counts summarise a search.
type Counts struct {
	Total            int64            `json:"total"`
	Online           int64            `json:"online"`
	Offline          int64            `json:"offline"`
	Overdue          int64            `json:"overdue"`
	Failing          int64            `json:"failing"`
	Warning          int64            `json:"warning"`
	NeedsReboot      int64            `json:"needs_reboot"`
	Maintenance      int64            `json:"maintenance"`
	ByPlat           map[string]int64 `json:"by_plat"`
	ByMonitoringType map[string]int64 `json:"by_monitoring_type"`
}

func (h handlers) counts(ctx context.Context, c *rest.Call, in *filterInput) (Counts, error) {
	n, err := h.Agents.Count(ctx, c.Principal.Scope, in.filter())
	return Counts(n), err
}

// TreeCounts are the counts of one client or site.
type TreeCounts struct {
	ID          int32  `json:"id"`
	Name        string `json:"name"`
	Agents      int64  `json:"agents"`
	Online      int64  `json:"online"`
	Offline     int64  `json:"offline"`
	Overdue     int64  `json:"overdue"`
	Failing     int64  `json:"failing"`
	Warning     int64  `json:"warning"`
	Maintenance int64  `json:"maintenance"`
}

// TreeClient is a client with its sites.
type TreeClient struct {
	TreeCounts
	Sites []TreeCounts `json:"sites"`
}

// Tree is the tree of clients and sites.
type Tree struct {
	Clients []TreeClient `json:"clients"`
}

func toBranch(b agents.Branch) TreeCounts {
	return TreeCounts{
		ID: b.ID, Name: b.Name, Agents: b.Count.Total, Online: b.Count.Online, Offline: b.Count.Offline, Overdue: b.Count.Overdue,
		Failing: b.Count.Failing, Warning: b.Count.Warning, Maintenance: b.Count.Maintenance,
	}
}

func (h handlers) tree(ctx context.Context, c *rest.Call, _ *struct{}) (Tree, error) {
	branches, err := h.Agents.Tree(ctx, c.Principal.Scope)
	if err != nil {
		return Tree{}, err
	}
	out := Tree{Clients: make([]TreeClient, len(branches))}
	for i, b := range branches {
		out.Clients[i] = TreeClient{TreeCounts: toBranch(b), Sites: make([]TreeCounts, len(b.Sites))}
		for j, s := range b.Sites {
			out.Clients[i].Sites[j] = toBranch(s)
		}
	}
	return out, nil
}
