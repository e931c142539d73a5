package coreapi

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/urlactions"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// URLAction is an address or a web hook with placeholders (rest-1.md §2).
type URLAction struct {
	ID          int32   `json:"id"`
	Name        string  `json:"name"`
	Desc        *string `json:"desc"`
	Pattern     string  `json:"pattern"`
	ActionType  string  `json:"action_type"`
	RestMethod  string  `json:"rest_method"`
	RestBody    *string `json:"rest_body"`
	RestHeaders *string `json:"rest_headers"`
	Stamps
}

func (h handlers) registerURLActions(r *rest.Router) {
	op := func(method, path, id, summary string, p access.Permission, errors ...int) rest.Operation {
		return rest.Operation{
			Method: method, Path: "/core/urlaction/" + path, ID: id, Tag: "core", Summary: summary, Auth: rest.AuthUser,
			Permission: p, Errors: errors, Partial: true,
		}
	}
	const bad, missing = http.StatusBadRequest, http.StatusNotFound
	rest.Handle(r, op(http.MethodGet, "", "listURLActions", "List URL actions", access.RunURLActions), h.listURLActions)
	rest.Handle(r, op(http.MethodPost, "", "createURLAction", "Add a URL action", access.EditCoreSettings, bad), h.createURLAction)
	rest.Handle(r, op(http.MethodPut, "{pk}/", "updateURLAction", "Change a URL action", access.EditCoreSettings, bad, missing), h.updateURLAction)
	rest.Handle(r, op(http.MethodDelete, "{pk}/", "deleteURLAction", "Delete a URL action", access.EditCoreSettings, missing), h.deleteURLAction)

	run := op(http.MethodPatch, "run/", "runURLAction", "Get the address of a URL action for an agent, site or client", access.RunURLActions, bad, missing)
	run.Partial, run.Scope = false, rest.ScopeAgent
	rest.Handle(r, run, h.runURLAction)
	test := op(http.MethodPost, "run/test/", "testURLAction", "Call a web hook as it is typed", access.RunURLActions, bad, missing)
	test.Partial, test.Scope, test.NotInDemo = false, rest.ScopeAgent, true
	test.Description = "The server makes the call. It reaches public addresses and those that the setting webhooks.allow names."
	rest.Handle(r, test, h.testURLAction)
}

func (h handlers) listURLActions(ctx context.Context, _ *rest.Call, _ *struct{}) ([]URLAction, error) {
	list, err := h.URLActions.List(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]URLAction, len(list))
	for i, a := range list {
		out[i] = URLAction{
			ID: a.ID, Name: a.Name, Desc: a.Desc, Pattern: a.Pattern, ActionType: a.Type, RestMethod: a.RestMethod,
			RestBody: a.RestBody, RestHeaders: a.RestHeaders,
			Stamps: Stamps{a.CreatedBy, rest.AtPtr(a.CreatedTime), a.ModifiedBy, rest.AtPtr(a.ModifiedTime)},
		}
	}
	return out, nil
}

type urlActionBody struct {
	Name        rest.Field[string] `json:"name" rule:"max=255,pattern=name"`
	Desc        rest.Field[string] `json:"desc" rule:"null,blank,max=10000"`
	Pattern     rest.Field[string] `json:"pattern" rule:"max=10000"`
	ActionType  rest.Field[string] `json:"action_type" rule:"choices=web|rest"`
	RestMethod  rest.Field[string] `json:"rest_method" rule:"choices=get|post|put|delete|patch"`
	RestBody    rest.Field[string] `json:"rest_body" rule:"null,blank,max=200000"`
	RestHeaders rest.Field[string] `json:"rest_headers" rule:"null,blank,max=20000" doc:"a JSON object"`
}

func (b urlActionBody) apply(a *urlactions.Action) {
	b.Name.Apply(&a.Name)
	b.Desc.ApplyNull(&a.Desc)
	b.Pattern.Apply(&a.Pattern)
	b.ActionType.Apply(&a.Type)
	b.RestMethod.Apply(&a.RestMethod)
	b.RestBody.ApplyNull(&a.RestBody)
	b.RestHeaders.ApplyNull(&a.RestHeaders)
}

type createURLActionInput struct{ Body urlActionBody }

