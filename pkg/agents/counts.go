package agents

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/singleflight"

	"github.com/gueencode/gueenrmm/pkg/access"
)

// Counts summarises a search.
type Counts struct {
	Total, Online, Offline, Overdue            int64
	Failing, Warning, NeedsReboot, Maintenance int64
	ByPlat, ByMonitoringType                   map[string]int64
}

const countColumns = `count(*), count(*) FILTER (WHERE rank = 0), count(*) FILTER (WHERE rank = 1), count(*) FILTER (WHERE rank = 2),
  count(*) FILTER (WHERE failing > 0), count(*) FILTER (WHERE failing = 0 AND warning > 0), count(*) FILTER (WHERE needs_reboot),
  count(*) FILTER (WHERE maintenance_mode)`

const countRows = statusRank + ` AS rank, c.failing, c.warning, f.needs_reboot, f.maintenance_mode, f.plat, f.monitoring_type, f.site_id`

// Count summarises what a search with the filter finds.
func (s *Service) Count(ctx context.Context, scope access.Scope, f Filter) (Counts, error) {
	return remember(ctx, s.recent, key("counts", scope, f), func(ctx context.Context) (Counts, error) { return s.count(ctx, scope, f) })
}

func (s *Service) count(ctx context.Context, scope access.Scope, f Filter) (Counts, error) {
	q := newSelection(s.now(), f, false)
	q.apply(scope, f)
	sql := "SELECT plat, monitoring_type, " + countColumns + " FROM (" + q.counted() + ") found GROUP BY plat, monitoring_type"
	rows, err := s.pool.Query(ctx, sql, q.args...)
	if err != nil {
		return Counts{}, fmt.Errorf("count agents: %w", err)
	}
	defer rows.Close()
	out := Counts{ByPlat: map[string]int64{}, ByMonitoringType: map[string]int64{}}
	for rows.Next() {
		var plat, kind string
		var c Counts
		if err := rows.Scan(&plat, &kind, &c.Total, &c.Online, &c.Offline, &c.Overdue, &c.Failing, &c.Warning, &c.NeedsReboot, &c.Maintenance); err != nil {
			return Counts{}, fmt.Errorf("count agents: %w", err)
		}
		out.add(c)
		out.ByPlat[plat] += c.Total
		out.ByMonitoringType[kind] += c.Total
	}
	if err := rows.Err(); err != nil {
		return Counts{}, fmt.Errorf("count agents: %w", err)
	}
	return out, nil
}

// counted selects what is counted of each agent that passes.
func (q *selection) counted() string {
	from, _ := q.from("", countRows)
	return "SELECT " + countRows + " FROM " + from + " WHERE " + q.condition(q.walk, q.text, q.filters)
}

func (c *Counts) add(o Counts) {
	c.Total += o.Total
	c.Online += o.Online
	c.Offline += o.Offline
	c.Overdue += o.Overdue
	c.Failing += o.Failing
	c.Warning += o.Warning
	c.NeedsReboot += o.NeedsReboot
	c.Maintenance += o.Maintenance
}

// Total returns how many agents a search finds. It reads only the tables that the filter mentions.
func (s *Service) Total(ctx context.Context, scope access.Scope, f Filter) (int64, error) {
	return remember(ctx, s.recent, key("total", scope, f), func(ctx context.Context) (int64, error) {
		q := newSelection(s.now(), f, false)
		q.apply(scope, f)
		from, _ := q.from("")
		var n int64
		err := s.pool.QueryRow(ctx, "SELECT count(*) FROM "+from+" WHERE "+q.condition(q.walk, q.text, q.filters), q.args...).Scan(&n)
		if err != nil {
			return 0, fmt.Errorf("count agents: %w", err)
		}
		return n, nil
	})
}

// Branch is a client or site of the tree with the counts of its agents.
type Branch struct {
	ID    int32
	Name  string
	Count Counts // ByPlat and ByMonitoringType are not filled
	Sites []Branch
}

