package agents

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
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
  WHEN p.last_seen >= $1::timestamptz - a.offline_time * interval '1 minute' THEN 0
  WHEN p.last_seen > $1::timestamptz - a.overdue_time * interval '1 minute' THEN 1
  WHEN p.last_seen < $1::timestamptz - a.overdue_time * interval '1 minute' THEN 2
  ELSE 0 END)`

// selection collects conditions over s (agent_search), a, p and c, and binds their arguments. Argument $1 is the moment.
type selection struct {
	args       []any
	conditions []string
}

func newSelection(now time.Time) *selection {
	return &selection{args: []any{now}, conditions: []string{"$1::timestamptz IS NOT NULL"}}
}

func (q *selection) bind(v any) string {
	q.args = append(q.args, v)
	return fmt.Sprintf("$%d", len(q.args))
}

func (q *selection) where(condition string) { q.conditions = append(q.conditions, condition) }

func (q *selection) apply(scope access.Scope, f Filter) {
	if !scope.All {
		clients, sites := q.bind(orEmpty(scope.Clients)), q.bind(orEmpty(scope.Sites))
		q.where("(s.client_id = ANY (" + clients + ") OR s.site_id = ANY (" + sites + "))")
	}
	for _, word := range words(f.Query) {
		q.where("s.haystack LIKE " + q.bind("%"+escapeLike(word)+"%"))
	}
	if f.ClientID != 0 {
		q.where("s.client_id = " + q.bind(f.ClientID))
	}
	if f.SiteID != 0 {
		q.where("s.site_id = " + q.bind(f.SiteID))
	}
	if len(f.Plat) > 0 {
		q.where("a.plat = ANY (" + q.bind(f.Plat) + ")")
	}
	if f.MonitoringType != "" {
		q.where("a.monitoring_type = " + q.bind(f.MonitoringType))
	}
	if f.NeedsReboot != nil {
		q.where(flag("a.needs_reboot", *f.NeedsReboot))
	}
	if f.Maintenance != nil {
		q.where(flag("a.maintenance_mode", *f.Maintenance))
	}
	if len(f.Status) > 0 {
		ranks := make([]int32, 0, len(f.Status))
		for _, status := range f.Status {
			ranks = append(ranks, map[Status]int32{Online: 0, Offline: 1, Overdue: 2}[status])
		}
		q.where(statusRank + " = ANY (" + q.bind(ranks) + ")")
	}
	if len(f.Health) > 0 {
		q.where(healthCondition(f.Health))
	}
}

// flag writes a boolean so that partial indexes match it.
func flag(column string, on bool) string {
	if on {
		return column
	}
	return "NOT " + column
}

func healthCondition(wanted []Health) string {
	var any []string
	for _, h := range wanted {
		switch h {
		case Failing:
			any = append(any, "c.failing > 0")
		case Warning:
			any = append(any, "(c.failing = 0 AND c.warning > 0)")
		case Passing:
			any = append(any, "(c.failing = 0 AND c.warning = 0)")
		}
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

func words(query string) []string {
	if len(query) > maxQuery {
		query = strings.ToValidUTF8(query[:maxQuery], "")
	}
	list := strings.Fields(strings.ToLower(strings.ReplaceAll(query, "\x00", "")))
	return list[:min(len(list), maxWords)]
}

func escapeLike(word string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word)
}

// from names the tables that the conditions and the extra expression mention, so that a filter on names alone reads
// agent_search alone.
func (q *selection) from(extra string) string {
	text := strings.Join(q.conditions, " ") + " " + extra
	from := "agent_search s"
	if strings.Contains(text, "a.") {
		from += " JOIN agents a ON a.id = s.agent_id"
	}
	if strings.Contains(text, "p.") {
		from += " JOIN agent_presence p ON p.agent_id = s.agent_id"
	}
	if strings.Contains(text, "c.") {
		from += " JOIN agent_check_counts c ON c.agent_id = s.agent_id"
	}
	return from
}

func (q *selection) condition() string { return strings.Join(q.conditions, " AND ") }

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

// searchSQL builds the query of a page: the inner part walks an index or sorts narrow rows, the outer part reads the rest
// of the few rows that are shown.
func searchSQL(now time.Time, scope access.Scope, f Filter, p Page) (sql string, args []any, err error) {
	name, descending := strings.CutPrefix(p.Sort, "-")
	if name == "" {
		name = "hostname"
	}
	key, ok := sortKeys()[name]
	if !ok {
		return "", nil, fault.InvalidField("sort", fmt.Sprintf("%q is not a valid choice.", name))
	}
	q := newSelection(now)
	q.apply(scope, f)
	direction, after := "ASC", ">"
	if descending {
		direction, after = "DESC", "<"
	}
	if p.Cursor != "" {
		c, err := decodeCursor(p.Cursor, p.Sort)
		if err != nil {
			return "", nil, err
		}
		q.where(fmt.Sprintf("(%s, s.agent_id) %s (%s::text::%s, %s::int)", key.expr, after, q.bind(c.Key), key.cast, q.bind(c.ID)))
	}
	inner := fmt.Sprintf("SELECT s.agent_id, %s AS k FROM %s WHERE %s ORDER BY %s %s, s.agent_id %s LIMIT %s",
		key.expr, q.from(key.expr), q.condition(), key.expr, direction, direction, q.bind(p.Limit+1))
	return searchColumns + inner + searchJoins + direction + ", a.id " + direction, q.args, nil
}

// Search returns a page of the agents of the scope and the cursor of the next one, "" at the end.
func (s *Service) Search(ctx context.Context, scope access.Scope, f Filter, p Page) (rows []SearchRow, next string, err error) {
	if p.Limit <= 0 {
		p.Limit = DefaultPage
	}
	p.Limit = min(p.Limit, MaxPage)
	now := s.now()
	sql, args, err := searchSQL(now, scope, f, p)
	if err != nil {
		return nil, "", err
	}
	found, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, "", fmt.Errorf("search agents: %w", err)
	}
	rows, keys, err := scanSearch(found, now)
	if err != nil {
		return nil, "", fmt.Errorf("search agents: %w", err)
	}
	if len(rows) > p.Limit {
		rows = rows[:p.Limit]
		next = encodeCursor(cursor{Sort: p.Sort, Key: keys[p.Limit-1], ID: rows[p.Limit-1].PK})
	}
	return rows, next, nil
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

// cursor is the place after the last row of a page. Its key is bound, never put into SQL.
type cursor struct {
	Sort string `json:"s"`
	Key  string `json:"k"`
	ID   int32  `json:"i"`
}

func encodeCursor(c cursor) string {
	raw, err := json.Marshal(c)
	if err != nil {
		return "" // strings and numbers always marshal
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// decodeCursor refuses what encodeCursor did not make for the same order.
func decodeCursor(text, sort string) (cursor, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) > 4096 || json.Unmarshal(raw, &c) != nil || c.Sort != sort || strings.ContainsRune(c.Key, 0) {
		return cursor{}, fault.InvalidField("cursor", "The cursor does not belong to this list.")
	}
	if !validKey(sort, c.Key) {
		return cursor{}, fault.InvalidField("cursor", "The cursor does not belong to this list.")
	}
	return c, nil
}

// validKey keeps a made-up cursor from failing in the database.
func validKey(sort, key string) bool {
	var ok bool
	switch strings.TrimPrefix(sort, "-") {
	case "status", "checks":
		ok = len(key) > 0 && len(key) < 19 && strings.Trim(key, "0123456789") == ""
	case "last_seen":
		_, err := time.Parse("2006-01-02 15:04:05.999999Z07", key)
		_, half := time.Parse("2006-01-02 15:04:05.999999Z07:00", key)
		ok = key == "-infinity" || err == nil || half == nil
	default:
		ok = true
	}
	return ok
}
