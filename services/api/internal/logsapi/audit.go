package logsapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/clients"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerAudit(r *rest.Router) {
	search := operation(http.MethodPatch, "/logs/audit/", "searchAuditLog", "Find rows of the audit log, page by page", access.ViewAuditLogs, http.StatusBadRequest)
	search.Description = "Filters that are absent match everything, empty lists match nothing. At most 1000 rows a page; 0 stands for as many as possible."
	search.Unaudited = "only reads"
	rest.Handle(r, search, h.search)
	rest.Handle(r, operation(http.MethodGet, "/v1/audit-log", "browseAuditLog", "Read the audit log, newest first", access.ViewAuditLogs, http.StatusBadRequest), h.browse)
	rest.Handle(r, operation(http.MethodGet, "/v1/audit-log/{id}", "getAuditRow", "Read one row of the audit log with its values", access.ViewAuditLogs, http.StatusNotFound), h.auditRow)
	rest.Handle(r, export("/v1/audit-log/export", "exportAuditLog", "Export the audit log as CSV", access.ViewAuditLogs), h.exportAudit)
}

// Site is the contract's SiteMin: the place where the row's agent is now (rest-1.md §2).
type Site struct {
	ID                     int32           `json:"id"`
	ClientName             string          `json:"client_name"`
	CreatedBy              *string         `json:"created_by"`
	CreatedTime            *rest.Time      `json:"created_time"`
	ModifiedBy             *string         `json:"modified_by"`
	ModifiedTime           *rest.Time      `json:"modified_time"`
	Name                   string          `json:"name"`
	BlockPolicyInheritance bool            `json:"block_policy_inheritance"`
	FailingChecks          clients.Failing `json:"failing_checks"`
	Client                 int32           `json:"client"`
	WorkstationPolicy      *int32          `json:"workstation_policy"`
	ServerPolicy           *int32          `json:"server_policy"`
	AlertTemplate          *int32          `json:"alert_template"`
}

// AuditLog is a row of the audit log (rest-1.md §2).
type AuditLog struct {
	ID          int64           `json:"id"`
	EntryTime   rest.Time       `json:"entry_time"`
	IPAddress   *string         `json:"ip_address,omitempty"`
	Site        *Site           `json:"site"`
	Username    string          `json:"username"`
	Agent       *string         `json:"agent"`
	AgentID     *string         `json:"agent_id"`
	Action      string          `json:"action"`
	ObjectType  string          `json:"object_type"`
	BeforeValue json.RawMessage `json:"before_value"`
	AfterValue  json.RawMessage `json:"after_value"`
	Message     *string         `json:"message"`
	DebugInfo   json.RawMessage `json:"debug_info"`
}

// AuditPage is the reply of the contract's search.
type AuditPage struct {
	AuditLogs []AuditLog `json:"audit_logs"`
	Total     int64      `json:"total" doc:"rows on all pages"`
}

type paginationInput struct {
	RowsPerPage rest.Field[int32]           `json:"rowsPerPage" rule:"required,null,min=0" doc:"0 for as many as possible"`
	Page        rest.Field[json.RawMessage] `json:"page" rule:"null" doc:"from 1; anything that is no number is the first, beyond the end is the last"`
	SortBy      rest.Field[string]          `json:"sortBy" rule:"null,blank" doc:"a column; anything else is entry_time"`
	Descending  rest.Field[bool]            `json:"descending" rule:"null"`
}

type searchInput struct {
	Body struct {
		Pagination   rest.Field[paginationInput] `json:"pagination" rule:"required"`
		AgentFilter  rest.Field[[]string]        `json:"agentFilter" rule:"null,max=10000"`
		ClientFilter rest.Field[[]int32]         `json:"clientFilter" rule:"null,max=10000" doc:"keys of clients; agentFilter wins"`
		UserFilter   rest.Field[[]string]        `json:"userFilter" rule:"null,max=10000"`
		ActionFilter rest.Field[[]string]        `json:"actionFilter" rule:"null,max=100"`
		ObjectFilter rest.Field[[]string]        `json:"objectFilter" rule:"null,max=100"`
		TimeFilter   rest.Field[int32]           `json:"timeFilter" rule:"null,min=0,max=36500" doc:"days back"`
	}
}

