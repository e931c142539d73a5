package agentsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/installers"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/pkg/version"
	"github.com/gueencode/gueenrmm/services/api/internal/agentinput"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerDetail(r *rest.Router) {
	rest.Handle(r, one(http.MethodGet, "", "getAgent", "Read everything about an agent", access.ListAgents), h.get)
	edit := one(http.MethodPut, "", "updateAgent", "Change an agent", access.EditAgent, http.StatusBadRequest)
	edit.Partial = true
	rest.Handle(r, edit, h.edit)
	remove := one(http.MethodDelete, "", "deleteAgent", "Uninstall and delete an agent", access.UninstallAgents)
	remove.NotInDemo = true
	rest.Handle(r, remove, h.remove)
	rest.Handle(r, one(http.MethodGet, "terminal-defaults/", "getTerminalDefaults", "Say which shell a terminal starts", access.UseTerminal), h.terminal)
}

func (h handlers) get(ctx context.Context, c *rest.Call, in *agentPath) (*AgentDetail, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return nil, err
	}
	d, err := h.Agents.Detail(ctx, ref.PK)
	if err != nil {
		return nil, err
	}
	out := toDetail(d)
	if out.AllTimezones, err = h.Zones.Names(ctx); err != nil {
		return nil, err
	}
	core, err := h.Settings.Get(ctx)
	if err != nil {
		return nil, err
	}
	out.EffectiveDefaultShell = agents.EffectiveShell(d.Agent.Plat, d.Agent.DefaultShell, d.Agent.DefaultShellCustom, shells(core))
	return &out, nil
}

func shells(c settings.Core) agents.GlobalShells {
	return agents.GlobalShells{
		Windows: c.DefaultShellWindows, WindowsCustom: c.DefaultShellWindowsCustom, Linux: c.DefaultShellLinux,
		LinuxCustom: c.DefaultShellLinuxCustom, Darwin: c.DefaultShellDarwin, DarwinCustom: c.DefaultShellDarwinCustom,
	}
}

// TerminalDefaults is what the terminal page asks first.
type TerminalDefaults struct {
	AgentID               string `json:"agent_id"`
	Hostname              string `json:"hostname"`
	Plat                  string `json:"plat"`
	DefaultShell          string `json:"default_shell"`
	ResolvedDefaultShell  string `json:"resolved_default_shell"`
	EffectiveDefaultShell string `json:"effective_default_shell"`
	TerminalMode          string `json:"terminal_mode"`
	SupportsNewTerminal   bool   `json:"supports_new_terminal"`
}

// terminalSince is the first agent version with terminals of its own.
const terminalSince = "2.11.0"

func (h handlers) terminal(ctx context.Context, c *rest.Call, in *agentPath) (TerminalDefaults, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return TerminalDefaults{}, err
	}
	core, err := h.Settings.Get(ctx)
	if err != nil {
		return TerminalDefaults{}, err
	}
	effective := agents.EffectiveShell(ref.Plat, ref.DefaultShell, ref.DefaultShellCustom, shells(core))
	return TerminalDefaults{
		AgentID: ref.AgentID, Hostname: ref.Hostname, Plat: ref.Plat, DefaultShell: ref.DefaultShell,
		ResolvedDefaultShell: agents.ResolvedShell(effective), EffectiveDefaultShell: effective, TerminalMode: core.TerminalMode,
		SupportsNewTerminal: version.AtLeast(ref.Version, terminalSince),
	}, nil
}

// editBody are the fields of an agent that people change; others are ignored (rest-1.md §5.1).
type editBody struct {
	agentinput.Settings
	Site               rest.Field[int32]              `json:"site" rule:"ref=site"`
	DefaultShell       rest.Field[string]             `json:"default_shell" rule:"choices=use_global|cmd|powershell|bash|custom"`
	DefaultShellCustom rest.Field[string]             `json:"default_shell_custom" rule:"blank,max=512"`
	WinUpdatePolicy    rest.Field[[]patchPolicyInput] `json:"winupdatepolicy" rule:"null,flat" doc:"only the first item counts"`
	CustomFields       rest.Field[[]valueInput]       `json:"custom_fields" rule:"null,flat"`
}

