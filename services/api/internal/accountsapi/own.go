package accountsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// TOTPEnrolment is a new second factor. It is shown once.
type TOTPEnrolment struct {
	Username string `json:"username"`
	TOTPKey  string `json:"totp_key"`
	QRURL    string `json:"qr_url"`
}

const ownRow = "Touches only the caller's own account; the installer's account is refused."

func (h handlers) registerOwn(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/accounts/users/setup_totp/", ID: "setUpTotp", Tag: tag, Summary: "Set up the caller's second factor",
		Description: "Answers false when there is one already.",
		Auth:        rest.AuthUser, LatePermission: ownRow, Scope: rest.ScopeSelf, AllowSetup: true, Outputs: []any{TOTPEnrolment{}, false},
	}, h.setUpTOTP)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPatch, Path: "/accounts/users/ui/", ID: "updateProfile", Tag: tag, Summary: "Change the caller's choices for the web app",
		Auth: rest.AuthUser, LatePermission: ownRow, Scope: rest.ScopeSelf, Partial: true,
	}, h.updateProfile)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/accounts/resetpw/", ID: "resetOwnPassword", Tag: tag, Summary: "Set the caller's password",
		Auth: rest.AuthUser, LatePermission: ownRow, Scope: rest.ScopeSelf, NotInDemo: true,
	}, h.resetOwnPassword)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/accounts/reset2fa/", ID: "resetOwnTotp", Tag: tag, Summary: "Clear the caller's second factor",
		Auth: rest.AuthUser, LatePermission: ownRow, Scope: rest.ScopeSelf, NotInDemo: true,
	}, h.resetOwnTOTP)
}

// person lets everybody pass but the installer's account.
func person(c *rest.Call) error {
	if c.Principal.Installer {
		return fault.Forbidden()
	}
	return c.Allow(ownRow)
}

func (h handlers) setUpTOTP(ctx context.Context, c *rest.Call, _ *none) (any, error) {
	if err := person(c); err != nil {
		return nil, err
	}
	e, ok, err := h.accounts.SetUpTOTP(ctx, c.Principal)
	if err != nil || !ok {
		return false, err
	}
	c.Header().Set("Cache-Control", "no-store")
	return TOTPEnrolment{Username: e.Username, TOTPKey: e.Key, QRURL: e.QRURL}, nil
}

type updateProfileInput struct {
	Body struct {
		DarkMode                 rest.Field[bool]   `json:"dark_mode"`
		ShowCommunityScripts     rest.Field[bool]   `json:"show_community_scripts"`
		AgentDblclickAction      rest.Field[string] `json:"agent_dblclick_action" rule:"choices=editagent|takecontrol|remotebg|urlaction"`
		URLAction                rest.Field[int32]  `json:"url_action" rule:"null,ref=url_action"`
		DefaultAgentTblTab       rest.Field[string] `json:"default_agent_tbl_tab" rule:"choices=server|workstation|mixed"`
		ClientTreeSort           rest.Field[string] `json:"client_tree_sort" rule:"choices=alphafail|alpha"`
		ClientTreeSplitter       rest.Field[int32]  `json:"client_tree_splitter" rule:"min=0"`
		LoadingBarColor          rest.Field[string] `json:"loading_bar_color" rule:"max=255"`
		DashInfoColor            rest.Field[string] `json:"dash_info_color" rule:"max=255"`
		DashPositiveColor        rest.Field[string] `json:"dash_positive_color" rule:"max=255"`
		DashNegativeColor        rest.Field[string] `json:"dash_negative_color" rule:"max=255"`
		DashWarningColor         rest.Field[string] `json:"dash_warning_color" rule:"max=255"`
		ClearSearchWhenSwitching rest.Field[bool]   `json:"clear_search_when_switching"`
		BlockDashboardLogin      rest.Field[bool]   `json:"block_dashboard_login"`
		DateFormat               rest.Field[string] `json:"date_format" rule:"null,blank,max=30,pattern=name"`
	}
}

func (h handlers) updateProfile(ctx context.Context, c *rest.Call, in *updateProfileInput) (string, error) {
	if err := person(c); err != nil {
		return "", err
	}
	b := &in.Body
	return done(h.accounts.UpdatePreferences(ctx, c.Principal, func(p *accounts.Preferences) {
		b.DarkMode.Apply(&p.DarkMode)
		b.ShowCommunityScripts.Apply(&p.ShowCommunityScripts)
		b.AgentDblclickAction.Apply(&p.AgentDblclickAction)
		b.URLAction.ApplyNull(&p.URLAction)
		b.DefaultAgentTblTab.Apply(&p.DefaultAgentTblTab)
		b.ClientTreeSort.Apply(&p.ClientTreeSort)
		b.ClientTreeSplitter.Apply(&p.ClientTreeSplitter)
		b.LoadingBarColor.Apply(&p.LoadingBarColor)
		b.DashInfoColor.Apply(&p.DashInfoColor)
		b.DashPositiveColor.Apply(&p.DashPositiveColor)
		b.DashNegativeColor.Apply(&p.DashNegativeColor)
		b.DashWarningColor.Apply(&p.DashWarningColor)
		b.ClearSearchWhenSwitching.Apply(&p.ClearSearchWhenSwitching)
		b.BlockDashboardLogin.Apply(&p.BlockDashboardLogin)
		b.DateFormat.ApplyNull(&p.DateFormat)
	}))
}

func (h handlers) resetOwnPassword(ctx context.Context, c *rest.Call, in *struct {
	Body struct {
		Password rest.Field[string] `json:"password" rule:"required,verbatim,max=4096"`
	}
}) (string, error) {
	if err := person(c); err != nil {
		return "", err
	}
	return message("Password was reset.", h.accounts.SetPassword(ctx, c.Principal.UserID, in.Body.Password.Value))
}

func (h handlers) resetOwnTOTP(ctx context.Context, c *rest.Call, _ *none) (string, error) {
	if err := person(c); err != nil {
		return "", err
	}
	_, err := h.accounts.ResetTOTP(ctx, c.Principal.UserID)
	return message("2FA was reset. Log out and back in to setup.", err)
}
