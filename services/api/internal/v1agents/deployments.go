package v1agents

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/installers"
	"github.com/gueencode/gueenrmm/pkg/clients"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Deployments knows the install links of sites.
type Deployments interface {
	ByUID(ctx context.Context, uid string) (clients.Install, error)
}

func (h handlers) registerDeployments(r *rest.Router) {
	script := func(name, id, summary, contentType string) rest.Operation {
		return rest.Operation{
			Method: http.MethodGet, Path: "/v1/deployments/{uid}/" + name, ID: id, Tag: "agents", Summary: summary, Auth: rest.AuthPublic,
			NoPermission: "whoever was given the link installs with it", ContentType: contentType, AnyAccept: true,
			Errors: []int{http.StatusBadRequest, http.StatusNotFound}, NotInDemo: true,
		}
	}
	rest.Handle(r, script("install.sh", "getDeploymentShellScript", "Read the Linux installer of an install link", "text/x-shellscript; charset=utf-8"),
		h.deploymentScript(agents.Linux, installers.Install.Linux))
	rest.Handle(r, script("install.ps1", "getDeploymentPowerShellScript", "Read the Windows installer of an install link", "text/plain; charset=utf-8"),
		h.deploymentScript(agents.Windows, installers.Install.PowerShell))
}

type deploymentInput struct {
	UID string `path:"uid"`
}

// deploymentScript answers with the installer of a link for one platform. A link that ended is not told from one that
// never was: whoever holds it is not known.
func (h handlers) deploymentScript(plat string, render func(installers.Install) (string, error)) func(context.Context, *rest.Call, *deploymentInput) (rest.Content, error) {
	return func(ctx context.Context, c *rest.Call, in *deploymentInput) (rest.Content, error) {
		if err := c.Allow("the link decides"); err != nil {
			return rest.Content{}, err
		}
		d, err := h.Deployments.ByUID(ctx, in.UID)
		if err != nil {
			return rest.Content{}, err
		}
		if d.Expiry != nil && !d.Expiry.After(time.Now()) {
			return rest.Content{}, fault.NotFound("Deployment")
		}
		address, ok := h.Releases.URL(plat, d.Goarch)
		if !ok {
			return rest.Content{}, fault.Refusedf("This server has no agent for %s on %s.", plat, d.Goarch)
		}
		flags, err := d.Flags()
		if err != nil {
			return rest.Content{}, err
		}
		install := installers.Install{
			API: strings.TrimSuffix(h.PublicURL, "/"), ClientID: d.ClientID, SiteID: d.SiteID, AgentType: d.MonType, Token: d.Token,
			Plat: plat, Goarch: d.Goarch, URL: address, Power: flags["power"], RDP: flags["rdp"], Ping: flags["ping"],
		}
		if install.SHA256, err = h.Releases.SHA256(plat, d.Goarch); err != nil {
			return rest.Content{}, err
		}
		text, err := render(install)
		c.Header().Set("Cache-Control", "no-store")
		return rest.Content{Data: []byte(text)}, err
	}
}
