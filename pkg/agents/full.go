package agents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// FullFilter narrows the list of whole agents (rest-2.md §11); nil and empty fields do not filter.
type FullFilter struct {
	Search   string            // part of the host name or of the services' report, without regard to case
	Texts    map[string]string // exact values of the columns of fullColumns
	Keys     map[string]int32  // id, alert_template, site, policy, client_id
	Reboot   *bool
	LastSeen TimeRange
	Patched  TimeRange
	RAM      [2]*int32 // from, to; both inclusive
}

// TimeRange is inclusive at both ends; nil is open.
type TimeRange struct{ After, Before *time.Time }

// fullColumns maps the names of exact filters to columns; no other name reaches the statement.
func fullColumns() map[string]string {
	return map[string]string{
		"hostname": "a.hostname", "agent_id": "a.agent_id", "operating_system": "a.operating_system", "plat": "a.plat",
		"monitoring_type": "a.monitoring_type", "logged_in_username": "a.logged_in_username", "last_logged_in_user": "a.last_logged_in_user",
		"id": "a.id", "alert_template": "a.alert_template_id", "site": "a.site_id", "policy": "a.policy_id", "client_id": "si.client_id",
	}
}

// Full is a whole agent with its reported inventory.
type Full struct {
	Row
	LastSeen  *time.Time
	Version   string
	Services  json.RawMessage
	Disks     json.RawMessage
	WMIDetail json.RawMessage
}

func (f FullFilter) from(scope access.Scope) (string, []any) {
	var args []any
	bind := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	parts := []string{"true"}
	if !scope.All {
		parts = append(parts, "(si.client_id = ANY ("+bind(orEmpty(scope.Clients))+"::int[]) OR si.id = ANY ("+bind(orEmpty(scope.Sites))+"::int[]))")
	}
	columns := fullColumns()
	for name, v := range f.Texts {
		if column := columns[name]; column != "" {
			parts = append(parts, column+" = "+bind(v))
		}
	}
	for name, v := range f.Keys {
		if column := columns[name]; column != "" {
			parts = append(parts, column+" = "+bind(v))
		}
	}
	if f.Reboot != nil {
		parts = append(parts, "a.needs_reboot = "+bind(*f.Reboot))
	}
	span := func(column string, r TimeRange) {
		if r.After != nil {
			parts = append(parts, column+" >= "+bind(*r.After))
		}
		if r.Before != nil {
			parts = append(parts, column+" <= "+bind(*r.Before))
		}
	}
	span("p.last_seen", f.LastSeen)
	span("a.patches_last_installed", f.Patched)
	for i, operator := range []string{" >= ", " <= "} {
		if f.RAM[i] != nil {
			parts = append(parts, "a.total_ram"+operator+bind(*f.RAM[i]))
		}
	}
	if f.Search != "" {
		pattern := bind("%" + escapeLike(f.Search) + "%")
		parts = append(parts, "(a.hostname ILIKE "+pattern+" OR inv.services::text ILIKE "+pattern+")")
	}
	return ` FROM agents a
JOIN sites si ON si.id = a.site_id
JOIN agent_presence p ON p.agent_id = a.id
JOIN agent_inventory inv ON inv.agent_id = a.id WHERE ` + strings.Join(parts, " AND "), args
}

// FullPage returns how many agents of the scope match, and the keys of a page of them in the order of their keys.
func (s *Service) FullPage(ctx context.Context, scope access.Scope, f FullFilter, descending bool, limit int, offset int64) (pks []int32, total int64, err error) {
	from, args := f.from(scope)
	if err := s.pool.QueryRow(ctx, "SELECT count(*)"+from, args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count agents: %w", err)
	}
	order := " ORDER BY a.id"
	if descending {
		order += " DESC"
	}
	rows, err := s.pool.Query(ctx, "SELECT a.id"+from+order+fmt.Sprintf(" LIMIT %d OFFSET %d", limit, offset), args...)
	if err != nil {
		return nil, 0, fmt.Errorf("page agents: %w", err)
	}
	if pks, err = pgx.CollectRows(rows, pgx.RowTo[int32]); err != nil {
		return nil, 0, fmt.Errorf("page agents: %w", err)
	}
	return pks, total, nil
}

// fullBatch is how many whole agents are held at a time: one can be some hundred kilobytes.
const fullBatch = 50

// ForEachFull calls fn with the agents of the keys, in their order, reading some at a time. Agents that are gone are left out.
func (s *Service) ForEachFull(ctx context.Context, pks []int32, fn func(*Full) error) error {
	for len(pks) > 0 {
		n := min(len(pks), fullBatch)
		found, err := s.q.ListFull(ctx, s.pool, pks[:n])
		if err != nil {
			return fmt.Errorf("list agents: %w", err)
		}
		byPK := make(map[int32]*Full, len(found))
		for _, r := range found {
			byPK[r.Agent.ID] = &Full{
				Row: r.Agent, LastSeen: r.LastSeen, Version: r.Version, Services: r.Services, Disks: r.Disks, WMIDetail: r.WmiDetail,
			}
		}
		for _, pk := range pks[:n] {
			if full := byPK[pk]; full != nil {
				if err := fn(full); err != nil {
					return err
				}
			}
		}
		pks = pks[n:]
	}
	return nil
}

// FindByPK is Find by the agent's key.
func (s *Service) FindByPK(ctx context.Context, scope access.Scope, pk int32) (Ref, error) {
	id, err := s.q.GetAgentID(ctx, s.pool, pk)
	if errors.Is(err, pgx.ErrNoRows) {
		return Ref{}, fault.NotFound(Model)
	}
	if err != nil {
		return Ref{}, fmt.Errorf("find agent: %w", err)
	}
	return s.Find(ctx, scope, id)
}

// CountPending returns how many actions of an agent are pending.
func (s *Service) CountPending(ctx context.Context, pk int32) (int32, error) {
	n, err := s.q.CountPendingActions(ctx, s.pool, pk)
	if err != nil {
		return 0, fmt.Errorf("count pending actions: %w", err)
	}
	return n, nil
}

// Exists says whether a row that a filter names is there: of alert_template, site or policy. It reads tables of other contexts.
func (s *Service) Exists(ctx context.Context, kind string, id int32) (found bool, err error) {
	table := map[string]string{"alert_template": "alert_templates", "site": "sites", "policy": "policies"}[kind]
	if table == "" {
		return false, fmt.Errorf("look up %s: no such kind", kind)
	}
	if err := s.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+table+" WHERE id = $1)", id).Scan(&found); err != nil {
		return false, fmt.Errorf("look up %s: %w", kind, err)
	}
	return found, nil
}
