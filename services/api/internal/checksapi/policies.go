package checksapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/policies"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

const policiesTag = "automation"

func (h handlers) registerPolicies(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/automation/policies/", ID: "listPolicies", Tag: policiesTag, Summary: "List automation policies",
		Auth: rest.AuthUser, Permission: access.ListPolicies,
	}, h.listPolicies)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/automation/policies/", ID: "createPolicy", Tag: policiesTag, Summary: "Add an automation policy",
		Auth: rest.AuthUser, Permission: access.ManagePolicies, Errors: []int{http.StatusBadRequest},
	}, h.createPolicy)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/automation/policies/{pk}/", ID: "getPolicy", Tag: policiesTag, Summary: "Read an automation policy",
		Auth: rest.AuthUser, Permission: access.ListPolicies, Errors: []int{http.StatusNotFound},
	}, h.getPolicy)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/automation/policies/{pk}/", ID: "updatePolicy", Tag: policiesTag, Summary: "Change an automation policy",
		Partial: true, Auth: rest.AuthUser, Permission: access.ManagePolicies, Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.updatePolicy)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/automation/policies/{pk}/", ID: "deletePolicy", Tag: policiesTag,
		Summary: "Delete an automation policy with its checks and tasks", Auth: rest.AuthUser, Permission: access.ManagePolicies,
		Errors: []int{http.StatusNotFound},
	}, h.deletePolicy)
}

// Policy is an automation policy (rest-2.md §1.1).
type Policy struct {
	ID              int32      `json:"id"`
	CreatedBy       *string    `json:"created_by"`
	CreatedTime     *rest.Time `json:"created_time"`
	ModifiedBy      *string    `json:"modified_by"`
	ModifiedTime    *rest.Time `json:"modified_time"`
	Name            string     `json:"name"`
	Desc            *string    `json:"desc"`
	Active          bool       `json:"active"`
	Enforced        bool       `json:"enforced"`
	AlertTemplate   *int32     `json:"alert_template"`
	ExcludedSites   []int32    `json:"excluded_sites"`
	ExcludedClients []int32    `json:"excluded_clients"`
	ExcludedAgents  []int32    `json:"excluded_agents"`
}

func toPolicy(p *policies.Policy) Policy {
	return Policy{
		ID: p.ID, CreatedBy: p.CreatedBy, CreatedTime: rest.AtPtr(p.CreatedTime), ModifiedBy: p.ModifiedBy,
		ModifiedTime: rest.AtPtr(p.ModifiedTime), Name: p.Name, Desc: p.Desc, Active: p.Active, Enforced: p.Enforced,
		AlertTemplate: p.AlertTemplate, ExcludedSites: p.ExcludedSites, ExcludedClients: p.ExcludedClients, ExcludedAgents: p.ExcludedAgents,
	}
}

// PolicyRow is a policy in the table of policies. AlertTemplate is there only when there is one.
type PolicyRow struct {
	ID                       int32              `json:"id"`
	DefaultServerPolicy      bool               `json:"default_server_policy"`
	DefaultWorkstationPolicy bool               `json:"default_workstation_policy"`
	AgentsCount              int32              `json:"agents_count"`
	WinUpdatePolicy          []PolicyPatchRules `json:"winupdatepolicy"`
	AlertTemplate            *int32             `json:"alert_template,omitempty"`
	CreatedBy                *string            `json:"created_by"`
	CreatedTime              *rest.Time         `json:"created_time"`
	ModifiedBy               *string            `json:"modified_by"`
	ModifiedTime             *rest.Time         `json:"modified_time"`
	Name                     string             `json:"name"`
	Desc                     *string            `json:"desc"`
	Active                   bool               `json:"active"`
	Enforced                 bool               `json:"enforced"`
	ExcludedSites            []int32            `json:"excluded_sites"`
	ExcludedClients          []int32            `json:"excluded_clients"`
	ExcludedAgents           []int32            `json:"excluded_agents"`
}

// PolicyPatchRules are the update settings of a policy.
type PolicyPatchRules struct {
	ID                     int32      `json:"id"`
	CreatedBy              *string    `json:"created_by"`
	CreatedTime            *rest.Time `json:"created_time"`
	ModifiedBy             *string    `json:"modified_by"`
	ModifiedTime           *rest.Time `json:"modified_time"`
	Critical               string     `json:"critical"`
	Important              string     `json:"important"`
	Moderate               string     `json:"moderate"`
	Low                    string     `json:"low"`
	Other                  string     `json:"other"`
	RunTimeHour            int32      `json:"run_time_hour"`
	RunTimeFrequency       string     `json:"run_time_frequency"`
	RunTimeDays            []int32    `json:"run_time_days" nullable:"true"`
	RunTimeDay             int32      `json:"run_time_day"`
	RebootAfterInstall     string     `json:"reboot_after_install"`
	ReprocessFailedInherit bool       `json:"reprocess_failed_inherit"`
	ReprocessFailed        bool       `json:"reprocess_failed"`
	ReprocessFailedTimes   int32      `json:"reprocess_failed_times"`
	EmailIfFail            bool       `json:"email_if_fail"`
	Agent                  *int32     `json:"agent"`
	Policy                 *int32     `json:"policy"`
}

