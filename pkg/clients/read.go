package clients

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

const clientColumns = `c.id, c.name, c.failing_checks, c.block_policy_inheritance, c.workstation_policy_id, c.server_policy_id,
  c.alert_template_id, c.created_by, c.created_time, c.modified_by, c.modified_time`

const siteColumns = `s.id, s.client_id, c.name AS client_name, s.name, s.failing_checks, s.block_policy_inheritance,
  s.workstation_policy_id, s.server_policy_id, s.alert_template_id, s.created_by, s.created_time, s.modified_by, s.modified_time`

// Scope conditions take ($1 all, $2 clients, $3 sites). A client shows when it is listed or owns a listed site.
const (
	clientInScope = `($1 OR c.id = ANY($2) OR EXISTS (SELECT 1 FROM sites x WHERE x.client_id = c.id AND x.id = ANY($3)))`
	siteInScope   = `($1 OR s.client_id = ANY($2) OR s.id = ANY($3))`
)

func scopeArgs(sc access.Scope) []any {
	clients, sites := sc.Clients, sc.Sites
	if clients == nil {
		clients = []int32{}
	}
	if sites == nil {
		sites = []int32{}
	}
	return []any{sc.All, clients, sites}
}

// List returns the clients in scope with their sites in scope, both by name.
func (s *Service) List(ctx context.Context, sc access.Scope) ([]ClientEntry, error) {
	return s.entries(ctx, query{clientInScope, scopeArgs(sc)}, query{siteInScope, scopeArgs(sc)}, sc.All)
}

// Get returns one client with its sites in scope. An unknown client is not found; one out of scope is forbidden.
func (s *Service) Get(ctx context.Context, sc access.Scope, id int32) (ClientEntry, error) {
	if err := s.allowClient(ctx, sc, id); err != nil {
		return ClientEntry{}, err
	}
	entries, err := s.entries(ctx, query{`c.id = $1`, []any{id}},
		query{siteInScope + ` AND s.client_id = $4`, append(scopeArgs(sc), id)}, sc.All)
	if err != nil {
		return ClientEntry{}, err
	}
	if len(entries) == 0 {
		return ClientEntry{}, fault.NotFound("Client")
	}
	return entries[0], nil
}

// manySites is from where on the agents of all sites are counted: one pass over the index is cheaper than picking that many
// sites out of it.
const manySites = 200

// query is a condition and its arguments.
type query struct {
	where string
	args  []any
}

// entries reads clients, sites, custom values and totals with one query each, whatever their number.
// complete says that ofSites leaves out no site of the clients, whose totals are the sums of their sites' then.
func (s *Service) entries(ctx context.Context, ofClients, ofSites query, complete bool) ([]ClientEntry, error) {
	clients, err := s.clients(ctx, ofClients.where, ofClients.args...)
	if err != nil {
		return nil, err
	}
	sites, err := s.siteEntries(ctx, ofSites.where, ofSites.args...)
	if err != nil {
		return nil, err
	}
	ids := make([]int32, len(clients))
	for i, c := range clients {
		ids[i] = c.ID
	}
	values, err := customfields.Values(ctx, s.pool, customfields.Client, ids)
	if err != nil {
		return nil, err
	}
	totals := sum(sites)
	if !complete {
		if totals, err = s.totals(ctx, `s.client_id`, `JOIN sites s ON s.id = a.site_id`, `s.client_id = ANY($1)`, ids); err != nil {
			return nil, err
		}
	}
	byClient := make(map[int32][]SiteEntry, len(clients))
	for _, site := range sites {
		byClient[site.ClientID] = append(byClient[site.ClientID], site)
	}
	entries := make([]ClientEntry, len(clients))
	for i, c := range clients {
		entries[i] = ClientEntry{Client: c, CustomFields: values[c.ID], Totals: totals[c.ID], Sites: byClient[c.ID]}
	}
	return entries, nil
}

// sum adds up the totals of sites by client.
func sum(sites []SiteEntry) map[int32]Totals {
	totals := map[int32]Totals{}
	for _, site := range sites {
		t := totals[site.ClientID]
		t.Agents += site.Totals.Agents
		t.Maintenance = t.Maintenance || site.Totals.Maintenance
		totals[site.ClientID] = t
	}
	return totals
}

