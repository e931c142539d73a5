package agenthttp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/version"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// installOp fills in what the operations of class I have in common.
func installOp(op rest.Operation) rest.Operation {
	op.Tag, op.Auth = tag, rest.AuthInstaller
	op.Errors = append(op.Errors, http.StatusBadRequest)
	if op.NoPermission == "" {
		op.LatePermission = "the enrolment decides by the token's kind and the site"
	}
	return op
}

const installerOnly = "an installer asks before it does anything; tells nothing"

func (h *handlers) registerInstall(r *rest.Router) {
	rest.Handle(r, installOp(rest.Operation{
		Method: http.MethodGet, Path: "/api/v3/installer/", ID: "checkInstallerToken", Summary: "Say whether an installer's token is valid",
		NoPermission: installerOnly,
	}), func(context.Context, *rest.Call, *struct{}) (string, error) { return "ok", nil })
	rest.Handle(r, installOp(rest.Operation{
		Method: http.MethodPost, Path: "/api/v3/installer/", ID: "checkInstallerVersion", Summary: "Say whether an installer is new enough", Unaudited: "only reads",
		NoPermission: installerOnly,
	}), h.installerVersion)
	rest.Handle(r, installOp(rest.Operation{
		Method: http.MethodPost, Path: "/api/v3/meshexe/", ID: "downloadMeshAgent", Summary: "Download the remote-desktop agent", Unaudited: "only reads",
		NoPermission: "an installer fetches a public program",
	}), h.meshExe)
	rest.Handle(r, installOp(rest.Operation{
		Method: http.MethodPost, Path: "/api/v3/newagent/", ID: "registerAgent", Summary: "Register a new agent",
	}), h.newAgent)
}

func (h *handlers) installerVersion(_ context.Context, _ *rest.Call, in *struct{ Body json.RawMessage }) (string, error) {
	var body struct {
		Version *string `json:"version"`
	}
	if json.Unmarshal(in.Body, &body) != nil || body.Version == nil {
		return "", refused()
	}
	if lowest := h.Settings.LowestVersion; lowest != "" && !version.AtLeast(*body.Version, lowest) {
		return "", fault.Refused(fmt.Sprintf("Old installer detected (version %s ). Latest version is %s Please generate a new installer from the RMM",
			shorten(*body.Version), lowest))
	}
	return "ok", nil
}

// shorten bounds what a refusal repeats of its input.
func shorten(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most]
	}
	return s
}

// meshExe answers as an installation without remote-desktop server does.
func (h *handlers) meshExe(_ context.Context, _ *rest.Call, in *struct{ Body json.RawMessage }) (string, error) {
	var body agentwire.MeshExeRequest
	if json.Unmarshal(in.Body, &body) != nil {
		return "", refused()
	}
	if !meshBuild(body.Platform, body.GoArch) {
		return "", fault.Refused("Arch not supported")
	}
	return "", fault.Refused(meshAway)
}

const meshAway = "Unable to connect to mesh to get group id information"

// meshBuild says whether the remote-desktop server has a build that installers fetch through this route.
func meshBuild(plat, goarch string) bool {
	switch plat + "/" + goarch {
	case "windows/amd64", "windows/386", "darwin/amd64", "darwin/arm64":
		return true
	default:
		return false
	}
}

func (h *handlers) newAgent(ctx context.Context, c *rest.Call, in *struct{ Body json.RawMessage }) (agentwire.NewAgentResponse, error) {
	var none agentwire.NewAgentResponse
	if !c.Principal.Installer {
		if err := c.Require(access.InstallAgents); err != nil {
			return none, err
		}
	} else if err := c.Allow("the installer account exists for this"); err != nil {
		return none, err
	}
	var body agentwire.NewAgentRequest
	if json.Unmarshal(in.Body, &body) != nil {
		return none, refused()
	}
	const maxKey = 1<<31 - 1
	if body.Site < 1 || body.Site > maxKey {
		return none, refused()
	}
	made, err := h.Agents.Enrol(ctx, c.Principal, agents.NewAgent{
		AgentID: body.AgentID, Hostname: body.Hostname, SiteID: int32(body.Site), MonitoringType: body.MonitoringType,
		MeshNodeID: body.MeshNodeID, Description: body.Description, Goarch: body.GoArch, Plat: body.Platform,
	})
	if err != nil {
		return none, err
	}
	return agentwire.NewAgentResponse{PK: int64(made.PK), Token: made.Token}, nil
}
