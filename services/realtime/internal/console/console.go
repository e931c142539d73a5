// Package console serves what a technician types to an agent: single commands with streamed output and interactive
// terminals (agent-protocol.md §7.2, §7.3).
package console

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/realtime/internal/gate"
)

// Agents finds agents in a scope.
type Agents interface {
	Find(ctx context.Context, scope access.Scope, agentID string) (agents.Ref, error)
}

// Commands records commands.
type Commands interface {
	StreamCommand(ctx context.Context, actor *access.Principal, ref agents.Ref, c actions.Command, cmdID string) (agentwire.Command, error)
}

// Deps are what the handlers need.
type Deps struct {
	Gate      *gate.Gate
	Agents    Agents
	Commands  Commands
	Commander *remote.Commander
	Shells    func(ctx context.Context) (agents.GlobalShells, error)
	Audit     func(ctx context.Context, e audit.Entry) error
	Logger    *zap.Logger
}

const (
	lookUpWithin = 10 * time.Second
	sayWithin    = 5 * time.Second
	// What a person reads when the agent cannot be reached.
	textOffline  = "The agent is offline."
	textTimeout  = "The agent does not answer."
	textBusDown  = "The message bus is not reached. Try again in a moment."
	textInternal = "Something went wrong on the server."
	// The contract's refusal (agent-protocol.md §7.2).
	textForbidden = "You do not have permission to perform this action."
)

// reason turns an error into what the browser may read; errors of our own making go to the log.
func (d Deps) reason(ctx context.Context, err error) string {
	var refusal *fault.Error
	switch {
	case errors.Is(err, remote.ErrOffline):
		return textOffline
	case errors.Is(err, remote.ErrTimeout):
		return textTimeout
	case errors.Is(err, remote.ErrBusDown):
		return textBusDown
	case errors.As(err, &refusal):
		return refusal.Message
	case ctx.Err() != nil:
		return textInternal // the browser has gone; nobody reads this
	}
	log.For(ctx, d.Logger).Error("console request failed", zap.Error(err))
	return textInternal
}

// find returns the agent when the caller may use it for perm now.
func (d Deps) find(ctx context.Context, p *access.Principal, perm access.Permission, agentID string) (agents.Ref, error) {
	if !p.Can(perm) || !agentwire.ValidAgentID(agentID) {
		return agents.Ref{}, fault.Forbidden()
	}
	ctx, cancel := context.WithTimeout(ctx, lookUpWithin)
	defer cancel()
	ref, err := d.Agents.Find(ctx, p.Scope, agentID)
	if fault.KindOf(err) == fault.KindNotFound {
		err = fault.Forbidden() // who may not see an agent learns nothing about it
	}
	return ref, err
}

func pointer[T any](v T) *T { return &v }
