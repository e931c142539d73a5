package betaapi

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/clients"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerPlaces(r *rest.Router) {
	rest.Handle(r, operation(http.MethodGet, pathClient, "betaListClients", "List clients by name", access.ListClients, rest.ScopeList), h.listClients)
	rest.Handle(r, operation(http.MethodGet, pathClient+"{pk}/", "betaGetClient", "Read a client", access.ListClients, rest.ScopeClient, http.StatusNotFound), h.getClient)
	rest.Handle(r, operation(http.MethodPut, pathClient+"{pk}/", "betaUpdateClient", "Change a client", access.ManageClients, rest.ScopeClient,
		http.StatusBadRequest, http.StatusNotFound), h.putClient)
	list := operation(http.MethodGet, pathSite, "betaListSites", "List sites, page by page", access.ListSites, rest.ScopeList, http.StatusNotFound)
	list.Description = "Query: page, page_size (default 100, at most 1000), ordering (id, -id), search (part of the name)."
	rest.Handle(r, list, h.listSites)
	rest.Handle(r, operation(http.MethodGet, pathSite+"{pk}/", "betaGetSite", "Read a site", access.ListSites, rest.ScopeSite, http.StatusNotFound), h.getSite)
	rest.Handle(r, operation(http.MethodPut, pathSite+"{pk}/", "betaUpdateSite", "Change a site", access.ManageSites, rest.ScopeSite,
		http.StatusBadRequest, http.StatusNotFound), h.putSite)
}

// Client is the contract's ClientMin.
type Client struct {
	ID int32 `json:"id"`
	AuditCols
	Name                   string          `json:"name"`
	BlockPolicyInheritance bool            `json:"block_policy_inheritance"`
	FailingChecks          clients.Failing `json:"failing_checks"`
	WorkstationPolicy      *int32          `json:"workstation_policy"`
	ServerPolicy           *int32          `json:"server_policy"`
	AlertTemplate          *int32          `json:"alert_template"`
}

// Site is the contract's SitePlain.
type Site struct {
	Client
	ClientID int32 `json:"client"`
}

func plain(id int32, name string, failing clients.Failing, p clients.Placement, s clients.Stamps) Client {
	return Client{
		ID: id, AuditCols: AuditCols{s.CreatedBy, rest.AtPtr(s.CreatedTime), s.ModifiedBy, rest.AtPtr(s.ModifiedTime)}, Name: name,
		BlockPolicyInheritance: p.BlockPolicyInheritance, FailingChecks: failing, WorkstationPolicy: p.WorkstationPolicy,
		ServerPolicy: p.ServerPolicy, AlertTemplate: p.AlertTemplate,
	}
}

func toClient(c clients.Client) Client {
	return plain(c.ID, c.Name, c.FailingChecks, c.Placement, c.Stamps)
}

func toSite(s clients.Site) Site {
	return Site{Client: plain(s.ID, s.Name, s.FailingChecks, s.Placement, s.Stamps), ClientID: s.ClientID}
}

func (h handlers) listClients(ctx context.Context, c *rest.Call, _ *struct{}) ([]Client, error) {
	list, err := h.Clients.Plain(ctx, c.Principal.Scope)
	if err != nil {
		return nil, err
	}
	out := make([]Client, len(list))
	for i, one := range list {
		out[i] = toClient(one)
	}
	return out, nil
}

func (h handlers) getClient(ctx context.Context, c *rest.Call, in *pkInput) (Client, error) {
	one, err := h.Clients.PlainClient(ctx, c.Principal.Scope, in.PK)
	return toClient(one), err
}

type placeInput struct {
	Name                   rest.Field[string] `json:"name" rule:"required,max=255,pattern=name"`
	BlockPolicyInheritance rest.Field[bool]   `json:"block_policy_inheritance"`
	WorkstationPolicy      rest.Field[int32]  `json:"workstation_policy" rule:"null,ref=policy"`
	ServerPolicy           rest.Field[int32]  `json:"server_policy" rule:"null,ref=policy"`
	AlertTemplate          rest.Field[int32]  `json:"alert_template" rule:"null,ref=alert_template"`
}

func (p *placeInput) apply(name *string, dst *clients.Placement) {
	p.Name.Apply(name)
	p.BlockPolicyInheritance.Apply(&dst.BlockPolicyInheritance)
	p.WorkstationPolicy.ApplyNull(&dst.WorkstationPolicy)
	p.ServerPolicy.ApplyNull(&dst.ServerPolicy)
	p.AlertTemplate.ApplyNull(&dst.AlertTemplate)
}

type putClientInput struct {
	PK   int32 `path:"pk"`
	Body placeInput
}

func (h handlers) putClient(ctx context.Context, c *rest.Call, in *putClientInput) (Client, error) {
	err := h.Clients.Update(ctx, c.Principal.Scope, in.PK, func(dst *clients.Client) { in.Body.apply(&dst.Name, &dst.Placement) }, nil)
	if err != nil {
		return Client{}, err
	}
	one, err := h.Clients.PlainClient(ctx, c.Principal.Scope, in.PK)
	return toClient(one), err
}

func (h handlers) listSites(ctx context.Context, c *rest.Call, _ *struct{}) (rest.Paged[Site], error) {
	query := c.Request.URL.Query()
	page, err := readPaging(pathSite, query)
	if err != nil {
		return rest.Paged[Site]{}, err
	}
	read := func() ([]clients.Site, int64, error) {
		return h.Clients.PageSites(ctx, c.Principal.Scope, clients.SitePage{
			Search: cut(query.Get("search")), Descending: descending(query), Limit: int(page.size), Offset: page.offset(),
		})
	}
	list, total, err := read()
	if err != nil {
		return rest.Paged[Site]{}, err
	}
	before := page.number
	if err := page.settle(total); err != nil {
		return rest.Paged[Site]{}, err
	}
	if page.number != before { // the last page, now that its number is known
		if list, total, err = read(); err != nil {
			return rest.Paged[Site]{}, err
		}
	}
	out := rest.Paged[Site]{Count: total, Results: func(yield func(Site, error) bool) {
		for _, one := range list {
			if !yield(toSite(one), nil) {
				return
			}
		}
	}}
	out.Next, out.Previous = page.links(h.PublicURL, total)
	return out, nil
}

func (h handlers) getSite(ctx context.Context, c *rest.Call, in *pkInput) (Site, error) {
	one, err := h.Clients.PlainSite(ctx, c.Principal.Scope, in.PK)
	return toSite(one), err
}

type putSiteInput struct {
	PK   int32 `path:"pk"`
	Body struct {
		placeInput
		Client rest.Field[int32] `json:"client" rule:"required,ref=client"`
	}
}

func (h handlers) putSite(ctx context.Context, c *rest.Call, in *putSiteInput) (Site, error) {
	err := h.Clients.UpdateSite(ctx, c.Principal.Scope, in.PK, func(dst *clients.Site) {
		in.Body.apply(&dst.Name, &dst.Placement)
		in.Body.Client.Apply(&dst.ClientID)
	}, nil)
	if err != nil {
		return Site{}, err
	}
	one, err := h.Clients.PlainSite(ctx, c.Principal.Scope, in.PK)
	return toSite(one), err
}

// meshForm is a node's id as the remote-desktop server writes it (domain.md §14.2).
func meshForm(id *string) string {
	if id == nil {
		return "error"
	}
	raw, err := hex.DecodeString(*id)
	if err != nil {
		return "error"
	}
	return strings.NewReplacer("/", "$", "+", "@").Replace(base64.StdEncoding.EncodeToString(raw))
}
