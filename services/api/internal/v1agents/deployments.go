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
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/clients/{uid}/deploy/", ID: "downloadDeployment", Tag: "clients",
		Summary: "Download the Windows installer of a link", Auth: rest.AuthPublic, NoPermission: "whoever was given the link installs with it",
		ContentType: "application/x-msdos-program", Errors: []int{http.StatusBadRequest, http.StatusNotFound}, AnyAccept: true, NotInDemo: true,
		Timeout: packageTimeout,
	}, h.deploymentPackage)
}

// packageTimeout is how long the download of some megabytes may take on a slow line.
const packageTimeout = 15 * time.Minute

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
		install, _, err := h.installOf(ctx, in.UID, plat, true)
		if err != nil {
			return rest.Content{}, err
		}
		text, err := render(install)
		c.Header().Set("Cache-Control", "no-store")
		return rest.Content{Data: []byte(text)}, err
	}
}

// installOf is what the installers of a link fill in for a platform; ends says whether a link that ended is unknown.
func (h handlers) installOf(ctx context.Context, uid, plat string, ends bool) (installers.Install, clients.Deployment, error) {
	var none installers.Install
	d, err := h.Deployments.ByUID(ctx, uid)
	if err != nil {
		return none, d.Deployment, err
	}
	if ends && d.Expiry != nil && !d.Expiry.After(time.Now()) {
		return none, d.Deployment, fault.NotFound("Deployment")
	}
	address, ok := h.Releases.URL(plat, d.Goarch)
	if !ok {
		return none, d.Deployment, fault.Refusedf("This server has no agent for %s on %s.", plat, d.Goarch)
	}
	flags, err := d.Flags()
	if err != nil {
		return none, d.Deployment, err
	}
	install := installers.Install{
		API: strings.TrimSuffix(h.PublicURL, "/"), ClientID: d.ClientID, SiteID: d.SiteID, AgentType: d.MonType, Token: d.Token,
		Plat: plat, Goarch: d.Goarch, URL: address, Power: flags["power"], RDP: flags["rdp"], Ping: flags["ping"],
	}
	install.SHA256, err = h.Releases.SHA256(plat, d.Goarch)
	return install, d.Deployment, err
}

// deploymentPackage answers with the program of a link for Windows (rest-2.md §4.4). The end of the link is not looked at, as in the
// contract: the token inside has ended with it.
func (h handlers) deploymentPackage(ctx context.Context, c *rest.Call, in *deploymentInput) (rest.Content, error) {
	install, link, err := h.installOf(ctx, in.UID, agents.Windows, false)
	if err != nil {
		return rest.Content{}, err
	}
	program, err := h.Releases.Setup(install)
	if err != nil {
		return rest.Content{}, err
	}
	c.Header().Set("Cache-Control", "no-store")
	return rest.Content{FileName: link.FileName(), Reader: program, Size: program.Size}, nil
}
