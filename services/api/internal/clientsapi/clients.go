// Package clientsapi declares the operations of clients, sites and deployments (rest-2.md §4).
package clientsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/clients"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

type handlers struct {
	clients     *clients.Service
	deployments *clients.Deployments
}

// Register adds the operations.
func Register(r *rest.Router, svc *clients.Service, deployments *clients.Deployments) {
	h := handlers{clients: svc, deployments: deployments}
	h.registerClients(r)
	h.registerSites(r)
	h.registerDeployments(r)
}

func (h handlers) registerClients(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/clients/", ID: "listClients", Tag: "clients",
		Summary: "List clients with their sites", Auth: rest.AuthUser, Permission: access.ListClients, Scope: rest.ScopeList,
	}, h.list)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/clients/", ID: "createClient", Tag: "clients",
		Summary: "Add a client with its first site", Auth: rest.AuthUser, Permission: access.ManageClients,
		Errors: []int{http.StatusBadRequest},
	}, h.create)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/clients/{pk}/", ID: "getClient", Tag: "clients",
		Summary: "Read a client with its sites", Auth: rest.AuthUser, Permission: access.ListClients, Scope: rest.ScopeClient,
		Errors: []int{http.StatusNotFound},
	}, h.get)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/clients/{pk}/", ID: "updateClient", Tag: "clients", Partial: true,
		Summary: "Change a client", Auth: rest.AuthUser, Permission: access.ManageClients, Scope: rest.ScopeClient,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.update)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/clients/{pk}/", ID: "deleteClient", Tag: "clients",
		Summary: "Delete a client and move its agents", Auth: rest.AuthUser, Permission: access.ManageClients, Scope: rest.ScopeClient,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.delete)
}

func (h handlers) list(ctx context.Context, c *rest.Call, _ *struct{}) ([]ListedClient, error) {
	entries, err := h.clients.List(ctx, c.Principal.Scope)
	if err != nil {
		return nil, err
	}
	out := make([]ListedClient, len(entries))
	for i, e := range entries {
		out[i] = ListedClient{Client: toClient(e), AgentCount: e.Totals.Agents, MaintenanceMode: e.Totals.Maintenance}
	}
	return out, nil
}

type clientInput struct {
	Name rest.Field[string] `json:"name" rule:"required,max=255,pattern=name"`
	placementInput
}

type createInput struct {
	Body struct {
		Client       rest.Field[clientInput]   `json:"client" rule:"required,flat"`
		Site         rest.Field[siteNameInput] `json:"site" rule:"required,flat"`
		CustomFields rest.Field[[]valueInput]  `json:"custom_fields"`
		InitialSetup rest.Field[bool]          `json:"initialsetup" rule:"null" doc:"any value also stores timezone and companyname"`
		Timezone     rest.Field[string]        `json:"timezone" rule:"max=255"`
		CompanyName  rest.Field[string]        `json:"companyname" rule:"max=255,blank,pattern=name"`
	}
}

type siteNameInput struct {
	Name rest.Field[string] `json:"name" rule:"required,max=255,pattern=name"`
}

func (h handlers) create(ctx context.Context, _ *rest.Call, in *createInput) (string, error) {
	n := clients.NewClient{
		Client:       clients.Client{Name: in.Body.Client.Value.Name.Value},
		SiteName:     in.Body.Site.Value.Name.Value,
		CustomFields: toValues(in.Body.CustomFields),
	}
	in.Body.Client.Value.apply(&n.Client.Placement)
	if in.Body.InitialSetup.Set {
		n.Initial = &clients.Initial{TimeZone: in.Body.Timezone.Value, CompanyName: in.Body.CompanyName.Value}
	}
	if _, _, err := h.clients.Create(ctx, n); err != nil {
		return "", err
	}
	return n.Client.Name + " was added", nil
}

type clientPath struct {
	PK int32 `path:"pk"`
}

func (h handlers) get(ctx context.Context, c *rest.Call, in *clientPath) (Client, error) {
	e, err := h.clients.Get(ctx, c.Principal.Scope, in.PK)
	if err != nil {
		return Client{}, err
	}
	return toClient(e), nil
}

type updateInput struct {
	PK   int32 `path:"pk"`
	Body struct {
		Client       rest.Field[clientInput]  `json:"client" rule:"flat"`
		CustomFields rest.Field[[]valueInput] `json:"custom_fields"`
	}
}

func (h handlers) update(ctx context.Context, c *rest.Call, in *updateInput) (string, error) {
	err := h.clients.Update(ctx, c.Principal.Scope, in.PK, func(dst *clients.Client) {
		in.Body.Client.Value.Name.Apply(&dst.Name)
		in.Body.Client.Value.apply(&dst.Placement)
	}, toValues(in.Body.CustomFields))
	if err != nil {
		return "", err
	}
	return "{client} was updated", nil // literally: clients compare it (rest-2.md §4.2)
}

type deleteInput struct {
	PK         int32  `path:"pk"`
	MoveToSite *int32 `query:"move_to_site" doc:"site that gets the agents"`
}

func (h handlers) delete(ctx context.Context, c *rest.Call, in *deleteInput) (string, error) {
	name, err := h.clients.Delete(ctx, c.Principal.Scope, in.PK, in.MoveToSite)
	if err != nil {
		return "", err
	}
	return name + " was deleted", nil
}
