package agenthttp

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h *handlers) registerHistory(r *rest.Router) {
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodPatch, Path: "/api/v3/{history_pk}/{agent_id}/histresult/", ID: "reportHistory",
		Summary: "Report the outcome of a command or script", MaxBody: maxRequest, Frequent: true,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}), h.reportHistory)
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodPatch, Path: "/api/v4/{agent_id}/{pending_action_pk}/chocoresult/", ID: "reportPackage",
		Summary: "Report the installation of a package", MaxBody: maxInventory, Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}), h.reportPackage)
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodGet, Path: "/api/v3/{agent_id}/meshreinstall/", ID: "downloadMeshReinstall",
		Summary: "Download the remote-desktop agent again", Errors: []int{http.StatusBadRequest},
	}), func(_ context.Context, c *rest.Call, in *agentPath) (string, error) {
		if err := h.own(c.Principal, string(in.AgentID)); err != nil {
			return "", err
		}
		return "", fault.Refused(meshAway)
	})
}

func (h *handlers) reportHistory(ctx context.Context, c *rest.Call, in *struct {
	HistoryPK int64        `path:"history_pk"`
	AgentID   rest.AgentID `path:"agent_id"`
}) (string, error) {
	if err := h.own(c.Principal, string(in.AgentID)); err != nil {
		return "", err
	}
	got, err := h.input(ctx, c)
	if err != nil {
		return "", err
	}
	defer got.pass.leave()
	body := got.body
	if got.members != nil {
		if body, err = truncatedHistory(got.members); err != nil {
			return "", refused()
		}
	}
	if err := h.unlessAway(c, h.Agents.OwnsHistory(ctx, c.Principal.AgentPK, in.HistoryPK)); err != nil {
		return "", err
	}
	if _, err := results.DecodeHistory(body, in.HistoryPK); err != nil {
		return "", refused()
	}
	return h.store(ctx, c, results.Result{Kind: results.KindHistory, Ref: strconv.FormatInt(in.HistoryPK, 10), Body: body})
}

// truncatedHistory stands in for an outcome that was too large, of the kind that it was.
func truncatedHistory(members map[string]json.RawMessage) ([]byte, error) {
	if _, script := members["script_results"]; script {
		return json.Marshal(map[string]any{"script_results": map[string]any{"stdout": "", "stderr": truncatedText, "retcode": 1, "execution_time": 0}})
	}
	return json.Marshal(map[string]any{"results": truncatedText})
}

func (h *handlers) reportPackage(ctx context.Context, c *rest.Call, in *struct {
	AgentID rest.AgentID `path:"agent_id"`
	Action  int64        `path:"pending_action_pk"`
	Body    json.RawMessage
}) (string, error) {
	if err := h.own(c.Principal, string(in.AgentID)); err != nil {
		return "", err
	}
	var body agentwire.ChocoResult
	if json.Unmarshal(in.Body, &body) != nil {
		return "", refused()
	}
	output := strings.ReplaceAll(body.Results, "\x00", "")
	err := h.Agents.FinishChoco(ctx, c.Principal.AgentPK, in.Action, output, func(name string) bool { return packageInstalled(output, name) })
	if err != nil {
		return "", err
	}
	return "ok", nil
}

// packageInstalled reads chocolatey's output (agent-protocol.md §4.8).
func packageInstalled(output, name string) bool {
	output, name = strings.ToLower(output), strings.ToLower(name)
	for _, words := range [][]string{
		{"install", "of", name, "was", "successful", "installed"},
		{name, "already", "installed", "--force", "reinstall"},
	} {
		all := true
		for _, w := range words {
			all = all && strings.Contains(output, w)
		}
		if all {
			return true
		}
	}
	return false
}
