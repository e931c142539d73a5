package agents

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/cursor"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// Limits of a search.
const (
	DefaultPage = 50
	MaxPage     = 200
	maxWords    = 8
	maxQuery    = 256
)

// Health is the state of an agent's checks as searches filter it.
type Health string

// The states: the worst that fails decides.
const (
	Failing Health = "failing"
	Warning Health = "warning"
	Passing Health = "passing"
)

// Filter narrows a search; zero values do not filter. Words of Query must all occur, in any of host, site, client, users,
// operating system, addresses, description, make and model, serial number.
type Filter struct {
	Query          string
	ClientID       int32
	SiteID         int32
	Status         []Status
	Plat           []string
	MonitoringType string
	Health         []Health
	NeedsReboot    *bool
	Maintenance    *bool
}

// SearchRow is one agent of a search result.
type SearchRow struct {
	PK               int32
	AgentID          string
	Hostname         string
	ClientID, SiteID int32
	Client, Site     string
	MonitoringType   string
	Plat             string
	Goarch           *string
	Status           Status
	Connected        bool
	LastSeen         *time.Time
	OperatingSystem  *string
	Version          string
	LoggedInUsername *string
	PublicIP         *string
	LocalIPs         string
	Description      *string
	NeedsReboot      bool
	Maintenance      bool
	Checks           CheckCounts
	BootTime         *float64
}

// Page asks for a page of a search. Sort is a key of SortKeys, with a leading minus for descending; "" means hostname.
type Page struct {
	Sort   string
	Limit  int
	Cursor string
}

// sortKey is an ordering: its SQL and the type its cursor value is bound as.
type sortKey struct {
	expr string
	cast string
}

// The texts and numbers that agent_search and the narrow tables hold are the only things searches sort by.
func sortKeys() map[string]sortKey {
	return map[string]sortKey{
		"hostname":  {"s.hostname", "text"},
		"client":    {"s.client_name", "text"},
		"site":      {"s.site_name", "text"},
		"os":        {"s.operating_system", "text"},
		"last_seen": {"coalesce(p.last_seen, '-infinity'::timestamptz)", "timestamptz"},
		"status":    {statusRank, "int"},
		"checks":    {"(c.failing::bigint * 1000000000000 + c.warning::bigint * 1000000 + c.info)", "bigint"},
		"version":   {"p.version", "text"},
	}
}

