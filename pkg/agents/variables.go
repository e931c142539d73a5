package agents

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/agents/inventory"
	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
	"github.com/gueencode/gueenrmm/pkg/variables"
)

// Variables returns what placeholders of the given texts can reach, by agent key: a fixed set of queries whatever the
// number of agents. Without a placeholder in the texts nothing is read and the map is empty, which fills nothing. The wide
// inventory is read only when a text names it.
func (s *Service) Variables(ctx context.Context, pks []int32, texts ...[]string) (map[int32]*variables.Data, error) {
	if !variables.Contains(texts...) {
		return map[int32]*variables.Data{}, nil
	}
	rows, err := s.q.ListAgentVariables(ctx, s.pool, agentsdb.ListAgentVariablesParams{Wide: namesWide(texts), Ids: pks})
	if err != nil {
		return nil, fmt.Errorf("read agents for variables: %w", err)
	}
	globals, err := s.globalsOf(ctx, texts...)
	if err != nil {
		return nil, err
	}
	fields, err := s.fieldVariables(ctx, rows)
	if err != nil {
		return nil, err
	}
	out := make(map[int32]*variables.Data, len(rows))
	for i := range rows {
		r := &rows[i]
		out[r.Agent.ID] = &variables.Data{
			Kind: variables.Agent, Self: s.object(r), Globals: globals,
			Fields: map[variables.Root]map[string]variables.Field{
				variables.Agent:  fields.of("agent", r.Agent.ID),
				variables.Site:   fields.of("site", r.Site.ID),
				variables.Client: fields.of("client", r.Client.ID),
			},
		}
	}
	return out, nil
}

func namesWide(texts [][]string) bool {
	return mention(texts, "wmi_detail") || mention(texts, "services") || mention(texts, "disks")
}

// globalsOf reads the values of the key store that the texts may name; without one nothing is read.
func (s *Service) globalsOf(ctx context.Context, texts ...[]string) (map[string]string, error) {
	const root = "global."
	if !mention(texts, root) {
		return map[string]string{}, nil
	}
	return s.globals.Values(ctx, func(name string) bool { return mention(texts, root+name) })
}

func mention(texts [][]string, word string) bool {
	for _, list := range texts {
		if slices.ContainsFunc(list, func(text string) bool { return strings.Contains(text, word) }) {
			return true
		}
	}
	return false
}

// fieldSet holds the stored values of many owners and the defaults of each model.
type fieldSet struct {
	defaults map[string]map[string]variables.Field
	stored   map[string]map[int32]map[string]variables.Field
}

// of returns the fields of one owner: its stored values over the defaults.
func (f *fieldSet) of(model string, owner int32) map[string]variables.Field {
	stored := f.stored[model][owner]
	if len(stored) == 0 {
		return f.defaults[model]
	}
	out := make(map[string]variables.Field, len(f.defaults[model]))
	for name, field := range f.defaults[model] {
		if own, ok := stored[name]; ok {
			field = own
		}
		out[name] = field
	}
	return out
}

func (s *Service) fieldVariables(ctx context.Context, rows []agentsdb.ListAgentVariablesRow) (*fieldSet, error) {
	defaults, err := s.q.ListFieldDefaults(ctx, s.pool)
	if err != nil {
		return nil, fmt.Errorf("read custom fields: %w", err)
	}
	f := &fieldSet{defaults: map[string]map[string]variables.Field{}, stored: map[string]map[int32]map[string]variables.Field{}}
	for _, d := range defaults {
		if f.defaults[d.Model] == nil {
			f.defaults[d.Model] = map[string]variables.Field{}
		}
		field := fieldValue(d.Type, d.DefaultValueString, d.DefaultValueBool, d.DefaultValuesMultiple)
		if field.Value == nil && d.DefaultValueString != nil && d.Type != "multiple" {
			field.Value = "" // a default that is an empty text is a value (domain.md §7.4)
		}
		f.defaults[d.Model][d.Name] = field
	}
	var p agentsdb.ListFieldVariablesParams
	for i := range rows {
		p.AgentIds = append(p.AgentIds, rows[i].Agent.ID)
		p.SiteIds = append(p.SiteIds, rows[i].Site.ID)
		p.ClientIds = append(p.ClientIds, rows[i].Client.ID)
	}
	values, err := s.q.ListFieldVariables(ctx, s.pool, p)
	if err != nil {
		return nil, fmt.Errorf("read custom field values: %w", err)
	}
	for _, v := range values {
		field := fieldValue(v.Type, v.StringValue, deref(v.BoolValue), v.MultipleValue)
		if field.Value == nil {
			continue // nothing stored: the default counts
		}
		if f.stored[v.Model] == nil {
			f.stored[v.Model] = map[int32]map[string]variables.Field{}
		}
		if f.stored[v.Model][v.Owner] == nil {
			f.stored[v.Model][v.Owner] = map[string]variables.Field{}
		}
		f.stored[v.Model][v.Owner][v.Name] = field
	}
	return f, nil
}

