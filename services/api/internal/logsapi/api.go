// Package logsapi declares the operations of the audit log, the debug log and pending actions: the contract's (rest-1.md §8) and
// our own, which page by cursor and export.
package logsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/clients"
	"github.com/gueencode/gueenrmm/pkg/debuglog"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// exportTimeout is how long an export may take: the longest log at the speed of a slow line.
const exportTimeout = 30 * time.Minute

// Canceller removes pending actions; *actions.Service is one.
type Canceller interface {
	Cancel(ctx context.Context, scope access.Scope, id int64) (string, error)
}

// Deps are what the operations need.
type Deps struct {
	Audit   *audit.Reader
	Debug   *debuglog.Log
	Agents  *agents.Service
	Clients *clients.Service
	Actions Canceller
	Record  func(ctx context.Context, e audit.Entry) error // writes an audit row of its own
	Now     func() time.Time
}

type handlers struct{ Deps }

// Register adds the operations.
func Register(r *rest.Router, d Deps) {
	h := handlers{d}
	h.registerAudit(r)
	h.registerDebug(r)
	h.registerPending(r)
}

// operation is an operation of this package: it shows rows of the caller's scope.
func operation(method, path, id, summary string, permission access.Permission, errors ...int) rest.Operation {
	return rest.Operation{
		Method: method, Path: path, ID: id, Tag: "logs", Summary: summary, Auth: rest.AuthUser, Permission: permission,
		Scope: rest.ScopeList, Errors: errors,
	}
}

// export is an operation that sends a file of comma-separated values.
func export(path, id, summary string, permission access.Permission) rest.Operation {
	op := operation(http.MethodGet, path, id, summary, permission, http.StatusBadRequest)
	op.ContentType, op.Timeout, op.NoHead = "text/csv; charset=utf-8", exportTimeout, true
	op.Description = "UTF-8, comma-separated, with a header line, newest row first. Cells that a spreadsheet would take for a formula begin with an apostrophe."
	return op
}

// timeInput is the range of time that our own readings share.
type timeInput struct {
	Since *time.Time `query:"since" doc:"not before this time"`
	Until *time.Time `query:"until" doc:"before this time"`
}
