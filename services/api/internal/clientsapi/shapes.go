package clientsapi

import (
	"github.com/gueencode/gueenrmm/pkg/clients"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// ClientValue is a custom value of a client (rest-2.md §4.1). Value is a list, a boolean, a text or null.
type ClientValue struct {
	ID     int32 `json:"id"`
	Field  int32 `json:"field"`
	Client int32 `json:"client"`
	Value  any   `json:"value"`
}

// SiteValue is a custom value of a site.
type SiteValue struct {
	ID    int32 `json:"id"`
	Field int32 `json:"field"`
	Site  int32 `json:"site"`
	Value any   `json:"value"`
}

// Site is a site as the site routes show it: without totals.
type Site struct {
	ID                     int32           `json:"id"`
	Name                   string          `json:"name"`
	ServerPolicy           *int32          `json:"server_policy"`
	WorkstationPolicy      *int32          `json:"workstation_policy"`
	AlertTemplate          *int32          `json:"alert_template"`
	ClientName             string          `json:"client_name"`
	Client                 int32           `json:"client"`
	CustomFields           []SiteValue     `json:"custom_fields"`
	BlockPolicyInheritance bool            `json:"block_policy_inheritance"`
	FailingChecks          clients.Failing `json:"failing_checks"`
}

// NestedSite is a site inside its client: with totals.
type NestedSite struct {
	Site
	AgentCount      int  `json:"agent_count"`
	MaintenanceMode bool `json:"maintenance_mode"`
}

// Client is one client as its own route shows it: only its sites carry totals.
type Client struct {
	ID                     int32           `json:"id"`
	Name                   string          `json:"name"`
	ServerPolicy           *int32          `json:"server_policy"`
	WorkstationPolicy      *int32          `json:"workstation_policy"`
	AlertTemplate          *int32          `json:"alert_template"`
	BlockPolicyInheritance bool            `json:"block_policy_inheritance"`
	Sites                  []NestedSite    `json:"sites"`
	CustomFields           []ClientValue   `json:"custom_fields"`
	FailingChecks          clients.Failing `json:"failing_checks"`
}

// ListedClient is a client in the list: with totals.
type ListedClient struct {
	Client
	AgentCount      int  `json:"agent_count"`
	MaintenanceMode bool `json:"maintenance_mode"`
}

// Deployment is an install link (rest-2.md §4.1).
type Deployment struct {
	ID           int32      `json:"id"`
	UID          string     `json:"uid"`
	ClientID     int32      `json:"client_id"`
	SiteID       int32      `json:"site_id"`
	ClientName   string     `json:"client_name"`
	SiteName     string     `json:"site_name"`
	MonType      string     `json:"mon_type"`
	Goarch       string     `json:"goarch"`
	Expiry       *rest.Time `json:"expiry"`
	InstallFlags any        `json:"install_flags"`
	Created      rest.Time  `json:"created"`
}

func toSite(e clients.SiteEntry) Site {
	values := make([]SiteValue, len(e.CustomFields))
	for i, v := range e.CustomFields {
		values[i] = SiteValue{ID: v.ID, Field: v.FieldID, Site: v.OwnerID, Value: v.Current()}
	}
	return Site{
		ID: e.ID, Name: e.Name, ServerPolicy: e.ServerPolicy, WorkstationPolicy: e.WorkstationPolicy,
		AlertTemplate: e.AlertTemplate, ClientName: e.ClientName, Client: e.ClientID, CustomFields: values,
		BlockPolicyInheritance: e.BlockPolicyInheritance, FailingChecks: e.FailingChecks,
	}
}

func toClient(e clients.ClientEntry) Client {
	values := make([]ClientValue, len(e.CustomFields))
	for i, v := range e.CustomFields {
		values[i] = ClientValue{ID: v.ID, Field: v.FieldID, Client: v.OwnerID, Value: v.Current()}
	}
	sites := make([]NestedSite, len(e.Sites))
	for i, s := range e.Sites {
		sites[i] = NestedSite{Site: toSite(s), AgentCount: s.Totals.Agents, MaintenanceMode: s.Totals.Maintenance}
	}
	return Client{
		ID: e.ID, Name: e.Name, ServerPolicy: e.ServerPolicy, WorkstationPolicy: e.WorkstationPolicy,
		AlertTemplate: e.AlertTemplate, BlockPolicyInheritance: e.BlockPolicyInheritance, Sites: sites,
		CustomFields: values, FailingChecks: e.FailingChecks,
	}
}

func toDeployment(d clients.Deployment) Deployment {
	return Deployment{
		ID: d.ID, UID: d.UID.String(), ClientID: d.ClientID, SiteID: d.SiteID, ClientName: d.ClientName,
		SiteName: d.SiteName, MonType: d.MonType, Goarch: d.Goarch, Expiry: rest.AtPtr(d.Expiry),
		InstallFlags: d.InstallFlags, Created: rest.At(d.Created),
	}
}

// placementInput are the fields that clients and sites share.
type placementInput struct {
	ServerPolicy           rest.Field[int32] `json:"server_policy" rule:"null,ref=policy"`
	WorkstationPolicy      rest.Field[int32] `json:"workstation_policy" rule:"null,ref=policy"`
	AlertTemplate          rest.Field[int32] `json:"alert_template" rule:"null,ref=alert_template"`
	BlockPolicyInheritance rest.Field[bool]  `json:"block_policy_inheritance"`
}

func (p placementInput) apply(dst *clients.Placement) {
	p.ServerPolicy.ApplyNull(&dst.ServerPolicy)
	p.WorkstationPolicy.ApplyNull(&dst.WorkstationPolicy)
	p.AlertTemplate.ApplyNull(&dst.AlertTemplate)
	p.BlockPolicyInheritance.Apply(&dst.BlockPolicyInheritance)
}

// valueInput is one custom value of a body; which of the three forms counts follows the field's type.
type valueInput struct {
	Field         rest.Field[int32]    `json:"field" rule:"required,ref=custom_field"`
	StringValue   rest.Field[string]   `json:"string_value" rule:"null,blank"`
	BoolValue     rest.Field[bool]     `json:"bool_value"`
	MultipleValue rest.Field[[]string] `json:"multiple_value" rule:"null,item.blank"`
}

func toValues(f rest.Field[[]valueInput]) []customfields.Input {
	out := make([]customfields.Input, 0, len(f.Value))
	for _, v := range f.Value {
		in := customfields.Input{
			Field: v.Field.Value, StringSet: v.StringValue.Set, String: v.StringValue.Ptr(),
			Bool: v.BoolValue.Ptr(), Multiple: v.MultipleValue.Ptr(),
		}
		out = append(out, in)
	}
	return out
}
