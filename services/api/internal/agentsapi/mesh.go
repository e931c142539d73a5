package agentsapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/mesh"
	"github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// noRemoteDesktop refuses what goes through a remote-desktop server while none is connected.
const noRemoteDesktop = "Unable to contact the remote desktop server"

func (h handlers) registerMesh(r *rest.Router) {
	// Both methods are served on both paths (rest-1.md §5.3).
	for path, suffix := range map[string]string{"meshcentral/": "", "meshcentral/recover/": "AtRecover"} {
		get := one(http.MethodGet, path, "getMeshLinks"+suffix, "Link to the remote session of a machine", access.UseMesh)
		get.NotInDemo = true
		rest.Handle(r, get, h.meshLinks)
		post := one(http.MethodPost, path, "repairMesh"+suffix, "Repair the remote-desktop agent of a machine", access.UseMesh, http.StatusBadRequest)
		post.NotInDemo, post.Timeout = true, 2*time.Minute
		rest.Handle(r, post, h.meshRepair)
	}
	vnc := one(http.MethodGet, "{port}/webvnc/", "getWebVNC", "Link to a VNC session in the browser", access.UseMesh, http.StatusBadRequest)
	vnc.NotInDemo = true
	rest.Handle(r, vnc, h.webVNC)
	rest.Handle(r, fn(one(http.MethodPost, "wol/", "wakeAgent", "Wake a machine over the network", access.SendWOL, http.StatusBadRequest), true), h.wake)
}

// MeshLinks are the addresses of a remote session.
type MeshLinks struct {
	Hostname string        `json:"hostname"`
	Control  string        `json:"control"`
	Terminal string        `json:"terminal"`
	File     string        `json:"file"`
	Status   agents.Status `json:"status"`
	Client   string        `json:"client"`
	Site     string        `json:"site"`
}

func (h handlers) meshLinks(ctx context.Context, c *rest.Call, in *agentPath) (MeshLinks, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return MeshLinks{}, err
	}
	core, err := h.Settings.Get(ctx)
	if err != nil {
		return MeshLinks{}, err
	}
	token, err := loginToken(core, c.Principal)
	if err != nil {
		return MeshLinks{}, err
	}
	err = h.Audit(ctx, audit.Entry{
		Username: c.Principal.Username, Action: audit.RemoteSession, ObjectType: "agent", Agent: ref.Hostname, AgentID: ref.AgentID,
		Message: fmt.Sprintf("%s initiated a remote session to %s.", c.Principal.Username, ref.Hostname),
	})
	if err != nil {
		return MeshLinks{}, err
	}
	node := "None" // what the contract prints for a node that is not known
	if ref.MeshNodeID != nil {
		node = *ref.MeshNodeID
	}
	link := func(mode int) string {
		return fmt.Sprintf("%s/?login=%s&gotonode=%s&viewmode=%d&hide=31", text(core.MeshSite), token, url.QueryEscape(node), mode)
	}
	return MeshLinks{Hostname: ref.Hostname, Control: link(11), Terminal: link(12), File: link(13), Status: ref.Status, Client: ref.Client, Site: ref.Site}, nil
}

// loginToken signs the caller in at the remote-desktop server; without a key there is none and the link asks to sign in.
func loginToken(core settings.Core, p *access.Principal) (string, error) {
	user := text(core.MeshUsername)
	if core.SyncMeshWithTRMM {
		user = mesh.UserName(p.Username, p.UserID)
	}
	token, err := mesh.LoginToken(text(core.MeshToken), user, time.Now())
	if errors.Is(err, mesh.ErrKey) {
		return "", nil
	}
	return token, err
}

func (h handlers) meshRepair(ctx context.Context, c *rest.Call, in *agentPath) (string, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return "", err
	}
	word, err := h.Actions.RecoverMesh(ctx, ref, 90*time.Second)
	if err != nil {
		return "", err
	}
	if word != "ok" {
		return "", fault.Refused("Unable to contact the agent")
	}
	return "Repaired mesh agent on " + ref.Hostname, nil
}

type vncPath struct {
	AgentID rest.AgentID `path:"agent_id"`
	Port    string       `path:"port"`
}

// WebVNC is the address of a VNC session.
type WebVNC struct {
	Hostname string `json:"hostname"`
	VNC      string `json:"vnc"`
	Client   string `json:"client"`
	Site     string `json:"site"`
}

func (h handlers) webVNC(ctx context.Context, c *rest.Call, in *vncPath) (WebVNC, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return WebVNC{}, err
	}
	if ref.MeshNodeID == nil || !mesh.ValidNodeID(*ref.MeshNodeID) {
		return WebVNC{}, fault.Refused("Missing mesh node id")
	}
	return WebVNC{}, fault.Refused(noRemoteDesktop)
}

func (h handlers) wake(ctx context.Context, c *rest.Call, in *agentPath) (string, error) {
	if _, err := h.find(ctx, c, in.AgentID); err != nil {
		return "", err
	}
	return "", fault.Refused(noRemoteDesktop)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
