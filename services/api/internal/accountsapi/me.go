package accountsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Me is who calls and what the caller may do, so that a client offers nothing that would be refused.
type Me struct {
	Username    string              `json:"username"`
	IsSuperuser bool                `json:"is_superuser"`
	Permissions []access.Permission `json:"permissions"` // a superuser's are all
}

func (h handlers) registerMe(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/v1/me", ID: "getMe", Tag: tag, Summary: "Read who calls and what the caller may do",
		Auth: rest.AuthUser, NoPermission: "Tells callers only about themselves.", Scope: rest.ScopeSelf,
	}, func(_ context.Context, c *rest.Call, _ *none) (Me, error) {
		me := Me{Username: c.Principal.Username, IsSuperuser: c.Principal.Super, Permissions: []access.Permission{}}
		for _, p := range access.Permissions() {
			if c.Principal.Can(p) {
				me.Permissions = append(me.Permissions, p)
			}
		}
		return me, nil
	})
}
