package checksapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

const checksTag = "checks"

func (h handlers) registerChecks(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/checks/", ID: "listChecks", Tag: checksTag, Summary: "List checks of agents and policies",
		Auth: rest.AuthUser, Permission: access.ListChecks, Scope: rest.ScopeList,
	}, h.listChecks)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/checks/", ID: "createCheck", Tag: checksTag, Summary: "Add a check to an agent or policy",
		Auth: rest.AuthUser, Permission: access.ManageChecks, Scope: rest.ScopeAgent, Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.createCheck)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/checks/{pk}/", ID: "getCheck", Tag: checksTag, Summary: "Read a check",
		Auth: rest.AuthUser, Permission: access.ListChecks, Scope: rest.ScopeAgent, Errors: []int{http.StatusNotFound},
	}, h.getCheck)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/checks/{pk}/", ID: "updateCheck", Tag: checksTag, Summary: "Change a check", Partial: true,
		Auth: rest.AuthUser, Permission: access.ManageChecks, Scope: rest.ScopeAgent, Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.updateCheck)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/checks/{pk}/", ID: "deleteCheck", Tag: checksTag, Summary: "Delete a check and its results",
		Auth: rest.AuthUser, Permission: access.ManageChecks, Scope: rest.ScopeAgent, Errors: []int{http.StatusNotFound},
	}, h.deleteCheck)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/agents/{agent_id}/checks/", ID: "listAgentChecks", Tag: checksTag,
		Summary: "List the checks of an agent with their results", Description: "The agent's own checks first, then the policy checks that apply to it.",
		Auth: rest.AuthUser, Permission: access.ListChecks, Scope: rest.ScopeAgent, Errors: []int{http.StatusNotFound},
	}, h.listAgentChecks)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/automation/policies/{pk}/checks/", ID: "listPolicyChecks", Tag: checksTag,
		Summary: "List the checks of a policy", Auth: rest.AuthUser, Permission: access.ListChecks, Errors: []int{http.StatusNotFound},
	}, h.listPolicyChecks)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/automation/checks/{pk}/status/", ID: "listCheckStatus", Tag: checksTag,
		Summary: "List the results of a policy's check on all agents", Auth: rest.AuthUser, Permission: access.ListPolicies, Scope: rest.ScopeList,
	}, h.checkStatus)
}

// shown adds the assigned tasks to checks.
func (h handlers) shown(ctx context.Context, views []checks.View) ([]Check, error) {
	ids := make([]int32, len(views))
	for i := range views {
		ids[i] = views[i].ID
	}
	assigned, err := h.tasks.ByChecks(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Check, len(views))
	for i := range views {
		out[i] = toCheck(&views[i], plainTasks(assigned[views[i].ID]))
	}
	return out, nil
}

func (h handlers) listChecks(ctx context.Context, c *rest.Call, _ *struct{}) ([]Check, error) {
	found, err := h.checks.List(ctx, c.Principal)
	if err != nil {
		return nil, err
	}
	return h.shown(ctx, found)
}

func (h handlers) listAgentChecks(ctx context.Context, c *rest.Call, in *agentInput) ([]Check, error) {
	found, err := h.checks.OfAgent(ctx, c.Principal, string(in.AgentID))
	if err != nil {
		return nil, err
	}
	return h.shown(ctx, found)
}

func (h handlers) listPolicyChecks(ctx context.Context, _ *rest.Call, in *pkInput) ([]Check, error) {
	found, err := h.checks.OfPolicy(ctx, in.PK)
	if err != nil {
		return nil, err
	}
	return h.shown(ctx, found)
}

func (h handlers) getCheck(ctx context.Context, c *rest.Call, in *pkInput) (Check, error) {
	found, err := h.checks.Get(ctx, c.Principal, in.PK)
	if err != nil {
		return Check{}, err
	}
	out, err := h.shown(ctx, []checks.View{*found})
	if err != nil {
		return Check{}, err
	}
	return out[0], nil
}

func (h handlers) createCheck(ctx context.Context, c *rest.Call, in *struct{ Body createCheckInput }) (string, error) {
	d := checks.New(checks.Type(in.Body.CheckType.Value))
	in.Body.apply(&d)
	d.Policy = in.Body.Policy.Ptr()
	text, err := h.checks.Create(ctx, c.Principal, in.Body.Agent.Or(""), d)
	if err != nil {
		return "", err
	}
	return text + " was added!", nil
}

func (h handlers) updateCheck(ctx context.Context, c *rest.Call, in *struct {
	PK   int32 `path:"pk"`
	Body editCheckInput
}) (string, error) {
	text, err := h.checks.Edit(ctx, c.Principal, in.PK, func(d *checks.Definition) error {
		in.Body.apply(d)
		return nil
	})
	if err != nil {
		return "", err
	}
	return text + " was edited!", nil
}

func (h handlers) deleteCheck(ctx context.Context, c *rest.Call, in *pkInput) (string, error) {
	text, err := h.checks.Delete(ctx, c.Principal, in.PK)
	if err != nil {
		return "", err
	}
	return text + " was deleted!", nil
}

func (h handlers) checkStatus(ctx context.Context, c *rest.Call, in *pkInput) ([]CheckStatus, error) {
	found, err := h.checks.StatusOf(ctx, c.Principal, in.PK)
	if err != nil {
		return nil, err
	}
	out := make([]CheckStatus, len(found))
	for i := range found {
		out[i] = CheckStatus{CheckResult: *toResult(&found[i].Result), Hostname: found[i].Hostname}
	}
	return out, nil
}
