package coreapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Settings are the global settings with what a form needs to offer them.
type Settings struct {
	settings.Core
	AllTimezones []string   `json:"all_timezones"`
	CreatedTime  *rest.Time `json:"created_time"`
	ModifiedTime *rest.Time `json:"modified_time"`
}

// DashInfo is what the web client reads at start (rest-1.md §7).
type DashInfo struct {
	TRMMVersion              string      `json:"trmm_version"`
	LatestTRMMVersion        string      `json:"latest_trmm_ver"`
	DarkMode                 bool        `json:"dark_mode"`
	ShowCommunityScripts     bool        `json:"show_community_scripts"`
	DblClickAction           string      `json:"dbl_click_action"`
	DefaultAgentTblTab       string      `json:"default_agent_tbl_tab"`
	URLAction                *int32      `json:"url_action"`
	ClientTreeSort           string      `json:"client_tree_sort"`
	ClientTreeSplitter       int32       `json:"client_tree_splitter"`
	LoadingBarColor          string      `json:"loading_bar_color"`
	ClearSearchWhenSwitching bool        `json:"clear_search_when_switching"`
	Hosted                   bool        `json:"hosted"`
	DateFormat               *string     `json:"date_format"`
	DefaultDateFormat        string      `json:"default_date_format"`
	TokenIsExpired           bool        `json:"token_is_expired"`
	OpenAIIntegrationEnabled bool        `json:"open_ai_integration_enabled"`
	DashInfoColor            string      `json:"dash_info_color"`
	DashPositiveColor        string      `json:"dash_positive_color"`
	DashNegativeColor        string      `json:"dash_negative_color"`
	DashWarningColor         string      `json:"dash_warning_color"`
	RunCmdPlaceholderText    Placeholder `json:"run_cmd_placeholder_text"`
	ServerScriptsEnabled     bool        `json:"server_scripts_enabled"`
	WebTerminalEnabled       bool        `json:"web_terminal_enabled"`
	BlockLocalUserLogon      bool        `json:"block_local_user_logon"`
	SSOEnabled               bool        `json:"sso_enabled"`
}

// Placeholder are the samples shown in an empty command field.
type Placeholder struct {
	Cmd        string `json:"cmd"`
	Powershell string `json:"powershell"`
	Shell      string `json:"shell"`
}

func (h handlers) registerSettings(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/core/settings/", ID: "getCoreSettings", Tag: "core",
		Summary: "Read the global settings", Auth: rest.AuthUser, Permission: access.ViewCoreSettings,
	}, h.getSettings)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/core/settings/", ID: "updateCoreSettings", Tag: "core", Partial: true,
		Summary: "Change the global settings", Auth: rest.AuthUser, Permission: access.EditCoreSettings,
		Errors: []int{http.StatusBadRequest},
	}, h.updateSettings)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/core/dashinfo/", ID: "getDashInfo", Tag: "core",
		Summary: "Read what the web client needs at start", Auth: rest.AuthUser,
		NoPermission: "every signed-in client starts with it", NoHead: true, Errors: []int{http.StatusBadRequest},
	}, h.dashInfo)
}

func (h handlers) getSettings(ctx context.Context, _ *rest.Call, _ *struct{}) (Settings, error) {
	core, err := h.Settings.Get(ctx)
	if err != nil {
		return Settings{}, err
	}
	zones, err := h.Zones.Names(ctx)
	if err != nil {
		return Settings{}, err
	}
	return Settings{Core: core, AllTimezones: zones, CreatedTime: rest.AtPtr(core.CreatedTime), ModifiedTime: rest.AtPtr(core.ModifiedTime)}, nil
}

func (h handlers) dashInfo(ctx context.Context, c *rest.Call, _ *struct{}) (DashInfo, error) {
	if c.Principal.Installer {
		return DashInfo{}, fault.Refused("")
	}
	core, err := h.Settings.Get(ctx)
	if err != nil {
		return DashInfo{}, err
	}
	p, err := h.Accounts.Preferences(ctx, c.Principal.UserID)
	if err != nil {
		return DashInfo{}, err
	}
	latest := h.Product.Version
	switch newer, failed := h.News.Release(); {
	case failed:
		latest = "error" // the contract's word for not known
	case newer != "":
		latest = newer
	}
	return DashInfo{
		TRMMVersion: h.Product.Version, LatestTRMMVersion: latest,
		DarkMode: p.DarkMode, ShowCommunityScripts: p.ShowCommunityScripts, DblClickAction: p.AgentDblclickAction,
		DefaultAgentTblTab: p.DefaultAgentTblTab, URLAction: p.URLAction, ClientTreeSort: p.ClientTreeSort,
		ClientTreeSplitter: p.ClientTreeSplitter, LoadingBarColor: p.LoadingBarColor,
		ClearSearchWhenSwitching: p.ClearSearchWhenSwitching, DateFormat: p.DateFormat, DefaultDateFormat: core.DateFormat,
		OpenAIIntegrationEnabled: core.OpenAIToken != nil && *core.OpenAIToken != "",
		DashInfoColor:            p.DashInfoColor, DashPositiveColor: p.DashPositiveColor, DashNegativeColor: p.DashNegativeColor,
		DashWarningColor: p.DashWarningColor,
		RunCmdPlaceholderText: Placeholder{
			Cmd: h.Product.CmdPlaceholder, Powershell: h.Product.PSPlaceholder, Shell: h.Product.ShellPlaceholder,
		},
		ServerScriptsEnabled: h.Product.ServerScripts && core.EnableServerScripts,
		WebTerminalEnabled:   h.Product.WebTerminal && core.EnableServerWebterminal,
		BlockLocalUserLogon:  core.BlockLocalUserLogon, SSOEnabled: core.SSOEnabled,
	}, nil
}
