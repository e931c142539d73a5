package agenthttp

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h *handlers) registerChecks(r *rest.Router) {
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodGet, Path: "/api/v3/{agent_id}/checkinterval/", ID: "getCheckInterval", Summary: "Read the seconds until the next check run",
	}), h.checkInterval)
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodGet, Path: "/api/v3/{agent_id}/checkrunner/", ID: "getDueChecks", Summary: "Read the checks that are due",
	}), func(ctx context.Context, c *rest.Call, in *agentPath) (agentwire.CheckList, error) {
		return h.checkList(ctx, c, in, false)
	})
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodGet, Path: "/api/v3/{agent_id}/runchecks/", ID: "getAllChecks", Summary: "Read all checks, due or not",
	}), func(ctx context.Context, c *rest.Call, in *agentPath) (agentwire.CheckList, error) {
		return h.checkList(ctx, c, in, true)
	})
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodPatch, Path: "/api/v3/checkrunner/", ID: "reportCheck", Summary: "Report the result of a check", MaxBody: maxRequest, Frequent: true,
		Description: "The body is one of the results of agent-protocol.md §4.6. The header X-Result-Id makes a repetition harmless.",
		Errors:      []int{http.StatusBadRequest, http.StatusNotFound, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}), h.reportCheck)
}

func (h *handlers) checkInterval(ctx context.Context, c *rest.Call, in *agentPath) (agentwire.CheckInterval, error) {
	var out agentwire.CheckInterval
	if err := h.own(c.Principal, string(in.AgentID)); err != nil {
		return out, err
	}
	seconds, err := h.Checks.Interval(ctx, c.Principal.AgentPK, false)
	if err != nil {
		return out, err
	}
	return agentwire.CheckInterval{Agent: int64(c.Principal.AgentPK), CheckInterval: seconds}, nil
}

func (h *handlers) checkList(ctx context.Context, c *rest.Call, in *agentPath, all bool) (agentwire.CheckList, error) {
	var out agentwire.CheckList
	if err := h.own(c.Principal, string(in.AgentID)); err != nil {
		return out, err
	}
	seconds, err := h.Checks.Interval(ctx, c.Principal.AgentPK, all)
	if err != nil {
		return out, err
	}
	list, err := h.Checks.Runnable(ctx, c.Principal.AgentPK, all)
	if err != nil {
		return out, err
	}
	return agentwire.CheckList{Agent: int64(c.Principal.AgentPK), CheckInterval: seconds, Checks: list}, nil
}

func (h *handlers) reportCheck(ctx context.Context, c *rest.Call, _ *struct{}) (string, error) {
	got, err := h.input(ctx, c)
	if err != nil {
		return "", err
	}
	defer got.pass.leave()
	body := got.body
	if got.members != nil {
		if body, err = truncate(got.members); err != nil {
			return "", refused()
		}
	}
	report, err := checks.DecodeReport(body)
	if err != nil {
		return "", refused()
	}
	if report.AgentID == nil {
		return "", fault.Refused("Agent upgrade required")
	}
	if err := h.ownBody(c.Principal, report.AgentID); err != nil {
		return "", err
	}
	typ, err := h.checkType(ctx, c, report.ID)
	if err != nil {
		return "", err
	}
	if typ != "" && report.Complete(typ) != nil {
		return "", refused()
	}
	return h.store(ctx, c, results.Result{Kind: results.KindCheck, Body: body})
}

// checkType returns the type of a check that is the caller's, or "" while the database does not answer.
func (h *handlers) checkType(ctx context.Context, c *rest.Call, checkID int32) (checks.Type, error) {
	key := assignment{c.Principal.AgentPK, checkID}
	if typ, ok := h.assigned.get(key); ok {
		return typ, nil
	}
	typ, err := h.Checks.Assigned(ctx, key.agent, key.check)
	if err != nil {
		return "", h.unlessAway(c, err)
	}
	h.assigned.put(key, typ)
	return typ, nil
}
