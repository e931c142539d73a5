package agentsapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerBulk(r *rest.Router) {
	op := func(method, path, id, summary string, p access.Permission, demo bool) rest.Operation {
		return fn(rest.Operation{
			Method: method, Path: "/agents/" + path, ID: id, Tag: "agents", Summary: summary, Auth: rest.AuthUser, Permission: p,
			Scope: rest.ScopeList, Errors: []int{http.StatusBadRequest},
		}, demo)
	}
	rest.Handle(r, op(http.MethodPost, "actions/bulk/", "runBulkAction", "Run a command, script or patch run on many agents", access.RunBulk, true), h.bulk)
	rest.Handle(r, op(http.MethodPost, "maintenance/bulk/", "setMaintenance", "Switch maintenance mode of a client or site", access.EditAgent, false), h.maintenance)
	rest.Handle(r, op(http.MethodPost, "update/", "updateAgents", "Update agents to the latest version", access.UpdateAgents, true), h.update)
	recovery := op(http.MethodGet, "bulkrecovery/", "recoverAllAgents", "Recover all agents", access.RecoverAgents, true)
	recovery.Scope, recovery.Acts = rest.ScopeNone, true
	rest.Handle(r, recovery, h.recoverAll)
}

// bulkInput: which keys are needed follows mode and target, and the target is judged before the mode (rest-1.md §5.5).
type bulkInput struct {
	Body struct {
		Mode        rest.Field[string]   `json:"mode" rule:"required,blank" doc:"command, script, patch"`
		Target      rest.Field[string]   `json:"target" rule:"required,blank" doc:"client, site, agents, all"`
		MonType     rest.Field[string]   `json:"monType" rule:"null,blank" doc:"servers, workstations, else all"`
		OSType      rest.Field[string]   `json:"osType" rule:"null,blank" doc:"windows, linux, darwin, else all"`
		Client      rest.Field[int32]    `json:"client" rule:"null"`
		Site        rest.Field[int32]    `json:"site" rule:"null"`
		Agents      rest.Field[[]string] `json:"agents" rule:"null,max=100000"`
		Cmd         rest.Field[string]   `json:"cmd" rule:"null,blank,verbatim,max=262144"`
		Shell       rest.Field[string]   `json:"shell" rule:"null,blank,max=512"`
		CustomShell rest.Field[string]   `json:"custom_shell" rule:"null,blank,max=512"`
		Script      rest.Field[int32]    `json:"script" rule:"null"`
		Args        rest.Field[[]string] `json:"args" rule:"null,item.blank,item.verbatim,max=1000"`
		EnvVars     rest.Field[[]string] `json:"env_vars" rule:"null,item.blank,item.verbatim,max=1000"`
		CustomField rest.Field[int32]    `json:"custom_field" rule:"null,ref=custom_field"`
		CollectAll  rest.Field[bool]     `json:"collector_all_output" rule:"null"`
		SaveNote    rest.Field[bool]     `json:"save_to_agent_note" rule:"null"`
		Timeout     rest.Field[int32]    `json:"timeout" rule:"null,min=0,max=86400" doc:"seconds"`
		RunAsUser   rest.Field[bool]     `json:"run_as_user" rule:"null"`
		PatchMode   rest.Field[string]   `json:"patchMode" rule:"null,blank" doc:"install, scan"`
	}
}

func (h handlers) bulk(ctx context.Context, c *rest.Call, in *bulkInput) (string, error) {
	b := &in.Body
	run := actions.Bulk{
		Mode: b.Mode.Value, Target: b.Target.Value, ClientID: b.Client.Value, SiteID: b.Site.Value, AgentIDs: b.Agents.Value,
		MonitoringType: b.MonType.Value, Plat: b.OSType.Value,
		Command: actions.Command{
			Text: b.Cmd.Value, Shell: b.Shell.Value, CustomShell: b.CustomShell.Value, Timeout: int(b.Timeout.Value), RunAsUser: b.RunAsUser.Value,
		},
		ScriptID: b.Script.Value, Args: b.Args.Value, Env: b.EnvVars.Value, Timeout: int(b.Timeout.Value), RunAsUser: b.RunAsUser.Value,
		PatchMode: b.PatchMode.Value, Request: auditForm(b),
	}
	// Where an outcome goes is said as a set: with one of the three missing, none counts.
	if b.CustomField.Set && b.CollectAll.Set && b.SaveNote.Set {
		run.CustomField, run.CollectorAllOutput, run.SaveToAgentNote = b.CustomField.Ptr(), b.CollectAll.Value, b.SaveNote.Value
	}
	return h.Actions.Bulk(ctx, c.Principal, run)
}

// auditForm is the request as the audit row shows it.
func auditForm(b any) map[string]any {
	raw, err := json.Marshal(b)
	if err != nil {
		return map[string]any{}
	}
	var fields map[string]struct {
		Set   bool
		Null  bool
		Value any
	}
	if err := json.Unmarshal(raw, &fields); err != nil {
		return map[string]any{}
	}
	out := map[string]any{}
	for key, f := range fields {
		switch {
		case f.Set && f.Null:
			out[key] = nil
		case f.Set:
			out[key] = f.Value
		}
	}
	return out
}

type maintenanceInput struct {
	Body struct {
		Type   rest.Field[string] `json:"type" rule:"required,blank" doc:"Client or Site"`
		ID     rest.Field[int32]  `json:"id" rule:"required"`
		Action rest.Field[bool]   `json:"action" rule:"required"`
	}
}

func (h handlers) maintenance(ctx context.Context, c *rest.Call, in *maintenanceInput) (string, error) {
	scope, id := c.Principal.Scope, in.Body.ID.Value
	var target agents.MaintenanceTarget
	switch in.Body.Type.Value {
	case "Client":
		if _, err := h.Agents.RequireClient(ctx, scope, id); err != nil {
			return "", err
		}
		target.ClientID = &id
	case "Site":
		if _, _, err := h.Agents.RequireSite(ctx, scope, id); err != nil {
			return "", err
		}
		target.SiteID = &id
	default:
		return "", fault.Refused("Invalid data")
	}
	n, err := h.Agents.SetMaintenance(ctx, scope, target, in.Body.Action.Value)
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "No agents have been put in maintenance mode. You might not have permissions to the resources.", nil
	}
	word := "disabled"
	if in.Body.Action.Value {
		word = "enabled"
	}
	return fmt.Sprintf("Maintenance mode has been %s on %d agents", word, n), nil
}

type updateInput struct {
	Body struct {
		AgentIDs rest.Field[[]string] `json:"agent_ids" rule:"required,max=100000"`
	}
}

func (h handlers) update(ctx context.Context, c *rest.Call, in *updateInput) (string, error) {
	if err := h.Actions.Update(ctx, c.Principal.Scope, h.Releases, in.Body.AgentIDs.Value); err != nil {
		return "", err
	}
	return "ok", nil
}

func (h handlers) recoverAll(ctx context.Context, _ *rest.Call, _ *struct{}) (string, error) {
	if err := h.Actions.RecoverAll(ctx); err != nil {
		return "", err
	}
	return "Agents will now be recovered", nil
}
