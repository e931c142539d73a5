package agents

import (
	"context"
	"fmt"
	"slices"

	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
)

// Policy is an automation policy with its exclusions; PatchPolicy the update settings of an agent or policy.
type (
	Policy      = agentsdb.ListPoliciesRow
	PatchPolicy = agentsdb.WinUpdatePolicy
)

// AppliedPolicies are the policies that reach an agent, by slot; nil where none does (domain.md §3.1).
type AppliedPolicies struct {
	Agent, Site, Client, Default *Policy
}

// nearestFirst returns the slots that hold a policy, in order of precedence.
func (a AppliedPolicies) nearestFirst() []*Policy {
	return slices.DeleteFunc([]*Policy{a.Agent, a.Site, a.Client, a.Default}, func(p *Policy) bool { return p == nil })
}

// applied reads the policies of the four slots. Inheritance blocked at the agent leaves the agent's own only; at the site
// it removes client and default; at the client, the default.
func (s *Service) applied(ctx context.Context, d *agentsdb.GetDetailRow) (AppliedPolicies, error) {
	site, client, global := d.SiteServerPolicy, d.ClientServerPolicy, d.DefaultServerPolicy
	if d.Agent.MonitoringType == "workstation" {
		site, client, global = d.SiteWorkstationPolicy, d.ClientWorkstationPolicy, d.DefaultWorkstationPolicy
	}
	agentBlocks := d.Agent.BlockPolicyInheritance
	if agentBlocks {
		site = nil
	}
	if agentBlocks || d.SiteBlocks {
		client = nil
	}
	if agentBlocks || d.SiteBlocks || d.ClientBlocks {
		global = nil
	}
	slots := []*int32{d.Agent.PolicyID, site, client, global}
	ids := make([]int32, 0, len(slots))
	for _, id := range slots {
		if id != nil {
			ids = append(ids, *id)
		}
	}
	if len(ids) == 0 {
		return AppliedPolicies{}, nil
	}
	rows, err := s.q.ListPolicies(ctx, s.pool, ids)
	if err != nil {
		return AppliedPolicies{}, fmt.Errorf("list applied policies: %w", err)
	}
	pick := func(id *int32) *Policy {
		for i := range rows {
			p := &rows[i]
			if id == nil || p.ID != *id {
				continue
			}
			excluded := slices.Contains(p.ExcludedAgents, d.Agent.ID) || slices.Contains(p.ExcludedSites, d.Agent.SiteID) ||
				slices.Contains(p.ExcludedClients, d.ClientID)
			if !excluded {
				return p
			}
		}
		return nil
	}
	return AppliedPolicies{Agent: pick(slots[0]), Site: pick(slots[1]), Client: pick(slots[2]), Default: pick(slots[3])}, nil
}

const inherit = "inherit"

// effectivePatchPolicy merges the agent's own update settings over those of the nearest active policy that has some
// (domain.md §3.7). An agent-level monthly frequency keeps the policy's day of the month, as the contract says.
func effectivePatchPolicy(own *PatchPolicy, applied AppliedPolicies, ofPolicies []PatchPolicy) *PatchPolicy {
	var base *PatchPolicy
	for _, p := range applied.nearestFirst() {
		if !p.Active {
			continue
		}
		i := slices.IndexFunc(ofPolicies, func(w PatchPolicy) bool { return w.PolicyID != nil && *w.PolicyID == p.ID })
		if i >= 0 {
			merged := ofPolicies[i]
			base = &merged
			break
		}
	}
	if base == nil || own == nil {
		if base == nil {
			return own
		}
		return base
	}
	overlay := func(dst *string, own string) {
		if own != inherit {
			*dst = own
		}
	}
	overlay(&base.Critical, own.Critical)
	overlay(&base.Important, own.Important)
	overlay(&base.Moderate, own.Moderate)
	overlay(&base.Low, own.Low)
	overlay(&base.Other, own.Other)
	overlay(&base.RebootAfterInstall, own.RebootAfterInstall)
	if own.RunTimeFrequency != inherit {
		base.RunTimeFrequency, base.RunTimeHour, base.RunTimeDays = own.RunTimeFrequency, own.RunTimeHour, own.RunTimeDays
	}
	if !own.ReprocessFailedInherit {
		base.ReprocessFailedInherit, base.ReprocessFailed = false, own.ReprocessFailed
		base.ReprocessFailedTimes, base.EmailIfFail = own.ReprocessFailedTimes, own.EmailIfFail
	}
	return base
}