func (in *searchInput) filter(now time.Time) audit.Filter {
	b := &in.Body
	f := audit.Filter{
		AgentIDs: list(b.AgentFilter), Users: list(b.UserFilter), Actions: list(b.ActionFilter), ObjectTypes: list(b.ObjectFilter),
	}
	if f.AgentIDs == nil {
		f.ClientIDs = list(b.ClientFilter)
	}
	if b.TimeFilter.Present() {
		since := now.AddDate(0, 0, -int(b.TimeFilter.Value))
		f.Since = &since
	}
	return f
}

// list is nil when a list was not sent, and empty, matching nothing, when it was sent empty.
func list[T any](f rest.Field[[]T]) []T {
	if !f.Present() {
		return nil
	}
	if f.Value == nil {
		return []T{}
	}
	return f.Value
}

// pageNumber reads what paging components send: numbers, numbers in quotes, or anything, which is the first page.
func pageNumber(raw json.RawMessage) int {
	var number float64
	if json.Unmarshal(raw, &number) != nil {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return 1
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return 1
		}
		number = float64(n)
	}
	return int(min(max(number, 1), 1<<31))
}

func (h handlers) search(ctx context.Context, c *rest.Call, in *searchInput) (AuditPage, error) {
	p := in.Body.Pagination.Value
	rows, total, err := h.Audit.List(ctx, c.Principal.Scope, in.filter(h.Now()), audit.Page{
		Sort: p.SortBy.Value, Descending: p.Descending.Value, Number: pageNumber(p.Page.Value), Size: int(p.RowsPerPage.Value),
	})
	if err != nil {
		return AuditPage{}, err
	}
	sites, err := h.sitesOf(ctx, rows)
	if err != nil {
		return AuditPage{}, err
	}
	out := AuditPage{AuditLogs: make([]AuditLog, len(rows)), Total: total}
	for i := range rows {
		out.AuditLogs[i] = toAuditLog(&rows[i], sites)
	}
	return out, nil
}

func (h handlers) sitesOf(ctx context.Context, rows []audit.Row) (map[int32]clients.Site, error) {
	var ids []int32
	seen := map[int32]bool{}
	for _, r := range rows {
		if r.SiteID != nil && !seen[*r.SiteID] {
			seen[*r.SiteID] = true
			ids = append(ids, *r.SiteID)
		}
	}
	return h.Clients.SitesByID(ctx, ids)
}

func toAuditLog(r *audit.Row, sites map[int32]clients.Site) AuditLog {
	out := AuditLog{
		ID: r.ID, EntryTime: rest.At(r.Time), Username: r.Username, Agent: r.Agent, AgentID: r.AgentID, Action: r.Action,
		ObjectType: r.ObjectType, BeforeValue: orNull(r.Before), AfterValue: orNull(r.After), Message: r.Message, DebugInfo: orNull(r.Debug),
	}
	if r.IP != "" {
		out.IPAddress = &r.IP
	}
	if r.SiteID == nil {
		return out
	}
	if s, found := sites[*r.SiteID]; found {
		out.Site = &Site{
			ID: s.ID, ClientName: s.ClientName, CreatedBy: s.CreatedBy, CreatedTime: rest.AtPtr(s.CreatedTime), ModifiedBy: s.ModifiedBy,
			ModifiedTime: rest.AtPtr(s.ModifiedTime), Name: s.Name, BlockPolicyInheritance: s.BlockPolicyInheritance,
			FailingChecks: s.FailingChecks, Client: s.ClientID, WorkstationPolicy: s.WorkstationPolicy, ServerPolicy: s.ServerPolicy,
			AlertTemplate: s.AlertTemplate,
		}
	}
	return out
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}
