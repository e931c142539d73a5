package clients

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// Plain returns the clients in scope by name, without sites, values and totals.
func (s *Service) Plain(ctx context.Context, sc access.Scope) ([]Client, error) {
	return s.clients(ctx, clientInScope, scopeArgs(sc)...)
}

// PlainClient returns one client without sites, values and totals: unknown not found, out of scope forbidden.
func (s *Service) PlainClient(ctx context.Context, sc access.Scope, id int32) (Client, error) {
	if err := s.allowClient(ctx, sc, id); err != nil {
		return Client{}, err
	}
	found, err := s.clients(ctx, "c.id = $1", id)
	if err != nil {
		return Client{}, err
	}
	if len(found) == 0 {
		return Client{}, fault.NotFound("Client")
	}
	return found[0], nil
}

// PlainSite returns one site without values and totals: unknown not found, out of scope forbidden.
func (s *Service) PlainSite(ctx context.Context, sc access.Scope, id int32) (Site, error) {
	if err := s.AllowSite(ctx, sc, id); err != nil {
		return Site{}, err
	}
	found, err := s.SitesByID(ctx, []int32{id})
	if err != nil {
		return Site{}, err
	}
	site, ok := found[id]
	if !ok {
		return Site{}, fault.NotFound("Site")
	}
	return site, nil
}

// SitesByID returns the sites with the keys, without values and totals. The caller has decided what may be seen.
func (s *Service) SitesByID(ctx context.Context, ids []int32) (map[int32]Site, error) {
	if len(ids) == 0 {
		return map[int32]Site{}, nil
	}
	found, err := s.plainSites(ctx, "WHERE s.id = ANY ($1)", ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int32]Site, len(found))
	for _, site := range found {
		out[site.ID] = site
	}
	return out, nil
}

// SitePage says which sites a page shows: those whose name contains the search, by key.
type SitePage struct {
	Search     string
	Descending bool
	Limit      int
	Offset     int64
}

// PageSites returns a page of the sites in scope and how many there are.
func (s *Service) PageSites(ctx context.Context, sc access.Scope, p SitePage) ([]Site, int64, error) {
	where := "WHERE " + siteInScope + " AND ($4 = '' OR s.name ILIKE $5)"
	pattern := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(p.Search) + "%"
	args := append(scopeArgs(sc), p.Search, pattern)
	var total int64
	if err := s.pool.QueryRow(ctx, "SELECT count(*) FROM sites s "+where, args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count sites: %w", err)
	}
	order := " ORDER BY s.id"
	if p.Descending {
		order += " DESC"
	}
	sites, err := s.plainSites(ctx, where+order+" LIMIT $6 OFFSET $7", append(args, p.Limit, p.Offset)...)
	return sites, total, err
}

func (s *Service) plainSites(ctx context.Context, rest string, args ...any) ([]Site, error) {
	return postgres.Collect(ctx, s.pool, pgx.RowToStructByName[Site], "list sites", "SELECT "+siteColumns+" FROM sites s JOIN clients c ON c.id = s.client_id "+rest, args...)
}
