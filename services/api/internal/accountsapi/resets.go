package accountsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// registerResets adds the two paths on which administrators reset passwords (POST) and second factors (PUT). They behave
// alike, because clients use both (rest-1.md §4, Annex D).
func (h handlers) registerResets(r *rest.Router) {
	const late = "Needs can_manage_accounts unless the account is the caller's own; refused for all while local logon is blocked."
	for _, path := range []string{"/accounts/users/reset/", "/accounts/users/reset_totp/"} {
		name := ""
		if path == "/accounts/users/reset_totp/" {
			name = "Alternate"
		}
		rest.Handle(r, rest.Operation{
			Method: http.MethodPost, Path: path, ID: "resetUserPassword" + name, Tag: tag, Summary: "Set the password of an account",
			Auth: rest.AuthUser, LatePermission: late, Errors: []int{http.StatusNotFound},
		}, h.resetPassword)
		rest.Handle(r, rest.Operation{
			Method: http.MethodPut, Path: path, ID: "resetUserTotp" + name, Tag: tag, Summary: "Clear the second factor of an account",
			Auth: rest.AuthUser, LatePermission: late, Errors: []int{http.StatusNotFound},
		}, h.resetTOTP)
	}
}

func (h handlers) mayReset(ctx context.Context, c *rest.Call, target int32) error {
	ok, err := h.accounts.MayReset(ctx, c.Principal, target)
	switch {
	case err != nil:
		return err
	case !ok:
		return fault.Forbidden()
	}
	return c.Allow("the rule of MayReset")
}

type resetPasswordInput struct {
	Body struct {
		ID       rest.Field[int32]  `json:"id"`
		Password rest.Field[string] `json:"password" rule:"verbatim,max=4096"`
	}
}

func (h handlers) resetPassword(ctx context.Context, c *rest.Call, in *resetPasswordInput) (string, error) {
	if err := h.mayReset(ctx, c, in.Body.ID.Value); err != nil {
		return "", err
	}
	if err := rest.Require(map[string]bool{"id": in.Body.ID.Set, "password": in.Body.Password.Set}, "id", "password"); err != nil {
		return "", err
	}
	return done(h.accounts.SetPassword(ctx, in.Body.ID.Value, in.Body.Password.Value))
}

type resetTOTPInput struct {
	Body struct {
		ID rest.Field[int32] `json:"id"`
	}
}

func (h handlers) resetTOTP(ctx context.Context, c *rest.Call, in *resetTOTPInput) (string, error) {
	if err := h.mayReset(ctx, c, in.Body.ID.Value); err != nil {
		return "", err
	}
	if err := rest.Require(map[string]bool{"id": in.Body.ID.Set}, "id"); err != nil {
		return "", err
	}
	name, err := h.accounts.ResetTOTP(ctx, in.Body.ID.Value)
	return message(name+"'s Two-Factor key was reset. Have them sign in again to setup", err)
}
