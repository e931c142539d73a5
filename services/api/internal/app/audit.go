package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// What an audit row keeps of a request at most; larger ones are files and lists that say little.
const (
	maxAuditedBody  = 64 << 10
	maxAuditedQuery = 4 << 10
)

// auditCall writes the row of a change of which the domain wrote none: the contract audits a number of models and actions
// (rest-1.md §1.11), the product everything that a person changes or sets off.
// The state before comes from auditState; the state after is read again, and where there is none the row keeps the request.
func (a *App) auditCall(ctx context.Context, c *rest.Call, body []byte, before any) error {
	e := audit.Entry{
		Username: c.Principal.Username, Action: actionOf(c.Operation), ObjectType: objectOf(c.Operation), Debug: audit.RequestDebug(ctx),
		Message: c.Principal.Username + ": " + c.Operation.Summary,
	}
	if e.Username == "" {
		e.Username = "anonymous"
	}
	if query := c.Request.URL.RawQuery; query != "" && len(query) <= maxAuditedQuery {
		e.Debug["query"] = query
	}
	if id := c.Params()["agent_id"]; id != "" {
		err := a.infra.Pool.QueryRow(ctx, `SELECT hostname FROM agents WHERE agent_id = $1`, id).Scan(&e.Agent)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("audit call: read agent: %w", err)
		}
		e.AgentID = id
		e.Message += " (" + e.Agent + ")"
	}
	e.Before = before
	after, err := a.auditState(ctx, c, body)
	if err != nil {
		return err
	}
	e.After = after
	if len(body) > 0 && len(body) <= maxAuditedBody && json.Valid(body) {
		if after == nil {
			e.After = json.RawMessage(body)
		} else {
			e.Debug["body"] = json.RawMessage(body)
		}
	}
	return a.record(ctx, e)
}

// actionOf puts an operation among the contract's actions (rest-1.md §1.17).
func actionOf(op *rest.Operation) audit.Action {
	for _, prefix := range []string{"create", "add", "make"} {
		if strings.HasPrefix(op.ID, prefix) && !strings.Contains(op.ID, "Registry") {
			return audit.Add
		}
	}
	if op.Method == http.MethodDelete && !strings.Contains(op.ID, "Registry") {
		return audit.Delete
	}
	return audit.Modify
}

// objectOf names what an operation is about in the manner of object types.
func objectOf(op *rest.Operation) string {
	for _, one := range []struct{ path, object string }{
		{"/agents/notes/", "note"}, {"/scripts/snippets/", "scriptsnippet"}, {"/clients/deployments/", "deployment"},
		{"/v1/enrolments", "enrolment"}, {"/agents/installer/", "deployment"}, {"/accounts/sessions/", "session"}, {"/accounts/users/{pk}/sessions/", "session"},
		{"/logout", "session"}, {"/v1/me/sessions", "session"}, {"/accounts/", "user"}, {"/agents/", "agent"}, {"/checks/", "check"}, {"/v1/jobs/", "job"}, {"/core/", "coresettings"},
	} {
		if strings.HasPrefix(op.Path, one.path) {
			return one.object
		}
	}
	return op.Tag
}
