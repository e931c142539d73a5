package clientsapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/clients"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerDeployments(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/clients/deployments/", ID: "listDeployments", Tag: "clients",
		Summary: "List install links", Auth: rest.AuthUser, Permission: access.ListDeployments, Scope: rest.ScopeList,
	}, h.listDeployments)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/clients/deployments/", ID: "createDeployment", Tag: "clients",
		Summary: "Add an install link for a site", Auth: rest.AuthUser, Permission: access.ManageDeployments, Scope: rest.ScopeSite,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.createDeployment)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/clients/deployments/{pk}/", ID: "deleteDeployment", Tag: "clients",
		Summary: "Delete an install link and its token", Auth: rest.AuthUser, Permission: access.ManageDeployments, Scope: rest.ScopeSite,
		Errors: []int{http.StatusNotFound},
	}, h.deleteDeployment)
}

func (h handlers) listDeployments(ctx context.Context, c *rest.Call, _ *struct{}) ([]Deployment, error) {
	list, err := h.deployments.List(ctx, c.Principal.Scope)
	if err != nil {
		return nil, err
	}
	out := make([]Deployment, len(list))
	for i, d := range list {
		out[i] = toDeployment(d)
	}
	return out, nil
}

type createDeploymentInput struct {
	Body struct {
		Site      rest.Field[int32]           `json:"site" rule:"required"`
		Expires   rest.Field[string]          `json:"expires" rule:"required"`
		AgentType rest.Field[string]          `json:"agenttype" rule:"required,choices=server|workstation"`
		Goarch    rest.Field[string]          `json:"goarch" rule:"required,choices=amd64|386|arm64|arm"`
		Power     rest.Field[json.RawMessage] `json:"power" rule:"required"`
		RDP       rest.Field[json.RawMessage] `json:"rdp" rule:"required"`
		Ping      rest.Field[json.RawMessage] `json:"ping" rule:"required"`
	}
}

// createDeployment takes the switches as booleans or 0 and 1, which come back the way they were sent.
func (h handlers) createDeployment(ctx context.Context, c *rest.Call, in *createDeploymentInput) (string, error) {
	b := in.Body
	flags := map[string]json.RawMessage{"power": b.Power.Value, "rdp": b.RDP.Value, "ping": b.Ping.Value}
	for name, raw := range flags {
		switch string(raw) {
		case "true", "false", "0", "1":
		default:
			return "", fault.InvalidField(name, "Must be a valid boolean.")
		}
	}
	encoded, err := json.Marshal(flags)
	if err != nil {
		return "", fmt.Errorf("encode install flags: %w", err)
	}
	err = h.deployments.Create(ctx, c.Principal.Scope, clients.Deployment{
		SiteID: b.Site.Value, MonType: b.AgentType.Value, Goarch: b.Goarch.Value, InstallFlags: encoded,
	}, b.Expires.Value)
	if err != nil {
		return "", err
	}
	return "The deployment was added successfully", nil
}

func (h handlers) deleteDeployment(ctx context.Context, c *rest.Call, in *clientPath) (string, error) {
	if err := h.deployments.Delete(ctx, c.Principal.Scope, in.PK); err != nil {
		return "", err
	}
	return "The deployment was deleted", nil
}