type patchPolicyInput struct {
	Critical               rest.Field[string]  `json:"critical" rule:"choices=manual|approve|ignore|inherit"`
	Important              rest.Field[string]  `json:"important" rule:"choices=manual|approve|ignore|inherit"`
	Moderate               rest.Field[string]  `json:"moderate" rule:"choices=manual|approve|ignore|inherit"`
	Low                    rest.Field[string]  `json:"low" rule:"choices=manual|approve|ignore|inherit"`
	Other                  rest.Field[string]  `json:"other" rule:"choices=manual|approve|ignore|inherit"`
	RunTimeHour            rest.Field[int32]   `json:"run_time_hour" rule:"min=0,max=23"`
	RunTimeFrequency       rest.Field[string]  `json:"run_time_frequency" rule:"choices=daily|monthly|inherit"`
	RunTimeDays            rest.Field[[]int32] `json:"run_time_days" rule:"null,item.min=0,item.max=6"`
	RunTimeDay             rest.Field[int32]   `json:"run_time_day" rule:"min=1,max=31"`
	RebootAfterInstall     rest.Field[string]  `json:"reboot_after_install" rule:"choices=never|required|always|inherit"`
	ReprocessFailedInherit rest.Field[bool]    `json:"reprocess_failed_inherit"`
	ReprocessFailed        rest.Field[bool]    `json:"reprocess_failed"`
	ReprocessFailedTimes   rest.Field[int32]   `json:"reprocess_failed_times" rule:"min=0"`
	EmailIfFail            rest.Field[bool]    `json:"email_if_fail"`
}

// valueInput is one custom value; which of the three forms counts follows the field's type.
type valueInput struct {
	Field         rest.Field[int32]    `json:"field" rule:"required,ref=custom_field"`
	StringValue   rest.Field[string]   `json:"string_value" rule:"null,blank"`
	BoolValue     rest.Field[bool]     `json:"bool_value"`
	MultipleValue rest.Field[[]string] `json:"multiple_value" rule:"null,item.blank"`
}

func (b *editBody) apply(a *agents.Row) {
	b.Settings.Apply(a)
	b.Site.Apply(&a.SiteID)
	b.DefaultShell.Apply(&a.DefaultShell)
	b.DefaultShellCustom.Apply(&a.DefaultShellCustom)
}

func (p *patchPolicyInput) apply(dst *agents.PatchPolicy) {
	p.Critical.Apply(&dst.Critical)
	p.Important.Apply(&dst.Important)
	p.Moderate.Apply(&dst.Moderate)
	p.Low.Apply(&dst.Low)
	p.Other.Apply(&dst.Other)
	p.RunTimeHour.Apply(&dst.RunTimeHour)
	p.RunTimeFrequency.Apply(&dst.RunTimeFrequency)
	if p.RunTimeDays.Set {
		dst.RunTimeDays = listOf(p.RunTimeDays.Value)
	}
	p.RunTimeDay.Apply(&dst.RunTimeDay)
	p.RebootAfterInstall.Apply(&dst.RebootAfterInstall)
	p.ReprocessFailedInherit.Apply(&dst.ReprocessFailedInherit)
	p.ReprocessFailed.Apply(&dst.ReprocessFailed)
	p.ReprocessFailedTimes.Apply(&dst.ReprocessFailedTimes)
	p.EmailIfFail.Apply(&dst.EmailIfFail)
}

type editInput struct {
	AgentID rest.AgentID `path:"agent_id"`
	Body    editBody
}

func (h handlers) edit(ctx context.Context, c *rest.Call, in *editInput) (string, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return "", err
	}
	change := agents.Edit{Agent: in.Body.apply}
	if list := in.Body.WinUpdatePolicy.Value; len(list) > 0 {
		change.PatchPolicy = list[0].apply
	}
	for _, v := range in.Body.CustomFields.Value {
		change.CustomFields = append(change.CustomFields, customfields.Input{
			Field: v.Field.Value, StringSet: v.StringValue.Set, String: v.StringValue.Ptr(), Bool: v.BoolValue.Ptr(), Multiple: v.MultipleValue.Ptr(),
		})
	}
	if err := h.Agents.Edit(ctx, c.Principal, ref, change); err != nil {
		return "", err
	}
	return "The agent was updated successfully", nil
}

func (h handlers) remove(ctx context.Context, c *rest.Call, in *agentPath) (string, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return "", err
	}
	code, err := installers.Uninstall(ref.Plat)
	if err != nil {
		return "", err
	}
	if err := h.Actions.Uninstall(ctx, ref, code); err != nil {
		return "", err
	}
	return ref.Hostname + " will now be uninstalled.", nil
}
