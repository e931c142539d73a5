package logsapi

import (
	"context"
	"io"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/debuglog"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerDebug(r *rest.Router) {
	search := operation(http.MethodPatch, "/logs/debug/", "searchDebugLog", "Find rows of the debug log, the newest 1000", access.ViewDebugLogs, http.StatusBadRequest)
	search.Unaudited = "only reads"
	rest.Handle(r, search, h.searchDebug)
	rest.Handle(r, operation(http.MethodGet, "/v1/debug-log", "browseDebugLog", "Read the debug log, newest first", access.ViewDebugLogs, http.StatusBadRequest), h.browseDebug)
	rest.Handle(r, export("/v1/debug-log/export", "exportDebugLog", "Export the debug log as CSV", access.ViewDebugLogs), h.exportDebug)
}

// DebugLog is a row of the debug log (rest-1.md §2).
type DebugLog struct {
	ID        int64     `json:"id"`
	Agent     *string   `json:"agent,omitempty"`
	EntryTime rest.Time `json:"entry_time"`
	LogLevel  string    `json:"log_level"`
	LogType   string    `json:"log_type"`
	Message   *string   `json:"message"`
}

type searchDebugInput struct {
	Body struct {
		LogTypeFilter  rest.Field[string] `json:"logTypeFilter" rule:"null,blank,max=50"`
		LogLevelFilter rest.Field[string] `json:"logLevelFilter" rule:"null,blank,max=50"`
		AgentFilter    rest.Field[string] `json:"agentFilter" rule:"null,blank,max=255"`
	}
}

func (h handlers) searchDebug(ctx context.Context, c *rest.Call, in *searchDebugInput) ([]DebugLog, error) {
	rows, err := h.Debug.List(ctx, c.Principal.Scope, debuglog.Filter{
		Level: in.Body.LogLevelFilter.Value, Type: in.Body.LogTypeFilter.Value, AgentID: in.Body.AgentFilter.Value,
	})
	if err != nil {
		return nil, err
	}
	out := make([]DebugLog, len(rows))
	for i, r := range rows {
		out[i] = DebugLog{
			ID: r.ID, Agent: r.Agent, EntryTime: rest.At(r.Time), LogLevel: string(r.Level), LogType: string(r.Type), Message: r.Message,
		}
	}
	return out, nil
}

// debugInput are the filters of our own readings.
type debugInput struct {
	Level  string `query:"level" rule:"choices=info|warning|error|critical"`
	Type   string `query:"type" rule:"choices=agent_update|agent_issues|win_updates|system_issues|scripting"`
	Agent  string `query:"agent" rule:"max=255" doc:"agent id"`
	Client int32  `query:"client"`
	Site   int32  `query:"site"`
	timeInput
}

func (in debugInput) filter() debuglog.Filter {
	return debuglog.Filter{
		Level: in.Level, Type: in.Type, AgentID: in.Agent, ClientID: in.Client, SiteID: in.Site, Since: in.Since, Until: in.Until,
	}
}

type browseDebugInput struct {
	debugInput
	Limit  int32  `query:"limit" default:"50" rule:"min=1,max=200"`
	Cursor string `query:"cursor" rule:"max=512" doc:"next_cursor of the page before; the filters must be the same"`
}

// DebugEntry is a row of the debug log with the agent's place.
type DebugEntry struct {
	ID        int64     `json:"id"`
	EntryTime rest.Time `json:"entry_time"`
	LogLevel  string    `json:"log_level"`
	LogType   string    `json:"log_type"`
	Message   *string   `json:"message"`
	Agent     *string   `json:"agent" doc:"host name"`
	AgentID   *string   `json:"agent_id"`
	Client    *string   `json:"client"`
	Site      *string   `json:"site"`
}

// DebugWindow is a page of the debug log.
type DebugWindow struct {
	Items      []DebugEntry `json:"items"`
	NextCursor *string      `json:"next_cursor"`
}

func (h handlers) browseDebug(ctx context.Context, c *rest.Call, in *browseDebugInput) (DebugWindow, error) {
	rows, next, err := h.Debug.Browse(ctx, c.Principal.Scope, in.filter(), int(in.Limit), in.Cursor)
	if err != nil {
		return DebugWindow{}, err
	}
	out := DebugWindow{Items: make([]DebugEntry, len(rows)), NextCursor: text(next)}
	for i, r := range rows {
		out.Items[i] = DebugEntry{
			ID: r.ID, EntryTime: rest.At(r.Time), LogLevel: string(r.Level), LogType: string(r.Type), Message: r.Message,
			Agent: r.Agent, AgentID: r.AgentID, Client: r.Client, Site: r.Site,
		}
	}
	return out, nil
}

func (h handlers) exportDebug(ctx context.Context, c *rest.Call, in *debugInput) (rest.Download, error) {
	if err := h.recordExport(ctx, c, "debug log"); err != nil {
		return rest.Download{}, err
	}
	scope, filter := c.Principal.Scope, in.filter()
	return rest.Download{FileName: h.fileName("debug-log"), Write: func(w io.Writer) error {
		out := newTable(w)
		if err := out.row("id", "time", "level", "type", "message", "agent", "agent id", "client", "site"); err != nil {
			return err
		}
		err := h.Debug.Each(ctx, scope, filter, func(r *debuglog.Row) error {
			return out.row(number(r.ID), stamp(r.Time), string(r.Level), string(r.Type), value(r.Message), value(r.Agent), value(r.AgentID),
				value(r.Client), value(r.Site))
		})
		return out.end(err)
	}}, nil
}
