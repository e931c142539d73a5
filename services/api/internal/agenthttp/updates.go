package agenthttp

import (
	"context"
	"errors"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/patches"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h *handlers) registerUpdates(r *rest.Router) {
	const path = "/api/v3/winupdates/"
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodPost, Path: path, ID: "reportUpdateScan", Summary: "Report the Windows updates that were found",
		MaxBody: maxInventory, Errors: []int{http.StatusBadRequest},
	}), h.updateScan)
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodPatch, Path: path, ID: "reportUpdate", Summary: "Report the installation of one update",
		Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}), h.updateResult)
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodPut, Path: path, ID: "reportUpdatesDone", Summary: "Report the end of an installation run",
		Errors: []int{http.StatusBadRequest},
	}), h.updatesDone)
	rest.Handle(r, agentOp(rest.Operation{
		Method: http.MethodPost, Path: "/api/v3/superseded/", ID: "reportSuperseded", Summary: "Report that an update no longer exists",
		Errors: []int{http.StatusBadRequest},
	}), h.superseded)
}

func (h *handlers) updateScan(ctx context.Context, c *rest.Call, in *rawBody) (string, error) {
	if _, err := decode(h, c.Principal, in.Body, func(b *agentwire.AgentRef) string { return b.AgentID }); err != nil {
		return "", err
	}
	updates, err := patches.DecodeScan(in.Body)
	if err != nil {
		return "", refused()
	}
	if len(updates) == 0 {
		return "", fault.Refused("Empty payload")
	}
	return "ok", h.Patches.Scan(ctx, c.Principal.AgentPK, updates)
}

func (h *handlers) updateResult(ctx context.Context, c *rest.Call, in *rawBody) (string, error) {
	body, err := decode(h, c.Principal, in.Body, func(b *agentwire.UpdateResult) string { return b.AgentID })
	if err != nil {
		return "", err
	}
	err = h.Patches.Finish(ctx, c.Principal.AgentPK, body.GUID, body.Success)
	if errors.Is(err, patches.ErrUnknown) {
		return "", fault.NotFound("WinUpdate")
	}
	return "ok", err
}

// When an agent restarts after an installation run.
const (
	rebootAlways   = "always"
	rebootRequired = "required"
)

func (h *handlers) updatesDone(ctx context.Context, c *rest.Call, in *rawBody) (string, error) {
	body, err := decode(h, c.Principal, in.Body, func(b *agentwire.UpdatesDone) string { return b.AgentID })
	if err != nil {
		return "", err
	}
	pk := c.Principal.AgentPK
	if err := h.Agents.SetNeedsReboot(ctx, pk, body.NeedsReboot); err != nil {
		return "", err
	}
	if err := h.Patches.RemoveSuperseded(ctx, pk); err != nil {
		return "", err
	}
	detail, err := h.Agents.Detail(ctx, pk)
	if err != nil {
		return "", err
	}
	if p := detail.PatchPolicy; p != nil {
		if p.RebootAfterInstall == rebootAlways || p.RebootAfterInstall == rebootRequired && body.NeedsReboot {
			h.send(ctx, c.Principal.AgentID, agentwire.Command{Func: agentwire.FuncRebootNow})
		}
	}
	return "ok", nil
}

func (h *handlers) superseded(ctx context.Context, c *rest.Call, in *rawBody) (string, error) {
	body, err := decode(h, c.Principal, in.Body, func(b *agentwire.Superseded) string { return b.AgentID })
	if err != nil {
		return "", err
	}
	return "ok", h.Patches.Remove(ctx, c.Principal.AgentPK, body.GUID)
}