func (h handlers) listPolicies(ctx context.Context, _ *rest.Call, _ *struct{}) ([]PolicyRow, error) {
	found, err := h.policies.List(ctx)
	if err != nil {
		return nil, err
	}
	patch, err := h.policies.PatchRules(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]PolicyRow, len(found))
	for i := range found {
		p := &found[i]
		out[i] = PolicyRow{
			ID: p.ID, DefaultServerPolicy: p.DefaultServer, DefaultWorkstationPolicy: p.DefaultWorkstation, AgentsCount: p.AgentsCount,
			WinUpdatePolicy: toPatchRules(patch[p.ID]), AlertTemplate: p.AlertTemplate, CreatedBy: p.CreatedBy,
			CreatedTime: rest.AtPtr(p.CreatedTime), ModifiedBy: p.ModifiedBy, ModifiedTime: rest.AtPtr(p.ModifiedTime), Name: p.Name,
			Desc: p.Desc, Active: p.Active, Enforced: p.Enforced, ExcludedSites: p.ExcludedSites, ExcludedClients: p.ExcludedClients,
			ExcludedAgents: p.ExcludedAgents,
		}
	}
	return out, nil
}

func toPatchRules(list []policies.PatchRules) []PolicyPatchRules {
	out := make([]PolicyPatchRules, len(list))
	for i, w := range list {
		out[i] = PolicyPatchRules{
			ID: w.ID, CreatedBy: w.CreatedBy, CreatedTime: rest.AtPtr(w.CreatedTime), ModifiedBy: w.ModifiedBy,
			ModifiedTime: rest.AtPtr(w.ModifiedTime), Critical: w.Critical, Important: w.Important, Moderate: w.Moderate, Low: w.Low,
			Other: w.Other, RunTimeHour: w.RunTimeHour, RunTimeFrequency: w.RunTimeFrequency, RunTimeDays: w.RunTimeDays,
			RunTimeDay: w.RunTimeDay, RebootAfterInstall: w.RebootAfterInstall, ReprocessFailedInherit: w.ReprocessFailedInherit,
			ReprocessFailed: w.ReprocessFailed, ReprocessFailedTimes: w.ReprocessFailedTimes, EmailIfFail: w.EmailIfFail,
			Agent: w.Agent, Policy: w.Policy,
		}
	}
	return out
}

// policyInput is a policy as it is written. A policy without a name is stored with an empty one.
type policyInput struct {
	Name            rest.Field[string]  `json:"name" rule:"max=255,pattern=name"`
	Desc            rest.Field[string]  `json:"desc" rule:"null,blank,max=255"`
	Active          rest.Field[bool]    `json:"active"`
	Enforced        rest.Field[bool]    `json:"enforced"`
	AlertTemplate   rest.Field[int32]   `json:"alert_template" rule:"null,ref=alert_template"`
	ExcludedSites   rest.Field[[]int32] `json:"excluded_sites" rule:"item.ref=site"`
	ExcludedClients rest.Field[[]int32] `json:"excluded_clients" rule:"item.ref=client"`
	ExcludedAgents  rest.Field[[]int32] `json:"excluded_agents" rule:"item.ref=agent"`
}

func (in *policyInput) apply(p *policies.Policy) {
	in.Name.Apply(&p.Name)
	in.Desc.ApplyNull(&p.Desc)
	in.Active.Apply(&p.Active)
	in.Enforced.Apply(&p.Enforced)
	in.AlertTemplate.ApplyNull(&p.AlertTemplate)
	in.ExcludedSites.Apply(&p.ExcludedSites)
	in.ExcludedClients.Apply(&p.ExcludedClients)
	in.ExcludedAgents.Apply(&p.ExcludedAgents)
}

func (h handlers) createPolicy(ctx context.Context, c *rest.Call, in *struct{ Body policyInput }) (string, error) {
	var p policies.Policy
	in.Body.apply(&p)
	if _, err := h.policies.Create(ctx, c.Principal, p); err != nil {
		return "", err
	}
	return "ok", nil
}

func (h handlers) getPolicy(ctx context.Context, _ *rest.Call, in *pkInput) (Policy, error) {
	p, err := h.policies.Get(ctx, in.PK)
	if err != nil {
		return Policy{}, err
	}
	return toPolicy(p), nil
}

func (h handlers) updatePolicy(ctx context.Context, c *rest.Call, in *struct {
	PK   int32 `path:"pk"`
	Body policyInput
}) (string, error) {
	return "ok", h.policies.Edit(ctx, c.Principal, in.PK, in.Body.apply)
}

func (h handlers) deletePolicy(ctx context.Context, _ *rest.Call, in *pkInput) (string, error) {
	return "ok", h.policies.Delete(ctx, in.PK)
}
