package logsapi

import (
	"context"
	"io"

	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// auditInput are the filters of our own readings; lists take several values, separated by commas or repeated.
type auditInput struct {
	Agent  []string `query:"agent" rule:"item.max=255" doc:"agent ids"`
	Client []int32  `query:"client" doc:"keys of clients whose agents are meant"`
	Site   []int32  `query:"site" doc:"keys of sites whose agents are meant"`
	User   []string `query:"user" rule:"item.max=255"`
	Action []string `query:"action" rule:"item.choices=login|failed_login|delete|modify|add|view|check_run|task_run|agent_install|remote_session|execute_script|execute_command|bulk_action|url_action"`
	Object []string `query:"object" rule:"item.max=64" doc:"object types, for example client"`
	timeInput
}

func (in auditInput) filter() audit.Filter {
	return audit.Filter{
		AgentIDs: some(in.Agent), ClientIDs: some(in.Client), SiteIDs: some(in.Site), Users: some(in.User), Actions: some(in.Action),
		ObjectTypes: some(in.Object), Since: in.Since, Until: in.Until,
	}
}

// some is nil for an empty list: in a query "user=" is the same as no user filter.
func some[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

type browseInput struct {
	auditInput
	Limit  int32  `query:"limit" default:"50" rule:"min=1,max=200"`
	Cursor string `query:"cursor" rule:"max=512" doc:"next_cursor of the page before; the filters must be the same"`
}

// AuditEntry is a row of the audit log without its values.
type AuditEntry struct {
	ID         int64     `json:"id"`
	EntryTime  rest.Time `json:"entry_time"`
	Username   string    `json:"username"`
	Action     string    `json:"action"`
	ObjectType string    `json:"object_type"`
	Message    *string   `json:"message"`
	Agent      *string   `json:"agent" doc:"host name at that time"`
	AgentID    *string   `json:"agent_id"`
	Client     *string   `json:"client" doc:"where the agent is now"`
	Site       *string   `json:"site"`
	IPAddress  *string   `json:"ip_address"`
	HasValues  bool      `json:"has_values" doc:"the row has a before or an after"`
}

// AuditWindow is a page of the audit log.
type AuditWindow struct {
	Items      []AuditEntry `json:"items"`
	NextCursor *string      `json:"next_cursor"`
	Total      int64        `json:"total" doc:"when the first page was read"`
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func toEntry(r *audit.Row) AuditEntry {
	return AuditEntry{
		ID: r.ID, EntryTime: rest.At(r.Time), Username: r.Username, Action: r.Action, ObjectType: r.ObjectType, Message: r.Message,
		Agent: r.Agent, AgentID: r.AgentID, Client: text(r.Client), Site: text(r.Site), IPAddress: text(r.IP), HasValues: r.HasValues,
	}
}

func (h handlers) browse(ctx context.Context, c *rest.Call, in *browseInput) (AuditWindow, error) {
	w, err := h.Audit.Browse(ctx, c.Principal.Scope, in.filter(), int(in.Limit), in.Cursor)
	if err != nil {
		return AuditWindow{}, err
	}
	out := AuditWindow{Items: make([]AuditEntry, len(w.Rows)), NextCursor: text(w.Next), Total: w.Total}
	for i := range w.Rows {
		out.Items[i] = toEntry(&w.Rows[i])
	}
	return out, nil
}

type auditPath struct {
	ID int64 `path:"id"`
}

func (h handlers) auditRow(ctx context.Context, c *rest.Call, in *auditPath) (AuditLog, error) {
	row, err := h.Audit.Get(ctx, c.Principal.Scope, in.ID)
	if err != nil {
		return AuditLog{}, err
	}
	rows := []audit.Row{row}
	sites, err := h.sitesOf(ctx, rows)
	if err != nil {
		return AuditLog{}, err
	}
	return toAuditLog(&rows[0], sites), nil
}

func auditHeader() []string {
	return []string{
		"id", "time", "user", "action", "object type", "message", "agent", "agent id", "client", "site", "ip address", "before", "after", "request",
	}
}

func (h handlers) exportAudit(ctx context.Context, c *rest.Call, in *auditInput) (rest.Download, error) {
	if err := h.recordExport(ctx, c, "audit log"); err != nil {
		return rest.Download{}, err
	}
	scope, filter := c.Principal.Scope, in.filter()
	return rest.Download{FileName: h.fileName("audit-log"), Write: func(w io.Writer) error {
		out := newTable(w)
		if err := out.row(auditHeader()...); err != nil {
			return err
		}
		err := h.Audit.Each(ctx, scope, filter, func(r *audit.Row) error {
			return out.row(
				number(r.ID), stamp(r.Time), r.Username, r.Action, r.ObjectType, value(r.Message), value(r.Agent), value(r.AgentID),
				r.Client, r.Site, r.IP, string(r.Before), string(r.After), string(r.Debug),
			)
		})
		return out.end(err)
	}}, nil
}

// recordExport leaves a row in the audit log: a copy of the log leaves the product.
func (h handlers) recordExport(ctx context.Context, c *rest.Call, what string) error {
	return h.Record(ctx, audit.Entry{
		Username: c.Principal.Username, Action: audit.View, ObjectType: "export", Message: c.Principal.Username + " exported the " + what,
		After: map[string]string{"filters": c.Request.URL.RawQuery},
	})
}

func (h handlers) fileName(base string) string {
	return base + "-" + h.Now().UTC().Format("20060102-150405") + ".csv"
}
