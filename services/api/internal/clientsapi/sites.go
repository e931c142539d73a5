package clientsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/clients"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerSites(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/clients/sites/", ID: "listSites", Tag: "clients",
		Summary: "List sites", Auth: rest.AuthUser, Permission: access.ListSites, Scope: rest.ScopeList,
	}, h.listSites)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/clients/sites/", ID: "createSite", Tag: "clients",
		Summary: "Add a site to a client", Auth: rest.AuthUser, Permission: access.ManageSites, Scope: rest.ScopeClient,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.createSite)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/clients/sites/{pk}/", ID: "getSite", Tag: "clients",
		Summary: "Read a site", Auth: rest.AuthUser, Permission: access.ListSites, Scope: rest.ScopeSite,
		Errors: []int{http.StatusNotFound},
	}, h.getSite)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/clients/sites/{pk}/", ID: "updateSite", Tag: "clients", Partial: true,
		Summary: "Change a site", Auth: rest.AuthUser, Permission: access.ManageSites, Scope: rest.ScopeSite,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.updateSite)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/clients/sites/{pk}/", ID: "deleteSite", Tag: "clients",
		Summary: "Delete a site and move its agents", Auth: rest.AuthUser, Permission: access.ManageSites, Scope: rest.ScopeSite,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.deleteSite)
}

func (h handlers) listSites(ctx context.Context, c *rest.Call, _ *struct{}) ([]Site, error) {
	entries, err := h.clients.ListSites(ctx, c.Principal.Scope)
	if err != nil {
		return nil, err
	}
	out := make([]Site, len(entries))
	for i, e := range entries {
		out[i] = toSite(e)
	}
	return out, nil
}

type siteInput struct {
	Client rest.Field[int32]  `json:"client" rule:"required"`
	Name   rest.Field[string] `json:"name" rule:"required,max=255,pattern=name"`
	placementInput
}

type createSiteInput struct {
	Body struct {
		Site         rest.Field[siteInput]    `json:"site" rule:"required,flat"`
		CustomFields rest.Field[[]valueInput] `json:"custom_fields"`
	}
}

func (h handlers) createSite(ctx context.Context, c *rest.Call, in *createSiteInput) (string, error) {
	body := in.Body.Site.Value
	site := clients.Site{ClientID: body.Client.Value, Name: body.Name.Value}
	body.apply(&site.Placement)
	if _, err := h.clients.CreateSite(ctx, c.Principal.Scope, site, toValues(in.Body.CustomFields)); err != nil {
		return "", err
	}
	return "Site " + site.Name + " was added!", nil
}

type sitePath struct {
	PK int32 `path:"pk"`
}

func (h handlers) getSite(ctx context.Context, c *rest.Call, in *sitePath) (Site, error) {
	e, err := h.clients.GetSite(ctx, c.Principal.Scope, in.PK)
	if err != nil {
		return Site{}, err
	}
	return toSite(e), nil
}

type updateSiteInput struct {
	PK   int32 `path:"pk"`
	Body struct {
		Site         rest.Field[siteChangeInput] `json:"site" rule:"flat"`
		CustomFields rest.Field[[]valueInput]    `json:"custom_fields"`
	}
}

type siteChangeInput struct {
	Client rest.Field[int32]  `json:"client" rule:"ref=client"`
	Name   rest.Field[string] `json:"name" rule:"max=255,pattern=name"`
	placementInput
}

func (h handlers) updateSite(ctx context.Context, c *rest.Call, in *updateSiteInput) (string, error) {
	body := in.Body.Site.Value
	err := h.clients.UpdateSite(ctx, c.Principal.Scope, in.PK, func(dst *clients.Site) {
		body.Client.Apply(&dst.ClientID)
		body.Name.Apply(&dst.Name)
		body.apply(&dst.Placement)
	}, toValues(in.Body.CustomFields))
	if err != nil {
		return "", err
	}
	return "Site was edited", nil
}

func (h handlers) deleteSite(ctx context.Context, c *rest.Call, in *deleteInput) (string, error) {
	name, err := h.clients.DeleteSite(ctx, c.Principal.Scope, in.PK, in.MoveToSite)
	if err != nil {
		return "", err
	}
	return name + " was deleted", nil
}
