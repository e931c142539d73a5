package agenthttp

import (
	"context"
	"encoding/json"
	"net/http"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/pkg/software"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// maxInventory bounds the lists that agents post, in bytes.
const maxInventory = 16 << 20

func (h *handlers) registerInventory(r *rest.Router) {
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodPost, Path: "/api/v3/checkin/", ID: "reportAgentStart", Summary: "Report that a Windows agent has started",
	}), h.checkIn)
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodPost, Path: "/api/v3/syncmesh/", ID: "reportMeshNode", Summary: "Report the node of the remote-desktop agent",
	}), h.syncMesh)
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodPost, Path: "/api/v3/software/", ID: "reportSoftware", Summary: "Report the installed software",
		MaxBody: maxInventory, Errors: []int{http.StatusBadRequest, http.StatusServiceUnavailable},
	}), h.software)
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodPost, Path: "/api/v3/choco/", ID: "reportChoco", Summary: "Report whether chocolatey is installed",
	}), h.choco)
}

type rawBody struct{ Body json.RawMessage }

// decode reads a small body and refuses the id of another agent.
func decode[T any](h *handlers, p *access.Principal, raw json.RawMessage, id func(*T) string) (*T, error) {
	body := new(T)
	if json.Unmarshal(raw, body) != nil {
		return nil, refused()
	}
	named := id(body)
	if err := h.ownBody(p, &named); err != nil {
		return nil, err
	}
	return body, nil
}

// checkIn makes a starting Windows agent look for updates and, if it is not known to have it, install chocolatey.
func (h *handlers) checkIn(ctx context.Context, c *rest.Call, in *rawBody) (string, error) {
	if _, err := decode(h, c.Principal, in.Body, func(b *agentwire.AgentRef) string { return b.AgentID }); err != nil {
		return "", err
	}
	commands := []agentwire.Command{{Func: agentwire.FuncGetWinUpdates}}
	installed, err := h.Agents.ChocoInstalled(ctx, c.Principal.AgentPK)
	if err != nil {
		return "", err
	}
	if !installed {
		commands = append([]agentwire.Command{{Func: agentwire.FuncInstallChoco}}, commands...)
	}
	for _, cmd := range commands {
		h.send(ctx, c.Principal.AgentID, cmd)
	}
	return "ok", nil
}

// send tells the agent something that it will be told again later if this is lost.
func (h *handlers) send(ctx context.Context, agentID string, cmd agentwire.Command) {
	if err := h.Commander.Publish(ctx, agentID, cmd); err != nil {
		h.limited.Warn("send", "command could not be sent", zap.String(log.FieldAgentID, agentID), zap.String("func", cmd.Func), zap.Error(err))
	}
}

func (h *handlers) syncMesh(ctx context.Context, c *rest.Call, in *rawBody) (string, error) {
	body, err := decode(h, c.Principal, in.Body, func(b *agentwire.SyncMesh) string { return b.AgentID })
	if err != nil {
		return "", err
	}
	const maxNode = 255
	if len(body.NodeID) > maxNode {
		return "", refused()
	}
	return "ok", h.Agents.SetMeshNode(ctx, c.Principal.AgentPK, body.NodeID)
}

func (h *handlers) software(ctx context.Context, c *rest.Call, in *rawBody) (string, error) {
	if _, err := decode(h, c.Principal, in.Body, func(b *agentwire.AgentRef) string { return b.AgentID }); err != nil {
		return "", err
	}
	if _, err := software.Decode(in.Body); err != nil {
		return "", refused()
	}
	return h.store(ctx, c, results.Result{Kind: results.KindSoftware, Body: in.Body})
}

func (h *handlers) choco(ctx context.Context, c *rest.Call, in *rawBody) (string, error) {
	body, err := decode(h, c.Principal, in.Body, func(b *agentwire.ChocoReport) string { return b.AgentID })
	if err != nil {
		return "", err
	}
	return "ok", h.Agents.SetChocoInstalled(ctx, c.Principal.AgentPK, body.Installed)
}
