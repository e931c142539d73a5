package agentsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerPower(r *rest.Router) {
	demo := func(op rest.Operation) rest.Operation { op.NotInDemo = true; return op }
	rest.Handle(r, demo(one(http.MethodPost, "wmi/", "refreshInventory", "Make an agent send its inventory", access.EditAgent, http.StatusBadRequest)),
		h.simple("Agent WMI data refreshed successfully", h.Actions.Refresh))
	rest.Handle(r, demo(one(http.MethodPost, "reboot/", "rebootAgent", "Restart a machine", access.RebootAgents, http.StatusBadRequest)),
		h.simple("ok", h.Actions.Reboot))
	rest.Handle(r, demo(one(http.MethodPost, "shutdown/", "shutDownAgent", "Turn a machine off", access.RebootAgents, http.StatusBadRequest)),
		h.simple("ok", h.Actions.Shutdown))
	rest.Handle(r, demo(one(http.MethodPatch, "reboot/", "scheduleReboot", "Restart a machine later", access.RebootAgents, http.StatusBadRequest)), h.rebootLater)
	recover := fn(one(http.MethodPost, "recover/", "recoverAgent", "Recover an agent or its remote-desktop agent", access.RecoverAgents, http.StatusBadRequest), true)
	recover.Timeout = 2 * time.Minute
	rest.Handle(r, recover, h.recover)
}

// simple is a handler that does one thing with an agent and answers with a sentence.
func (h handlers) simple(answer string, do func(context.Context, agents.Ref) error) func(context.Context, *rest.Call, *agentPath) (string, error) {
	return func(ctx context.Context, c *rest.Call, in *agentPath) (string, error) {
		ref, err := h.find(ctx, c, in.AgentID)
		if err != nil {
			return "", err
		}
		if err := do(ctx, ref); err != nil {
			return "", err
		}
		return answer, nil
	}
}

type rebootInput struct {
	AgentID rest.AgentID `path:"agent_id"`
	Body    struct {
		Datetime rest.Field[string] `json:"datetime" rule:"null,blank" doc:"YYYY-MM-DDTHH:MM, wall clock of the machine"`
	}
}

// RebootPlan says when a machine will restart.
type RebootPlan struct {
	Time     string `json:"time"`
	Agent    string `json:"agent"`
	TaskName string `json:"task_name"`
}

func (h handlers) rebootLater(ctx context.Context, c *rest.Call, in *rebootInput) (RebootPlan, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return RebootPlan{}, err
	}
	plan, err := h.Actions.RebootLater(ctx, ref, in.Body.Datetime.Value)
	if err != nil {
		return RebootPlan{}, err
	}
	return RebootPlan{Time: plan.Time.Format("January 02, 2006 at 03:04 PM"), Agent: ref.Hostname, TaskName: plan.TaskName}, nil
}

type recoverInput struct {
	AgentID rest.AgentID `path:"agent_id"`
	Body    struct {
		Mode rest.Field[string] `json:"mode" rule:"required" doc:"mesh or tacagent"`
	}
}

func (h handlers) recover(ctx context.Context, c *rest.Call, in *recoverInput) (string, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return "", err
	}
	switch in.Body.Mode.Value {
	case "mesh":
		word, err := h.Actions.RecoverMesh(ctx, ref, time.Minute)
		if err != nil {
			return "", err
		}
		if word != "ok" {
			return "", fault.Refused("Unable to complete recovery: " + word)
		}
		return "Successfully completed recovery", nil
	case "tacagent":
		return "", fault.Refused(noRemoteDesktop)
	default:
		return "", fault.Refused("Invalid recovery mode")
	}
}