// SortKeys returns the names a search can sort by.
func SortKeys() []string {
	keys := make([]string, 0, 8)
	for k := range sortKeys() {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// statusRank computes domain.md §2.1 in SQL: 0 online, 1 offline, 2 overdue. The moment is argument $1.
const statusRank = `(CASE
  WHEN p.last_seen IS NULL THEN 1
  WHEN p.last_seen >= $1::timestamptz - p.offline_time * interval '1 minute' THEN 0
  WHEN p.last_seen > $1::timestamptz - p.overdue_time * interval '1 minute' THEN 1
  WHEN p.last_seen < $1::timestamptz - p.overdue_time * interval '1 minute' THEN 2
  ELSE 0 END)`

const searchColumns = `
SELECT a.id, a.agent_id, a.hostname, cl.id, si.id, cl.name, si.name, a.monitoring_type, a.plat, a.goarch, p.connected, p.last_seen,
  a.operating_system, p.version, a.logged_in_username, a.public_ip, inv.local_ips, a.description, a.needs_reboot,
  a.maintenance_mode, c.total, c.passing, c.failing, c.warning, c.info, c.pending, a.boot_time, a.offline_time, a.overdue_time,
  page.k::text
FROM (`

const searchJoins = `) page
JOIN agents a ON a.id = page.agent_id
JOIN sites si ON si.id = a.site_id
JOIN clients cl ON cl.id = si.client_id
JOIN agent_presence p ON p.agent_id = a.id
JOIN agent_check_counts c ON c.agent_id = a.id
JOIN agent_inventory inv ON inv.agent_id = a.id
ORDER BY page.k `

// walkRows is how far an index is walked before a search looks for another way.
const walkRows = 4000

// searchSQL builds the query of a page: the inner part finds the keys of the few rows that are shown, the outer part reads
// the rest of them. An order by name walks its index; with filters on top, only the first walkRows entries unless full is
// set. When they hold enough rows, as they do for filters that most agents pass, the answer is the same as that of the full
// query, which collects everything that passes and sorts it, and is the quick way for filters that few agents pass.
// partial says that the query is such a walk.
func searchSQL(now time.Time, scope access.Scope, f Filter, p Page, full bool) (sql string, args []any, partial bool, err error) {
	name, descending := strings.CutPrefix(p.Sort, "-")
	if name == "" {
		name = "hostname"
	}
	order, ok := sortKeys()[name]
	if !ok {
		return "", nil, false, fault.InvalidField("sort", fmt.Sprintf("%q is not a valid choice.", name))
	}
	named := mentions(order.expr, aliasSearch)
	q := newSelection(now, f, named)
	q.apply(scope, f)
	direction, after := "ASC", ">"
	if descending {
		direction, after = "DESC", "<"
	}
	_, key := q.from("", order.expr)
	if p.Cursor != "" {
		c, err := parseSearchPlace(p.Cursor, p.Sort)
		if err != nil {
			return "", nil, false, err
		}
		q.walk = append(q.walk, fmt.Sprintf("(%s, %s) %s (%s::text::%s, %s::int)", order.expr, key, after, q.bind(c.Key), order.cast, q.bind(c.ID)))
	}
	by := fmt.Sprintf("%s %s, %s %s", order.expr, direction, key, direction)
	source, conditions := "", [][]string{q.walk, q.text, q.filters}
	filtered := named && len(q.text)+len(q.filters) > 0
	switch {
	case filtered && !full:
		source = fmt.Sprintf("(SELECT * FROM agent_search s WHERE %s ORDER BY %s LIMIT %d)", q.condition(q.walk), by, walkRows)
		conditions, partial = conditions[1:], true
	case named && len(q.text) > 0:
		// OFFSET 0 keeps the planner from preferring a walk of the order's index over the index of the words.
		source = fmt.Sprintf("(SELECT * FROM agent_search s WHERE %s OFFSET 0)", q.condition(q.walk, q.text))
		conditions = conditions[2:]
	}
	from, _ := q.from(source, order.expr)
	inner := fmt.Sprintf("SELECT %s, %s AS k FROM %s WHERE %s ORDER BY %s LIMIT %s",
		key, order.expr, from, q.condition(conditions...), by, q.bind(p.Limit+1))
	return searchColumns + inner + searchJoins + direction + ", a.id " + direction, q.args, partial, nil
}

// Search returns a page of the agents of the scope and the cursor of the next one, "" at the end.
func (s *Service) Search(ctx context.Context, scope access.Scope, f Filter, p Page) (rows []SearchRow, next string, err error) {
	if p.Limit <= 0 {
		p.Limit = DefaultPage
	}
	p.Limit = min(p.Limit, MaxPage)
	rows, keys, partial, err := s.page(ctx, scope, f, p, false)
	if err == nil && partial && len(rows) <= p.Limit {
		rows, keys, _, err = s.page(ctx, scope, f, p, true)
	}
	if err != nil {
		return nil, "", err
	}
	if len(rows) > p.Limit {
		rows = rows[:p.Limit]
		next, err = cursor.Encode(searchPlace{Sort: p.Sort, Key: keys[p.Limit-1], ID: rows[p.Limit-1].PK})
	}
	return rows, next, err
}

func (s *Service) page(ctx context.Context, scope access.Scope, f Filter, p Page, full bool) (rows []SearchRow, keys []string, partial bool, err error) {
	now := s.now()
	sql, args, partial, err := searchSQL(now, scope, f, p, full)
	if err != nil {
		return nil, nil, false, err
	}
	found, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, nil, false, fmt.Errorf("search agents: %w", err)
	}
	rows, keys, err = scanSearch(found, now)
	if err != nil {
		return nil, nil, false, fmt.Errorf("search agents: %w", err)
	}
	return rows, keys, partial, nil
}

// SearchOne returns one agent in the form of a search row.
func (s *Service) SearchOne(ctx context.Context, ref Ref) (SearchRow, error) {
	found, err := s.pool.Query(ctx, searchColumns+"SELECT $1::int AS agent_id, '' AS k"+searchJoins, ref.PK)
	if err != nil {
		return SearchRow{}, fmt.Errorf("read agent: %w", err)
	}
	rows, _, err := scanSearch(found, s.now())
	if err != nil {
		return SearchRow{}, fmt.Errorf("read agent: %w", err)
	}
	if len(rows) == 0 {
		return SearchRow{}, fault.NotFound(Model)
	}
	return rows[0], nil
}

func scanSearch(found pgx.Rows, now time.Time) (rows []SearchRow, keys []string, err error) {
	defer found.Close()
	rows = []SearchRow{}
	for found.Next() {
		var r SearchRow
		var offline, overdue int32
		var key string
		err := found.Scan(&r.PK, &r.AgentID, &r.Hostname, &r.ClientID, &r.SiteID, &r.Client, &r.Site, &r.MonitoringType, &r.Plat,
			&r.Goarch, &r.Connected, &r.LastSeen, &r.OperatingSystem, &r.Version, &r.LoggedInUsername, &r.PublicIP, &r.LocalIPs,
			&r.Description, &r.NeedsReboot, &r.Maintenance, &r.Checks.Total, &r.Checks.Passing, &r.Checks.Failing,
			&r.Checks.Warning, &r.Checks.Info, &r.Checks.Pending, &r.BootTime, &offline, &overdue, &key)
		if err != nil {
			return nil, nil, err
		}
		r.Status = StatusAt(now, r.LastSeen, offline, overdue)
		rows, keys = append(rows, r), append(keys, key)
	}
	return rows, keys, found.Err()
}