// fieldValue is the value of a field by its type; none for empty texts and lists. A checkbox always has one.
func fieldValue(kind string, text *string, on bool, list []string) variables.Field {
	switch {
	case kind == "checkbox":
		return variables.Field{Value: on}
	case kind == "multiple" && len(list) > 0:
		return variables.Field{Value: list}
	case kind != "multiple" && deref(text) != "":
		return variables.Field{Value: *text}
	default:
		return variables.Field{}
	}
}

// object is an agent with its site and client as placeholders see it. What is not listed here cannot be reached.
func (s *Service) object(r *agentsdb.ListAgentVariablesRow) *variables.Object {
	site, client := places(r.Site, r.Client)
	a := &r.Agent
	summary := inventory.Summary{CPUModel: r.CpuModel, Graphics: r.Graphics, LocalIPs: r.LocalIPS, MakeModel: r.MakeModel,
		PhysicalDisks: r.PhysicalDisks, SerialNumber: r.SerialNumber}
	if len(r.CpuModel) == 0 {
		summary = inventory.Fallback(a.Plat)
	}
	zone := deref(a.TimeZone)
	if zone == "" {
		zone = r.DefaultTimeZone
	}
	return &variables.Object{Display: a.Hostname, Attributes: map[string]any{
		"id": int64(a.ID), "pk": int64(a.ID), "agent_id": a.AgentID, "hostname": a.Hostname, "plat": a.Plat,
		"goarch": deref(a.Goarch), "arch": deref(a.Goarch), "operating_system": deref(a.OperatingSystem),
		"public_ip": deref(a.PublicIP), "total_ram": int64(deref(a.TotalRam)), "boot_time": deref(a.BootTime),
		"logged_in_username": deref(a.LoggedInUsername), "last_logged_in_user": deref(a.LastLoggedInUser),
		"monitoring_type": a.MonitoringType, "description": deref(a.Description), "mesh_node_id": deref(a.MeshNodeID),
		"overdue_email_alert": a.OverdueEmailAlert, "overdue_text_alert": a.OverdueTextAlert,
		"overdue_dashboard_alert": a.OverdueDashboardAlert, "offline_time": int64(a.OfflineTime),
		"overdue_time": int64(a.OverdueTime), "check_interval": int64(a.CheckInterval), "needs_reboot": a.NeedsReboot,
		"choco_installed": a.ChocoInstalled, "patches_last_installed": moment(a.PatchesLastInstalled),
		"time_zone": deref(a.TimeZone), "timezone": zone, "maintenance_mode": a.MaintenanceMode,
		"block_policy_inheritance": a.BlockPolicyInheritance, "default_shell": a.DefaultShell,
		"default_shell_custom": a.DefaultShellCustom, "version": r.Version, "last_seen": moment(r.LastSeen),
		"status":   string(StatusAt(s.now(), r.LastSeen, a.OfflineTime, a.OverdueTime)),
		"is_posix": a.Plat != Windows, "site": site, "client": client,
		"services": r.Services, "disks": r.Disks, "wmi_detail": r.WmiDetail,
		"cpu_model": summary.CPUModel, "graphics": summary.Graphics, "local_ips": summary.LocalIPs,
		"make_model": summary.MakeModel, "physical_disks": summary.PhysicalDisks, "serial_number": summary.SerialNumber,
	}}
}

// moment is a time as the reference prints it.
func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05.999999+00:00")
}
