// Package agentsapi declares the operations of rest-1.md §5: the lists and the detail of agents, what people make them do,
// their history and notes, installers and the registry browser. The rules are in pkg/agents and pkg/agents/actions.
package agentsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/agents/installers"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Deps are what the operations need.
type Deps struct {
	Agents   *agents.Service
	Actions  *actions.Service
	Settings *settings.Service
	Zones    *settings.Zones
	Releases *installers.Releases
	Insecure bool // the installation has no valid certificate: only the manual installer works

	// InstallerToken makes a token that enrols until it expires.
	InstallerToken func(ctx context.Context, expires time.Time) (string, error)
	Audit          func(ctx context.Context, e audit.Entry) error
}

type handlers struct {
	Deps
}

// Register adds the operations.
func Register(r *rest.Router, d Deps) {
	h := handlers{d}
	h.registerLists(r)
	h.registerDetail(r)
	h.registerTalk(r)
	h.registerPower(r)
	h.registerMesh(r)
	h.registerHistory(r)
	h.registerNotes(r)
	h.registerBulk(r)
	h.registerInstaller(r)
	h.registerRegistry(r)
	h.registerRegistryValues(r)
}

// agentPath is the input of an operation on one agent.
type agentPath struct {
	AgentID rest.AgentID `path:"agent_id"`
}

// find returns the agent that the path names, if the caller may touch it.
func (h handlers) find(ctx context.Context, c *rest.Call, id rest.AgentID) (agents.Ref, error) {
	return h.Agents.Find(ctx, c.Principal.Scope, string(id))
}

// one declares an operation on one agent.
func one(method, path, id, summary string, p access.Permission, statuses ...int) rest.Operation {
	return rest.Operation{
		Method: method, Path: "/agents/{agent_id}/" + path, ID: id, Tag: "agents", Summary: summary, Auth: rest.AuthUser,
		Permission: p, Scope: rest.ScopeAgent, Errors: append([]int{http.StatusNotFound}, statuses...),
	}
}

// fn marks an operation as function-style (no HEAD) and as refused by demo servers.
func fn(op rest.Operation, demo bool) rest.Operation {
	op.NoHead, op.NotInDemo = true, demo
	return op
}
