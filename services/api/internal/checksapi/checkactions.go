package checksapi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerCheckActions(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/checks/{pk}/reset/", ID: "resetCheck", Tag: checksTag, Summary: "Set a check result to passing",
		Auth: rest.AuthUser, Permission: access.ManageChecks, Scope: rest.ScopeAgent, Errors: []int{http.StatusNotFound},
	}, h.resetCheck)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/checks/{agent_id}/resetall/", ID: "resetChecks", Tag: checksTag, Summary: "Set all check results of an agent to passing",
		Auth: rest.AuthUser, Permission: access.ManageChecks, Scope: rest.ScopeAgent, Errors: []int{http.StatusNotFound},
	}, h.resetChecks)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/checks/{agent_id}/run/", ID: "runChecks", Tag: checksTag, Summary: "Run the checks of an agent now", NotInDemo: true,
		Auth: rest.AuthUser, Permission: access.RunChecks, Scope: rest.ScopeAgent, Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.runChecks)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPatch, Path: "/checks/{pk}/history/", ID: "getCheckHistory", Tag: checksTag, Summary: "Read the history of a check result", Unaudited: "only reads",
		Auth: rest.AuthUser, Permission: access.ListChecks, Scope: rest.ScopeAgent, Errors: []int{http.StatusNotFound},
	}, h.history)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/checks/{target}/{pk}/csbulkrun/", ID: "runChecksOf", Tag: checksTag,
		Summary: "Run the checks of all agents of a client or site", Auth: rest.AuthUser, Permission: access.RunChecks, Scope: rest.ScopeClient,
		Errors: []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound},
	}, h.runChecksOf)
}

// resultInput names a check result, not a check.
type resultInput struct {
	PK int64 `path:"pk"`
}

func (h handlers) resetCheck(ctx context.Context, c *rest.Call, in *resultInput) (string, error) {
	return "The check status was reset", h.checks.Reset(ctx, c.Principal, in.PK)
}

func (h handlers) resetChecks(ctx context.Context, c *rest.Call, in *agentInput) (string, error) {
	return "All checks status were reset", h.checks.ResetAll(ctx, c.Principal, string(in.AgentID))
}

func (h handlers) runChecks(ctx context.Context, c *rest.Call, in *agentInput) (string, error) {
	host, err := h.checks.Run(ctx, c.Principal, string(in.AgentID))
	if err != nil {
		return "", err
	}
	return "Checks will now be run on " + host, nil
}

func (h handlers) runChecksOf(ctx context.Context, c *rest.Call, in *struct {
	Target string `path:"target" doc:"client or site; any other word is forbidden"`
	PK     int32  `path:"pk"`
}) (string, error) {
	n, err := h.checks.RunOn(ctx, c.Principal, checks.Target(in.Target), in.PK)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Checks will now be run on %d agents", n), nil
}

func (h handlers) history(ctx context.Context, c *rest.Call, in *struct {
	PK   int64 `path:"pk"`
	Body struct {
		TimeFilter rest.Field[float64] `json:"timeFilter" rule:"null,min=0" doc:"days back; 0 or absent: everything"`
	}
}) ([]CheckPoint, error) {
	points, err := h.checks.History(ctx, c.Principal, in.PK, in.Body.TimeFilter.Or(0))
	if err != nil {
		return nil, err
	}
	out := make([]CheckPoint, len(points))
	for i, p := range points {
		out[i] = CheckPoint{X: rest.At(p.X), Y: p.Y, Results: orNull(p.Results)}
	}
	return out, nil
}
