package agentsapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func registryOp(method, path, id, summary string) rest.Operation {
	op := one(method, "registry/"+path, id, summary, access.UseRegistry, http.StatusBadRequest)
	op.NotInDemo, op.Timeout = true, 90*time.Second
	return op
}

func (h handlers) registerRegistry(r *rest.Router) {
	rest.Handle(r, registryOp(http.MethodGet, "", "browseRegistry", "Read a key of the registry"), h.browse)
	rest.Handle(r, registryOp(http.MethodPost, "create-key/", "createRegistryKey", "Add a registry key"), h.createKey)
	rest.Handle(r, registryOp(http.MethodDelete, "delete-key/", "deleteRegistryKey", "Remove a registry key and all below it"), h.deleteKey)
	rest.Handle(r, registryOp(http.MethodPost, "rename-key/", "renameRegistryKey", "Rename a registry key"), h.renameKey)
}

// withRegistry returns an agent that has a registry browser; that is judged before any parameter.
func (h handlers) withRegistry(ctx context.Context, c *rest.Call, id rest.AgentID) (agents.Ref, error) {
	ref, err := h.find(ctx, c, id)
	if err != nil {
		return ref, err
	}
	return ref, actions.RequireRegistry(ref)
}

// needed refuses the first empty value with its message.
func needed(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == "" {
			return fault.Refused(pairs[i+1])
		}
	}
	return nil
}

const pathNeeded = "Registry path is required"

type browseInput struct {
	AgentID  rest.AgentID `path:"agent_id"`
	Path     string       `query:"path" default:"Computer"`
	Page     string       `query:"page" default:"1"`
	PageSize string       `query:"page_size" default:"200"`
}

// RegistryPage is a page of a registry key.
type RegistryPage struct {
	Path     string          `json:"path"`
	SubKeys  json.RawMessage `json:"subkeys"`
	Values   json.RawMessage `json:"values"`
	HasMore  bool            `json:"has_more"`
	Page     int             `json:"page"`
	PageSize int             `json:"page_size"`
}

func (h handlers) browse(ctx context.Context, c *rest.Call, in *browseInput) (RegistryPage, error) {
	ref, err := h.withRegistry(ctx, c, in.AgentID)
	if err != nil {
		return RegistryPage{}, err
	}
	page, err1 := strconv.Atoi(in.Page)
	size, err2 := strconv.Atoi(in.PageSize)
	if err1 != nil || err2 != nil {
		return RegistryPage{}, fault.Refused("page and page_size must be integers")
	}
	got, err := h.Actions.BrowseRegistry(ctx, ref, strings.TrimSpace(in.Path), strconv.Itoa(page), strconv.Itoa(size))
	if err != nil {
		return RegistryPage{}, err
	}
	return RegistryPage{Path: got.Path, SubKeys: got.SubKeys, Values: got.Values, HasMore: got.HasMore, Page: page, PageSize: size}, nil
}

type keyInput struct {
	AgentID rest.AgentID `path:"agent_id"`
	Body    struct {
		Path rest.Field[string] `json:"path" rule:"null,blank"`
	}
}

// RegistryPath is the answer to a new key.
type RegistryPath struct {
	Status string `json:"status"`
	Path   string `json:"path"`
}

func (h handlers) createKey(ctx context.Context, c *rest.Call, in *keyInput) (RegistryPath, error) {
	ref, err := h.withRegistry(ctx, c, in.AgentID)
	if err != nil {
		return RegistryPath{}, err
	}
	path := in.Body.Path.Value
	if err := needed(path, pathNeeded); err != nil {
		return RegistryPath{}, err
	}
	return RegistryPath{"success", path}, h.Actions.CreateRegistryKey(ctx, ref, path)
}

type keyQuery struct {
	AgentID rest.AgentID `path:"agent_id"`
	Path    string       `query:"path"`
}

// RegistryDeleted is the answer to a removed key.
type RegistryDeleted struct {
	Status      string `json:"status"`
	DeletedPath string `json:"deleted_path"`
}

func (h handlers) deleteKey(ctx context.Context, c *rest.Call, in *keyQuery) (RegistryDeleted, error) {
	ref, err := h.withRegistry(ctx, c, in.AgentID)
	if err != nil {
		return RegistryDeleted{}, err
	}
	path := strings.TrimSpace(in.Path)
	if err := needed(path, pathNeeded); err != nil {
		return RegistryDeleted{}, err
	}
	return RegistryDeleted{"success", path}, h.Actions.DeleteRegistryKey(ctx, ref, path)
}

type renameKeyInput struct {
	AgentID rest.AgentID `path:"agent_id"`
	Body    struct {
		OldPath rest.Field[string] `json:"old_path" rule:"null,blank"`
		NewPath rest.Field[string] `json:"new_path" rule:"null,blank"`
	}
}

// RegistryRenamedKey is the answer to a renamed key.
type RegistryRenamedKey struct {
	Status  string `json:"status"`
	OldPath string `json:"old_path"`
	NewPath string `json:"new_path"`
}

func (h handlers) renameKey(ctx context.Context, c *rest.Call, in *renameKeyInput) (RegistryRenamedKey, error) {
	ref, err := h.withRegistry(ctx, c, in.AgentID)
	if err != nil {
		return RegistryRenamedKey{}, err
	}
	from, to := in.Body.OldPath.Value, in.Body.NewPath.Value
	const both = "Both 'old_path' and 'new_path' are required"
	if err := needed(from, both, to, both); err != nil {
		return RegistryRenamedKey{}, err
	}
	if from == to {
		return RegistryRenamedKey{}, fault.Refused("Old and new path cannot be the same")
	}
	return RegistryRenamedKey{"success", from, to}, h.Actions.RenameRegistryKey(ctx, ref, from, to)
}
