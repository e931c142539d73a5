package accountsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerRoles(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/accounts/roles/", ID: "listRoles", Tag: tag, Summary: "List roles",
		Auth: rest.AuthUser, Permission: access.ListRoles,
	}, h.listRoles)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/accounts/roles/", ID: "createRole", Tag: tag, Summary: "Create a role",
		Auth: rest.AuthUser, Permission: access.ManageRoles,
	}, h.createRole)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/accounts/roles/{pk}/", ID: "getRole", Tag: tag, Summary: "Get a role",
		Auth: rest.AuthUser, Permission: access.ListRoles, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, _ *rest.Call, in *byPK) (Role, error) {
		role, err := h.accounts.Role(ctx, in.PK)
		return toRole(role), err
	})
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/accounts/roles/{pk}/", ID: "updateRole", Tag: tag, Summary: "Change a role",
		Description: "The name must be sent; absent flags and lists keep their value.",
		Auth:        rest.AuthUser, Permission: access.ManageRoles, Errors: []int{http.StatusNotFound},
	}, h.updateRole)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/accounts/roles/{pk}/", ID: "deleteRole", Tag: tag, Summary: "Delete a role",
		Auth: rest.AuthUser, Permission: access.ManageRoles, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, _ *rest.Call, in *byPK) (string, error) {
		return message("Role was removed", h.accounts.DeleteRole(ctx, in.PK))
	})
}

func (h handlers) listRoles(ctx context.Context, _ *rest.Call, _ *none) ([]Role, error) {
	roles, err := h.accounts.Roles(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Role, len(roles))
	for i, role := range roles {
		out[i] = toRole(role)
	}
	return out, nil
}

func (h handlers) createRole(ctx context.Context, _ *rest.Call, in *struct{ Body roleBody }) (string, error) {
	role := accounts.Role{Flags: map[string]bool{}}
	in.Body.applyTo(&role)
	_, err := h.accounts.AddRole(ctx, role)
	return message("Role was added", err)
}

func (h handlers) updateRole(ctx context.Context, _ *rest.Call, in *struct {
	PK   int32 `path:"pk"`
	Body roleBody
}) (string, error) {
	return message("Role was edited", h.accounts.UpdateRole(ctx, in.PK, in.Body.applyTo))
}