// Tree returns the clients and sites of the scope by name, those without agents included. What was counted a moment ago counts;
// names are read each time: who renames a client looks for the new one at once.
func (s *Service) Tree(ctx context.Context, scope access.Scope) ([]Branch, error) {
	counts, err := remember(ctx, s.recent, key("tree", scope, Filter{}), func(ctx context.Context) (map[int32]Counts, error) { return s.countSites(ctx, scope) })
	if err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, `SELECT cl.id, cl.name, si.id, si.name FROM clients cl JOIN sites si ON si.client_id = cl.id
		WHERE $1 OR si.client_id = ANY ($2) OR si.id = ANY ($3) ORDER BY lower(cl.name), cl.id, lower(si.name), si.id`,
		scope.All, orEmpty(scope.Clients), orEmpty(scope.Sites))
	if err != nil {
		return nil, fmt.Errorf("read tree: %w", err)
	}
	out := []Branch{}
	var client, site Branch
	_, err = pgx.ForEachRow(rows, []any{&client.ID, &client.Name, &site.ID, &site.Name}, func() error {
		if len(out) == 0 || out[len(out)-1].ID != client.ID {
			out = append(out, client)
		}
		last := &out[len(out)-1]
		site.Count = counts[site.ID]
		last.Count.add(site.Count)
		last.Sites = append(last.Sites, site)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read tree: %w", err)
	}
	return out, nil
}

// countSites counts the agents of each site of the scope that has any.
func (s *Service) countSites(ctx context.Context, scope access.Scope) (map[int32]Counts, error) {
	q := newSelection(s.now(), Filter{}, false)
	q.apply(scope, Filter{})
	rows, err := s.pool.Query(ctx, "SELECT site_id, "+countColumns+" FROM ("+q.counted()+") found GROUP BY site_id", q.args...)
	if err != nil {
		return nil, fmt.Errorf("count agents of sites: %w", err)
	}
	out := map[int32]Counts{}
	var site int32
	var c Counts
	_, err = pgx.ForEachRow(rows, []any{&site, &c.Total, &c.Online, &c.Offline, &c.Overdue, &c.Failing, &c.Warning, &c.NeedsReboot, &c.Maintenance}, func() error {
		out[site] = c
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count agents of sites: %w", err)
	}
	return out, nil
}

// recentFor is how long a count may be reused: dashboards of many people ask the same within seconds of each other.
const (
	recentFor = 2 * time.Second
	recentMax = 1024
)

// recent keeps answers for a moment and lets only one caller compute each.
type recent struct {
	now    func() time.Time
	flight singleflight.Group
	mu     sync.Mutex
	kept   map[string]keptAnswer
}

type keptAnswer struct {
	value any
	until time.Time
}

func newRecent(now func() time.Time) *recent {
	return &recent{now: now, kept: map[string]keptAnswer{}}
}

func (r *recent) get(key string) (any, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.kept[key]
	return a.value, ok && r.now().Before(a.until)
}

func (r *recent) put(key string, value any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.kept) >= recentMax {
		clear(r.kept)
	}
	r.kept[key] = keptAnswer{value: value, until: r.now().Add(recentFor)}
}

// remember answers from what was computed a moment ago, or computes. Callers must not change what they get. The computation
// is not tied to the caller that happened to be first: others may wait for it.
func remember[T any](ctx context.Context, r *recent, key string, compute func(context.Context) (T, error)) (T, error) {
	if v, ok := r.get(key); ok {
		if typed, ok := v.(T); ok {
			return typed, nil
		}
	}
	done := r.flight.DoChan(key, func() (any, error) {
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		v, err := compute(own)
		if err == nil {
			r.put(key, v)
		}
		return v, err
	})
	var zero T
	select {
	case <-ctx.Done():
		return zero, fmt.Errorf("wait for counts: %w", ctx.Err())
	case result := <-done:
		if result.Err != nil {
			return zero, result.Err
		}
		typed, ok := result.Val.(T)
		if !ok {
			return zero, fmt.Errorf("counts: unexpected %T", result.Val)
		}
		return typed, nil
	}
}

// key names a computation: what, for whom, with which filter.
func key(what string, scope access.Scope, f Filter) string {
	raw, err := json.Marshal(struct {
		S access.Scope
		F Filter
	}{scope, f})
	if err != nil {
		raw = nil // plain values always marshal
	}
	return strings.Join([]string{what, string(raw)}, " ")
}
