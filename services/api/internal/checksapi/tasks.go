package checksapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/tasks"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

const tasksTag = "tasks"

func (h handlers) registerTasks(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/tasks/", ID: "listTasks", Tag: tasksTag, Summary: "List tasks of agents and policies",
		Auth: rest.AuthUser, Permission: access.ListTasks, Scope: rest.ScopeList,
	}, h.listTasks)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/tasks/", ID: "createTask", Tag: tasksTag, Summary: "Add a task to an agent or policy",
		Auth: rest.AuthUser, Permission: access.ManageTasks, Scope: rest.ScopeAgent, Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.createTask)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/tasks/{pk}/", ID: "getTask", Tag: tasksTag, Summary: "Read a task",
		Auth: rest.AuthUser, Permission: access.ListTasks, Scope: rest.ScopeAgent, Errors: []int{http.StatusNotFound},
	}, h.getTask)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/agents/{agent_id}/tasks/", ID: "listAgentTasks", Tag: tasksTag,
		Summary: "List the tasks of an agent with their results", Description: "The agent's own tasks first, then the policy tasks that apply to it.",
		Auth: rest.AuthUser, Permission: access.ListTasks, Scope: rest.ScopeAgent, Errors: []int{http.StatusNotFound},
	}, h.listAgentTasks)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/automation/policies/{pk}/tasks/", ID: "listPolicyTasks", Tag: tasksTag,
		Summary: "List the tasks of a policy", Auth: rest.AuthUser, Permission: access.ListTasks, Errors: []int{http.StatusNotFound},
	}, h.listPolicyTasks)
}

// shownTasks adds the names of the assigned checks to tasks.
func (h handlers) shownTasks(ctx context.Context, views []tasks.View) ([]Task, error) {
	var ids []int32
	for i := range views {
		if id := views[i].AssignedCheck; id != nil {
			ids = append(ids, *id)
		}
	}
	names, err := h.checks.Descriptions(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Task, len(views))
	for i := range views {
		var name *string
		if id := views[i].AssignedCheck; id != nil {
			text := names[*id]
			name = &text
		}
		out[i] = toTask(&views[i], name)
	}
	return out, nil
}

func (h handlers) listTasks(ctx context.Context, c *rest.Call, _ *struct{}) ([]Task, error) {
	found, err := h.tasks.List(ctx, c.Principal)
	if err != nil {
		return nil, err
	}
	return h.shownTasks(ctx, found)
}

func (h handlers) listAgentTasks(ctx context.Context, c *rest.Call, in *agentInput) ([]Task, error) {
	found, err := h.tasks.OfAgent(ctx, c.Principal, string(in.AgentID))
	if err != nil {
		return nil, err
	}
	return h.shownTasks(ctx, found)
}

func (h handlers) listPolicyTasks(ctx context.Context, _ *rest.Call, in *pkInput) ([]Task, error) {
	found, err := h.tasks.OfPolicy(ctx, in.PK)
	if err != nil {
		return nil, err
	}
	return h.shownTasks(ctx, found)
}

func (h handlers) getTask(ctx context.Context, c *rest.Call, in *pkInput) (Task, error) {
	found, err := h.tasks.Get(ctx, c.Principal, in.PK)
	if err != nil {
		return Task{}, err
	}
	out, err := h.shownTasks(ctx, []tasks.View{*found})
	if err != nil {
		return Task{}, err
	}
	return out[0], nil
}

func (h handlers) createTask(ctx context.Context, c *rest.Call, in *struct{ Body createTaskInput }) (string, error) {
	if in.Body.Actions.Set {
		if err := tasks.CheckActions(in.Body.Actions.Value); err != nil {
			return "", err
		}
	}
	if err := h.tasks.Create(ctx, c.Principal, in.Body.Agent.Or(""), in.Body.definition()); err != nil {
		return "", err
	}
	return "The task has been created. It will show up on the agent on next checkin", nil
}
