package agentsapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerRegistryValues(r *rest.Router) {
	rest.Handle(r, registryOp(http.MethodPost, "create-value/", "createRegistryValue", "Add a registry value"), h.createValue)
	rest.Handle(r, registryOp(http.MethodDelete, "delete-value/", "deleteRegistryValue", "Remove a registry value"), h.deleteValue)
	rest.Handle(r, registryOp(http.MethodPost, "rename-value/", "renameRegistryValue", "Rename a registry value"), h.renameValue)
	rest.Handle(r, registryOp(http.MethodPost, "modify-value/", "modifyRegistryValue", "Change a registry value"), h.modifyValue)
}

type registryValueInput struct {
	AgentID rest.AgentID `path:"agent_id"`
	Body    struct {
		Path rest.Field[string]          `json:"path" rule:"null,blank"`
		Type rest.Field[string]          `json:"type" rule:"null,blank"`
		Name rest.Field[string]          `json:"name" rule:"null,blank,verbatim"`
		Data rest.Field[json.RawMessage] `json:"data" rule:"null" doc:"text, number or list"`
	}
}

// RegistryValue is a value as the agent stored it.
type RegistryValue struct {
	Name string          `json:"name"`
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// RegistryWritten is the answer to a written value.
type RegistryWritten struct {
	Status string        `json:"status"`
	Data   RegistryValue `json:"data"`
}

const (
	typeNeeded = "Registry value type is required"
	nameNeeded = "Registry value name is required"
)

func (in *registryValueInput) parts() (path, kind, name string) {
	return in.Body.Path.Value, strings.ToUpper(in.Body.Type.Value), in.Body.Name.Value
}

func (h handlers) createValue(ctx context.Context, c *rest.Call, in *registryValueInput) (RegistryWritten, error) {
	ref, err := h.withRegistry(ctx, c, in.AgentID)
	if err != nil {
		return RegistryWritten{}, err
	}
	path, kind, name := in.parts()
	if err := needed(path, pathNeeded, kind, typeNeeded, name, nameNeeded); err != nil {
		return RegistryWritten{}, err
	}
	got, err := h.Actions.CreateRegistryValue(ctx, ref, path, actions.RegistryValue{Name: name, Type: kind, Data: in.Body.Data.Value})
	return written(got), err
}

func (h handlers) modifyValue(ctx context.Context, c *rest.Call, in *registryValueInput) (RegistryWritten, error) {
	ref, err := h.withRegistry(ctx, c, in.AgentID)
	if err != nil {
		return RegistryWritten{}, err
	}
	path, kind, name := in.parts()
	if err := needed(path, pathNeeded, name, nameNeeded, kind, typeNeeded); err != nil {
		return RegistryWritten{}, err
	}
	got, err := h.Actions.ModifyRegistryValue(ctx, ref, path, actions.RegistryValue{Name: name, Type: kind, Data: in.Body.Data.Value})
	return written(got), err
}

func written(v actions.RegistryValue) RegistryWritten {
	return RegistryWritten{Status: "success", Data: RegistryValue{Name: v.Name, Type: v.Type, Data: orNull(v.Data)}}
}

type valueQuery struct {
	AgentID rest.AgentID `path:"agent_id"`
	Path    string       `query:"path"`
	Name    string       `query:"name"`
}

// RegistryName is the answer to a removed value.
type RegistryName struct {
	Status string `json:"status"`
	Name   string `json:"name"`
}

func (h handlers) deleteValue(ctx context.Context, c *rest.Call, in *valueQuery) (RegistryName, error) {
	ref, err := h.withRegistry(ctx, c, in.AgentID)
	if err != nil {
		return RegistryName{}, err
	}
	path := strings.TrimSpace(in.Path)
	if err := needed(path, pathNeeded, in.Name, nameNeeded); err != nil {
		return RegistryName{}, err
	}
	return RegistryName{"success", in.Name}, h.Actions.DeleteRegistryValue(ctx, ref, path, in.Name)
}

type renameValueInput struct {
	AgentID rest.AgentID `path:"agent_id"`
	Body    struct {
		Path    rest.Field[string] `json:"path" rule:"null,blank"`
		OldName rest.Field[string] `json:"old_name" rule:"null,blank,verbatim"`
		NewName rest.Field[string] `json:"new_name" rule:"null,blank,verbatim"`
	}
}

// RegistryRenamedValue is the answer to a renamed value.
type RegistryRenamedValue struct {
	Status  string `json:"status"`
	OldName string `json:"old_name"`
	NewName string `json:"new_name"`
}

func (h handlers) renameValue(ctx context.Context, c *rest.Call, in *renameValueInput) (RegistryRenamedValue, error) {
	ref, err := h.withRegistry(ctx, c, in.AgentID)
	if err != nil {
		return RegistryRenamedValue{}, err
	}
	path, from, to := in.Body.Path.Value, in.Body.OldName.Value, in.Body.NewName.Value
	if err := needed(path, pathNeeded, from, "Old value name is required", to, "New value name is required"); err != nil {
		return RegistryRenamedValue{}, err
	}
	if from == to {
		return RegistryRenamedValue{}, fault.Refused("Old and new value names cannot be the same")
	}
	return RegistryRenamedValue{"success", from, to}, h.Actions.RenameRegistryValue(ctx, ref, path, from, to)
}
