package v1agents

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/installers"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerEnrolments(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/v1/enrolments", ID: "createEnrolment", Tag: "agents",
		Summary: "Make a command that brings machines of one kind to one site", Auth: rest.AuthUser, Permission: access.InstallAgents,
		Scope: rest.ScopeSite, Status: http.StatusCreated, Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.createEnrolment)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/v1/enrolments/{id}", ID: "getEnrolment", Tag: "agents", Summary: "List the machines that came by an enrolment",
		Auth: rest.AuthUser, Permission: access.InstallAgents, Scope: rest.ScopeSite, Errors: []int{http.StatusNotFound},
	}, h.enrolment)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/v1/enrolments/{id}/install.sh", ID: "getInstallScript", Tag: "agents", Summary: "Read the installer of an enrolment",
		Auth: rest.AuthPublic, NoPermission: "the machine that installs itself has no account; the enrolment's token is asked for",
		ContentType: "text/x-shellscript; charset=utf-8", AnyAccept: true, Errors: []int{http.StatusNotFound},
	}, h.installScript)
}

type enrolmentInput struct {
	Body struct {
		Client         rest.Field[int32]  `json:"client"`
		Site           rest.Field[int32]  `json:"site" rule:"required"`
		MonitoringType rest.Field[string] `json:"monitoring_type" rule:"required,choices=server|workstation"`
		Plat           rest.Field[string] `json:"plat" rule:"required,choices=windows|linux|darwin"`
		Goarch         rest.Field[string] `json:"goarch" rule:"required,choices=amd64|386|arm64|arm"`
		ExpiresHours   rest.Field[int32]  `json:"expires_hours" rule:"min=1,max=720" doc:"24 when not sent"`
	}
}

// EnrolmentCreated is a new enrolment; the command holds its token and is shown this once.
type EnrolmentCreated struct {
	ID      string    `json:"id"`
	Command string    `json:"command"`
	Expires rest.Time `json:"expires"`
}

func (h handlers) createEnrolment(ctx context.Context, c *rest.Call, in *enrolmentInput) (EnrolmentCreated, error) {
	b := &in.Body
	e, err := h.Agents.CreateEnrolment(ctx, c.Principal, h.Tokens, agents.NewEnrolment{
		ClientID: b.Client.Value, SiteID: b.Site.Value, MonitoringType: b.MonitoringType.Value, Plat: b.Plat.Value, Goarch: b.Goarch.Value,
		Life: time.Duration(b.ExpiresHours.Or(24)) * time.Hour,
	})
	if err != nil {
		return EnrolmentCreated{}, err
	}
	return EnrolmentCreated{ID: e.ID.String(), Command: h.commandOf(e), Expires: rest.At(e.Expires)}, nil
}

// commandOf is the one line to paste on the machine.
func (h handlers) commandOf(e agents.Enrolment) string {
	install := h.install(e, e.Token)
	switch e.Plat {
	case agents.Linux:
		return fmt.Sprintf("curl -fsSL '%s/v1/enrolments/%s/install.sh?token=%s' | sudo sh", strings.TrimSuffix(h.PublicURL, "/"), e.ID, e.Token)
	case agents.Darwin:
		return install.Mac()
	default:
		return install.Manual()
	}
}

func (h handlers) install(e agents.Enrolment, token string) installers.Install {
	return installers.Install{
		API: strings.TrimSuffix(h.PublicURL, "/"), ClientID: e.ClientID, SiteID: e.SiteID, AgentType: e.MonitoringType, Token: token,
		Plat: e.Plat, Goarch: e.Goarch, URL: h.Releases.Address("", e.Plat, e.Goarch),
	}
}

type enrolmentPath struct {
	ID string `path:"id"`
}

// Enrolment says who came by it.
type Enrolment struct {
	ID      string    `json:"id"`
	Expires rest.Time `json:"expires"`
	Agents  []Arrival `json:"agents"`
}

// Arrival is a machine that came by an enrolment.
type Arrival struct {
	AgentID   string    `json:"agent_id"`
	Hostname  string    `json:"hostname"`
	FirstSeen rest.Time `json:"first_seen"`
}

func (h handlers) enrolment(ctx context.Context, c *rest.Call, in *enrolmentPath) (Enrolment, error) {
	id, err := uuid.Parse(in.ID)
	if err != nil {
		return Enrolment{}, fault.NotFound("Enrolment")
	}
	e, arrivals, err := h.Agents.Enrolment(ctx, c.Principal.Scope, id)
	if err != nil {
		return Enrolment{}, err
	}
	out := Enrolment{ID: e.ID.String(), Expires: rest.At(e.Expires), Agents: make([]Arrival, len(arrivals))}
	for i, a := range arrivals {
		out.Agents[i] = Arrival{AgentID: a.AgentID, Hostname: a.Hostname, FirstSeen: rest.At(a.FirstSeen)}
	}
	return out, nil
}

type scriptInput struct {
	ID    string `path:"id"`
	Token string `query:"token" rule:"max=256"`
}

func (h handlers) installScript(ctx context.Context, c *rest.Call, in *scriptInput) (rest.Content, error) {
	if err := c.Allow("the token decides"); err != nil {
		return rest.Content{}, err
	}
	id, err := uuid.Parse(in.ID)
	secret, hexErr := hex.DecodeString(in.Token)
	if err != nil || hexErr != nil || len(secret) == 0 {
		return rest.Content{}, fault.NotFound("Enrolment")
	}
	digest := sha512.Sum512(secret)
	e, err := h.Agents.EnrolmentByToken(ctx, id, digest[:])
	if err != nil {
		return rest.Content{}, err
	}
	if e.Plat != agents.Linux {
		return rest.Content{}, fault.NotFound("Install script")
	}
	install := h.install(e, in.Token)
	if install.SHA256, err = h.Releases.SHA256(e.Plat, e.Goarch); err != nil {
		return rest.Content{}, err
	}
	script, err := install.Linux()
	c.Header().Set("Cache-Control", "no-store")
	return rest.Content{Data: []byte(script)}, err
}