func (s *Service) clients(ctx context.Context, where string, args ...any) ([]Client, error) {
	return postgres.Collect(ctx, s.pool, pgx.RowToStructByName[Client], "list clients", `SELECT `+clientColumns+` FROM clients c WHERE `+where+` ORDER BY c.name, c.id`, args...)
}

// ListSites returns the sites in scope by name. Their totals are filled as well.
func (s *Service) ListSites(ctx context.Context, sc access.Scope) ([]SiteEntry, error) {
	return s.siteEntries(ctx, siteInScope, scopeArgs(sc)...)
}

// GetSite returns one site. An unknown site is not found; one out of scope is forbidden.
func (s *Service) GetSite(ctx context.Context, sc access.Scope, id int32) (SiteEntry, error) {
	if err := s.AllowSite(ctx, sc, id); err != nil {
		return SiteEntry{}, err
	}
	entries, err := s.siteEntries(ctx, `s.id = $1`, id)
	if err != nil {
		return SiteEntry{}, err
	}
	if len(entries) == 0 {
		return SiteEntry{}, fault.NotFound("Site")
	}
	return entries[0], nil
}

func (s *Service) siteEntries(ctx context.Context, where string, args ...any) ([]SiteEntry, error) {
	sites, err := postgres.Collect(ctx, s.pool, pgx.RowToStructByName[Site], "list sites", `
		SELECT `+siteColumns+` FROM sites s JOIN clients c ON c.id = s.client_id
		WHERE `+where+` ORDER BY s.name, s.id`, args...)
	if err != nil {
		return nil, err
	}
	ids := make([]int32, len(sites))
	for i, site := range sites {
		ids[i] = site.ID
	}
	values, err := customfields.Values(ctx, s.pool, customfields.Site, ids)
	if err != nil {
		return nil, err
	}
	condition, picked := `a.site_id = ANY($1)`, []any{ids}
	if len(ids) > manySites {
		condition, picked = `true`, nil
	}
	totals, err := s.totals(ctx, `a.site_id`, ``, condition, picked...)
	if err != nil {
		return nil, err
	}
	entries := make([]SiteEntry, len(sites))
	for i, site := range sites {
		entries[i] = SiteEntry{Site: site, CustomFields: values[site.ID], Totals: totals[site.ID]}
	}
	return entries, nil
}

// totals counts agents by client or site. It reads the agents' table, which pkg/agents owns.
func (s *Service) totals(ctx context.Context, by, join, where string, args ...any) (map[int32]Totals, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+by+`, count(*)::int, bool_or(a.maintenance_mode)
		FROM agents a `+join+` WHERE `+where+` GROUP BY 1`, args...)
	if err != nil {
		return nil, fmt.Errorf("count agents: %w", err)
	}
	totals := map[int32]Totals{}
	var id int32
	var t Totals
	if _, err = pgx.ForEachRow(rows, []any{&id, &t.Agents, &t.Maintenance}, func() error {
		totals[id] = t
		return nil
	}); err != nil {
		return nil, fmt.Errorf("count agents: %w", err)
	}
	return totals, nil
}

// allowClient answers not found for an unknown client and forbidden for one out of scope.
func (s *Service) allowClient(ctx context.Context, sc access.Scope, id int32) error {
	var exists bool
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM clients WHERE id = $1)`, id).Scan(&exists); err != nil {
		return fmt.Errorf("look up client: %w", err)
	}
	if !exists {
		return fault.NotFound("Client")
	}
	if !sc.Client(id) {
		return fault.Forbidden()
	}
	return nil
}

// AllowSite answers not found for an unknown site and forbidden for one out of scope (rest-1.md §1.6, site scope).
func (s *Service) AllowSite(ctx context.Context, sc access.Scope, id int32) error {
	var client int32
	err := s.pool.QueryRow(ctx, `SELECT client_id FROM sites WHERE id = $1`, id).Scan(&client)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.NotFound("Site")
	}
	if err != nil {
		return fmt.Errorf("look up site: %w", err)
	}
	if !sc.Agent(client, id) {
		return fault.Forbidden()
	}
	return nil
}
