package accounts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// versions identify the state of a user and of the role. They are read with every credential, and a principal that was
// built from the same state is reused: a change of either row is seen by the next request of any replica, without a
// message between them. Writers of role_clients and role_sites touch the role's row for that reason.
type versions struct {
	userID int32
	active bool
	user   string
	role   string
}

type cachedPrincipal struct {
	versions
	principal access.Principal
}

const maxPrincipals = 10_000 // users held at most; beyond that the cache starts anew

type principalCache struct {
	mu      sync.Mutex
	entries map[int32]cachedPrincipal
}

func (c *principalCache) get(v versions) (access.Principal, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[v.userID]
	return e.principal, ok && e.versions == v
}

func (c *principalCache) put(v versions, p access.Principal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= maxPrincipals {
		clear(c.entries)
	}
	c.entries[v.userID] = cachedPrincipal{versions: v, principal: p}
}

// principal builds the caller from a user and the role, or takes it from the cache. The result is the caller's own copy.
func (s *Service) principal(ctx context.Context, v versions) (*access.Principal, error) {
	p, ok := s.principals.get(v)
	if !ok {
		built, err := s.buildPrincipal(ctx, v.userID)
		if err != nil {
			return nil, err
		}
		p = *built
		s.principals.put(v, p)
	}
	p.Permissions = maps.Clone(p.Permissions)
	p.Scope.Clients, p.Scope.Sites = slices.Clone(p.Scope.Clients), slices.Clone(p.Scope.Sites)
	return &p, nil
}

func (s *Service) buildPrincipal(ctx context.Context, user int32) (*access.Principal, error) {
	flags := access.Permissions()
	columns := make([]string, len(flags))
	for i, f := range flags {
		columns[i] = "coalesce(r." + string(f) + ", false)"
	}
	p := &access.Principal{UserID: user, Permissions: map[access.Permission]bool{}}
	var (
		roleSuper bool
		values    = make([]bool, len(flags))
	)
	targets := []any{&p.Username, &p.UserSuper, &p.Installer, &p.BlockedLogin, &p.RoleID, &p.RoleName, &roleSuper, &p.Scope.Clients, &p.Scope.Sites}
	for i := range values {
		targets = append(targets, &values[i])
	}
	err := s.Pool.QueryRow(ctx, `
		SELECT u.username, u.is_superuser, u.is_installer_user, u.block_dashboard_login, r.id, coalesce(r.name, ''),
			coalesce(r.is_superuser, false),
			ARRAY(SELECT client_id FROM role_clients c WHERE c.role_id = r.id),
			ARRAY(SELECT site_id FROM role_sites c WHERE c.role_id = r.id),
			`+strings.Join(columns, ", ")+`
		FROM users u LEFT JOIN roles r ON r.id = u.role_id
		WHERE u.id = $1`, user).Scan(targets...)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.Unauthenticated(msgInactive)
	}
	if err != nil {
		return nil, fmt.Errorf("build principal: %w", err)
	}
	for i, f := range flags {
		if values[i] {
			p.Permissions[f] = true
		}
	}
	p.Super = p.UserSuper || roleSuper
	// A role without lists reaches everything; no role and the installer's account reach nothing (rest-1.md §1.6).
	p.Scope.All = p.Super || p.RoleID != nil && len(p.Scope.Clients) == 0 && len(p.Scope.Sites) == 0
	if p.Installer {
		p.Super, p.Scope, p.Permissions = false, access.Scope{}, map[access.Permission]bool{}
	}
	return p, nil
}

// DropCache forgets every principal. It is never needed for correctness; the operator's "clear cache" calls it.
func (s *Service) DropCache() {
	s.principals.mu.Lock()
	defer s.principals.mu.Unlock()
	clear(s.principals.entries)
}
