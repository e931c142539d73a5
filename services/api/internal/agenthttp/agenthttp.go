// Package agenthttp declares the operations that agents and their installers call (agent-protocol.md §4): 22 pairs of
// method and route. Deployed agents depend on every status and body here.
//
// An agent is known by its token alone. Ids in paths and bodies must be its own; stock agents always comply. Results are
// answered when the result stream has stored them; while it is away, or more is under way than the memory set aside for
// results holds, the answer is 503 with Retry-After. An agent that sends far more than a machine can have to say, or too
// much at once, is answered 429 with Retry-After.
package agenthttp

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/patches"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/pkg/tasks"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Publisher stores results of agents.
type Publisher interface {
	Publish(ctx context.Context, r results.Result) error
}

// Commander sends commands to agents without waiting.
type Commander interface {
	Publish(ctx context.Context, agentID string, cmd agentwire.Command) error
}

// Settings are what the installation tells its agents.
type Settings struct {
	// LowestVersion is the lowest version of an agent that may be installed; empty allows all.
	LowestVersion string
	// Config holds what every agent gets besides its intervals.
	Config agentwire.Config
	// Limits bound what results may take.
	Limits Limits
	// Ranges are where the check-in intervals are drawn from; the zero value takes the contract's.
	Ranges agentwire.Ranges
}

// Deps are what the operations work with.
type Deps struct {
	Agents    *agents.Service
	Checks    *checks.Service
	Tasks     *tasks.Service
	Patches   *patches.Service
	Results   Publisher
	Commander Commander
	Log       *zap.Logger
	Settings  Settings
}

type handlers struct {
	Deps
	limited  *log.Limited
	assigned *assignments
	rate     *rate
	gate     *gate
}

const tag = "agent-api"

// Register adds the operations.
func Register(r *rest.Router, d Deps) {
	d.Settings.Ranges = completeRanges(d.Settings.Ranges)
	limits := d.Settings.Limits.withDefaults()
	h := &handlers{
		Deps: d, limited: log.NewLimited(d.Log, time.Minute, time.Now), assigned: newAssignments(time.Now),
		rate: newRate(limits, time.Now), gate: newGate(limits),
	}
	h.registerInstall(r)
	h.registerConfig(r)
	h.registerInventory(r)
	h.registerUpdates(r)
	h.registerChecks(r)
	h.registerTasks(r)
	h.registerHistory(r)
}

// agentOp fills in what the operations of class A have in common.
func agentOp(op rest.Operation) rest.Operation {
	op.Tag, op.Auth, op.Scope = tag, rest.AuthAgent, rest.ScopeSelf
	op.NoPermission = "an agent acts on its own rows only"
	return op
}

// agentPath is the input of operations that have the agent's id in their path.
type agentPath struct {
	AgentID rest.AgentID `path:"agent_id"`
}

// own refuses an id that is not the caller's.
func (h *handlers) own(p *access.Principal, agentID string) error {
	if agentID == p.AgentID {
		return nil
	}
	h.limited.Warn("foreign id "+p.AgentID, "agent named an id that is not its own", zap.String(log.FieldAgentID, p.AgentID))
	return fault.NotFound("Agent")
}

// ownBody is own for ids in bodies, which old agents may leave out.
func (h *handlers) ownBody(p *access.Principal, agentID *string) error {
	if agentID == nil || *agentID == "" {
		return nil
	}
	return h.own(p, *agentID)
}

const invalidData = "Invalid data"

func refused() error { return fault.Refused(invalidData) }