func (h handlers) createURLAction(ctx context.Context, _ *rest.Call, in *createURLActionInput) (string, error) {
	present := map[string]bool{"name": in.Body.Name.Present(), "pattern": in.Body.Pattern.Present()}
	if err := rest.Require(present, "name", "pattern"); err != nil {
		return "", err
	}
	a := urlactions.NewAction()
	in.Body.apply(&a)
	if _, err := h.URLActions.Create(ctx, a); err != nil {
		return "", err
	}
	return "ok", nil
}

type updateURLActionInput struct {
	PK   int32 `path:"pk"`
	Body urlActionBody
}

func (h handlers) updateURLAction(ctx context.Context, _ *rest.Call, in *updateURLActionInput) (string, error) {
	if err := h.URLActions.Update(ctx, in.PK, in.Body.apply); err != nil {
		return "", err
	}
	return "ok", nil
}

func (h handlers) deleteURLAction(ctx context.Context, _ *rest.Call, in *keyed) (string, error) {
	if err := h.URLActions.Delete(ctx, in.PK); err != nil {
		return "", err
	}
	return "ok", nil
}

type runURLActionInput struct {
	Body struct {
		Action  rest.Field[int32]  `json:"action" rule:"required"`
		AgentID rest.Field[string] `json:"agent_id" rule:"null,blank" doc:"one of agent_id, site and client"`
		Site    rest.Field[int32]  `json:"site" rule:"null"`
		Client  rest.Field[int32]  `json:"client" rule:"null"`
	}
}

func (h handlers) runURLAction(ctx context.Context, c *rest.Call, in *runURLActionInput) (string, error) {
	of := urlactions.Subject{AgentID: in.Body.AgentID.Value, SiteID: in.Body.Site.Ptr(), Client: in.Body.Client.Ptr()}
	return h.URLActions.Run(ctx, c.Principal, of, in.Body.Action.Value)
}

type testURLActionInput struct {
	Body struct {
		Pattern         rest.Field[string] `json:"pattern" rule:"required,max=10000"`
		RestBody        rest.Field[string] `json:"rest_body" rule:"required,max=200000"`
		RestHeaders     rest.Field[string] `json:"rest_headers" rule:"required,max=20000"`
		RestMethod      rest.Field[string] `json:"rest_method" rule:"required,choices=get|post|put|delete|patch"`
		RunInstanceType rest.Field[string] `json:"run_instance_type" rule:"required,choices=agent|client|site|none"`
		RunInstanceID   rest.Field[string] `json:"run_instance_id" rule:"required,null,blank" doc:"agent_id, or the key of the site or client"`
	}
}

// TestedURLAction is what a call brought.
type TestedURLAction struct {
	URL    string  `json:"url"`
	Result string  `json:"result" doc:"the beginning of the answer, or why there is none"`
	Body   *string `json:"body"`
}

func (h handlers) testURLAction(ctx context.Context, c *rest.Call, in *testURLActionInput) (TestedURLAction, error) {
	b := &in.Body
	of, err := subjectOf(b.RunInstanceType.Value, b.RunInstanceID.Value)
	if err != nil {
		return TestedURLAction{}, err
	}
	got, err := h.URLActions.Test(ctx, c.Principal, of, urlactions.Hook{
		Method: b.RestMethod.Value, Pattern: b.Pattern.Value, Body: b.RestBody.Value, Headers: b.RestHeaders.Value,
	})
	if err != nil {
		return TestedURLAction{}, err
	}
	return TestedURLAction{URL: got.URL, Result: got.Result, Body: got.Body}, nil
}

// subjectOf reads what a test is about; an id that cannot be one belongs to no row.
func subjectOf(kind, id string) (urlactions.Subject, error) {
	if kind == "none" {
		return urlactions.Subject{}, nil
	}
	if kind == "agent" {
		if id == "" {
			return urlactions.Subject{}, fault.NotFound("Agent")
		}
		return urlactions.Subject{AgentID: id}, nil
	}
	n, err := strconv.ParseInt(id, 10, 32)
	pk := int32(n)
	switch {
	case err != nil && kind == "site":
		return urlactions.Subject{}, fault.NotFound("Site")
	case err != nil:
		return urlactions.Subject{}, fault.NotFound("Client")
	case kind == "site":
		return urlactions.Subject{SiteID: &pk}, nil
	default:
		return urlactions.Subject{Client: &pk}, nil
	}
}
