package agentsapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents/installers"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// maxInstallerHours keeps a token's life within what a date can say.
const maxInstallerHours = 10 * 365 * 24

func (h handlers) registerInstaller(r *rest.Router) {
	rest.Handle(r, fn(rest.Operation{
		Method: http.MethodPost, Path: "/agents/installer/", ID: "makeInstaller", Tag: "agents", Summary: "Make what installs an agent",
		Description: "Command lines for manual and mac, scripts for bash and powershell. The token in them enrols until it expires.",
		Auth:        rest.AuthUser, Permission: access.InstallAgents, Scope: rest.ScopeSite, Outputs: []any{InstallCommand{}, ""},
		Errors: []int{http.StatusBadRequest}, AnyAccept: true,
	}, true), h.installer)
}

// InstallCommand is a command line to paste, and the address of the agent it installs.
type InstallCommand struct {
	Cmd string `json:"cmd"`
	URL string `json:"url"`
}

type installerInput struct {
	Body struct {
		Method    rest.Field[string] `json:"installMethod" rule:"required,choices=manual|mac|bash|powershell|exe"`
		Client    rest.Field[int32]  `json:"client" rule:"required"`
		Site      rest.Field[int32]  `json:"site" rule:"required"`
		Expires   rest.Field[string] `json:"expires" rule:"required" doc:"hours"`
		AgentType rest.Field[string] `json:"agenttype" rule:"required,choices=server|workstation"`
		Power     rest.Field[bool]   `json:"power"`
		RDP       rest.Field[bool]   `json:"rdp"`
		Ping      rest.Field[bool]   `json:"ping"`
		Goarch    rest.Field[string] `json:"goarch" rule:"required,choices=amd64|386|arm64|arm"`
		Plat      rest.Field[string] `json:"plat" rule:"required,choices=windows|linux|darwin"`
		API       rest.Field[string] `json:"api" rule:"required,max=255" doc:"base address of the api with scheme"`
		FileName  rest.Field[string] `json:"fileName" rule:"null,blank,max=255"`
	}
}

func (h handlers) installer(ctx context.Context, c *rest.Call, in *installerInput) (any, error) {
	b := &in.Body
	method := b.Method.Value
	if h.Insecure && (method == "exe" || method == "powershell") {
		return nil, fault.Refused("Not available in insecure mode. Please use the 'Manual' method.")
	}
	hours, err := strconv.Atoi(strings.TrimSpace(b.Expires.Value))
	if err != nil || hours < 1 || hours > maxInstallerHours {
		return nil, fault.Refused("Please enter a valid number of hours")
	}
	if _, _, err := h.Agents.RequireSite(ctx, c.Principal.Scope, b.Site.Value); err != nil {
		return nil, err
	}
	api, err := url.Parse(b.API.Value)
	if err != nil || api.Host == "" || api.Scheme != "http" && api.Scheme != "https" {
		return nil, fault.InvalidField("api", "Enter a valid URL.")
	}
	if method == "exe" {
		return nil, fault.Refused("Something went wrong. Check debug error log for exact error message")
	}
	sum, err := h.Releases.SHA256(b.Plat.Value, b.Goarch.Value)
	if err != nil {
		return nil, err
	}
	install := installers.Install{
		API: b.API.Value, ClientID: b.Client.Value, SiteID: b.Site.Value, AgentType: b.AgentType.Value, Plat: b.Plat.Value,
		Goarch: b.Goarch.Value, URL: h.Releases.Address(b.API.Value, b.Plat.Value, b.Goarch.Value), SHA256: sum,
		Power: b.Power.Value, RDP: b.RDP.Value, Ping: b.Ping.Value, Insecure: h.Insecure,
	}
	install.Token, err = h.InstallerToken(ctx, time.Now().Add(time.Duration(hours)*time.Hour))
	if err != nil {
		return nil, fmt.Errorf("make installer: %w", err)
	}
	return installerOf(install, method)
}

func installerOf(i installers.Install, method string) (any, error) {
	switch method {
	case "bash":
		script, err := i.Linux()
		return rest.Content{Type: "text/html; charset=utf-8", Data: []byte(script)}, err
	case "powershell":
		script, err := i.PowerShell()
		return rest.Content{Type: "text/plain", FileName: "rmm-installer.ps1", Data: []byte(script)}, err
	case "mac":
		return InstallCommand{Cmd: i.Mac(), URL: i.URL}, nil
	default:
		return InstallCommand{Cmd: i.Manual(), URL: i.URL}, nil
	}
}
