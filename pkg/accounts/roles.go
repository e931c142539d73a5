package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// superFlag is the one role flag that is no permission of its own.
const superFlag = "is_superuser"

// RoleFlags returns the names of all role flags in the contract's order (rest-1.md §1.16).
func RoleFlags() []string {
	names := []string{superFlag}
	for _, p := range access.Permissions() {
		names = append(names, string(p))
	}
	return names
}

// Role is a named set of flags with the clients and sites it is limited to; no client and no site means no limit.
type Role struct {
	ID           int32
	Name         string
	Flags        map[string]bool
	Clients      []int32
	Sites        []int32
	UserCount    int64
	CreatedBy    *string
	CreatedTime  *time.Time
	ModifiedBy   *string
	ModifiedTime *time.Time
}

// audited is the role as the audit log keeps it.
func (r Role) audited() map[string]any {
	out := map[string]any{"id": r.ID, "name": r.Name, "can_view_clients": r.Clients, "can_view_sites": r.Sites}
	for _, name := range RoleFlags() {
		out[name] = r.Flags[name]
	}
	return out
}

func (r Role) clone() Role {
	flags := make(map[string]bool, len(r.Flags))
	for k, v := range r.Flags {
		flags[k] = v
	}
	r.Flags, r.Clients, r.Sites = flags, slices.Clone(r.Clients), slices.Clone(r.Sites)
	return r
}

// selectRoles reads the flags as one JSON object: the columns are the names of RoleFlags.
const selectRoles = `SELECT r.id, r.name, to_jsonb(r) AS flags,
	ARRAY(SELECT client_id FROM role_clients c WHERE c.role_id = r.id ORDER BY client_id),
	ARRAY(SELECT site_id FROM role_sites c WHERE c.role_id = r.id ORDER BY site_id),
	(SELECT count(*) FROM users u WHERE u.role_id = r.id),
	r.created_by, r.created_time, r.modified_by, r.modified_time
	FROM roles r `

func scanRole(row pgx.CollectableRow) (Role, error) {
	var (
		r   Role
		raw []byte
	)
	if err := row.Scan(&r.ID, &r.Name, &raw, &r.Clients, &r.Sites, &r.UserCount, &r.CreatedBy, &r.CreatedTime, &r.ModifiedBy, &r.ModifiedTime); err != nil {
		return r, err
	}
	var columns map[string]any
	if err := json.Unmarshal(raw, &columns); err != nil {
		return r, fmt.Errorf("decode role flags: %w", err)
	}
	r.Flags = map[string]bool{}
	for _, name := range RoleFlags() {
		set, ok := columns[name].(bool)
		if !ok {
			return r, fmt.Errorf("role flag %s is not a boolean column", name)
		}
		r.Flags[name] = set
	}
	return r, nil
}

// Roles returns every role.
func (s *Service) Roles(ctx context.Context) ([]Role, error) {
	rows, err := s.Pool.Query(ctx, selectRoles+`ORDER BY r.id`)
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanRole)
	return list, wrap("list roles", err)
}

// Role returns one role.
func (s *Service) Role(ctx context.Context, id int32) (Role, error) {
	return readRole(ctx, s.Pool, id, "")
}

func readRole(ctx context.Context, db querier, id int32, lock string) (Role, error) {
	rows, err := db.Query(ctx, selectRoles+`WHERE r.id = $1 `+lock, id)
	if err != nil {
		return Role{}, fmt.Errorf("read role: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRole)
	return r, missing("Role", "read role", err)
}

// AddRole creates a role.
func (s *Service) AddRole(ctx context.Context, r Role) (id int32, err error) {
	err = s.guarded(ctx, func(tx pgx.Tx) error {
		if err := s.mayShape(ctx, tx, Role{}, r); err != nil {
			return err
		}
		columns, values, args := []string{"name", "created_by", "modified_by"}, []string{"$1", "$2", "$2"}, []any{r.Name, access.From(ctx).Username}
		for _, name := range RoleFlags() {
			args = append(args, r.Flags[name])
			columns, values = append(columns, name), append(values, fmt.Sprintf("$%d", len(args)))
		}
		err := tx.QueryRow(ctx, `INSERT INTO roles (`+strings.Join(columns, ", ")+`) VALUES (`+strings.Join(values, ", ")+`) RETURNING id`, args...).Scan(&id)
		if err != nil {
			return roleError("create role", err)
		}
		if err := limitRole(ctx, tx, id, r.Clients, r.Sites); err != nil {
			return err
		}
		return s.Audit.Change(ctx, tx, audit.Object{Type: "role", Name: r.Name, After: r.audited()})
	})
	return id, err
}

// UpdateRole changes a role with the given function.
func (s *Service) UpdateRole(ctx context.Context, id int32, change func(*Role)) error {
	err := s.guarded(ctx, func(tx pgx.Tx) error {
		before, err := readRole(ctx, tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		after := before.clone()
		change(&after)
		if err := s.mayShape(ctx, tx, before, after); err != nil {
			return err
		}
		sets, args := []string{"name = $2", "modified_by = $3", "modified_time = now()"}, []any{id, after.Name, access.From(ctx).Username}
		for _, name := range RoleFlags() {
			args = append(args, after.Flags[name])
			sets = append(sets, fmt.Sprintf("%s = $%d", name, len(args)))
		}
		err = s.keepSuper(ctx, tx, "role", func() error {
			_, err := tx.Exec(ctx, `UPDATE roles SET `+strings.Join(sets, ", ")+` WHERE id = $1`, args...)
			return roleError("change role", err)
		})
		if err != nil {
			return err
		}
		if err := limitRole(ctx, tx, id, after.Clients, after.Sites); err != nil {
			return err
		}
		return s.Audit.Change(ctx, tx, audit.Object{Type: "role", Name: after.Name, Before: before.audited(), After: after.audited()})
	})
	if err == nil {
		s.roleChanged(id)
	}
	return err
}

// DeleteRole removes a role; its users have none afterwards.
func (s *Service) DeleteRole(ctx context.Context, id int32) error {
	err := s.guarded(ctx, func(tx pgx.Tx) error {
		before, err := readRole(ctx, tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		if err := s.mayTouchRole(ctx, tx, before); err != nil {
			return err
		}
		err = s.keepSuper(ctx, tx, "role", func() error {
			_, err := tx.Exec(ctx, `DELETE FROM roles WHERE id = $1`, id)
			return wrap("delete role", err)
		})
		if err != nil {
			return err
		}
		return s.Audit.Change(ctx, tx, audit.Object{Type: "role", Name: before.Name, Before: before.audited()})
	})
	if err == nil {
		s.roleChanged(id)
	}
	return err
}

// limitRole replaces the clients and sites of a role.
func limitRole(ctx context.Context, tx pgx.Tx, id int32, clients, sites []int32) error {
	for _, list := range []struct {
		table, column string
		ids           []int32
	}{{"role_clients", "client_id", clients}, {"role_sites", "site_id", sites}} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+list.table+` WHERE role_id = $1 AND NOT `+list.column+` = ANY($2)`, id, nonNil(list.ids)); err != nil {
			return fmt.Errorf("limit role: %w", err)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO `+list.table+` (role_id, `+list.column+`) SELECT $1, unnest($2::int[]) ON CONFLICT DO NOTHING`,
			id, nonNil(list.ids)); err != nil {
			return fmt.Errorf("limit role: %w", err)
		}
	}
	return nil
}

func nonNil(ids []int32) []int32 {
	if ids == nil {
		return []int32{}
	}
	return ids
}

// GrantClient adds a client to a role that is limited to clients, so that who created it can see it (rest-2.md §4).
func (s *Service) GrantClient(ctx context.Context, tx pgx.Tx, role, client int32) error {
	return grant(ctx, tx, "role_clients", "client_id", role, client)
}

// GrantSite adds a site to a role that is limited to sites.
func (s *Service) GrantSite(ctx context.Context, tx pgx.Tx, role, site int32) error {
	return grant(ctx, tx, "role_sites", "site_id", role, site)
}

func grant(ctx context.Context, tx pgx.Tx, table, column string, role, id int32) error {
	tag, err := tx.Exec(ctx, `INSERT INTO `+table+` (role_id, `+column+`) SELECT $1, $2
		WHERE EXISTS (SELECT FROM `+table+` WHERE role_id = $1) ON CONFLICT DO NOTHING`, role, id)
	if err != nil {
		return fmt.Errorf("grant to role: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	// Principals are cached by the version of the role's row.
	_, err = tx.Exec(ctx, `UPDATE roles SET modified_time = now() WHERE id = $1`, role)
	return wrap("grant to role", err)
}

// OnlyLimitedTo returns the names of the roles that are limited to nothing but a client with its sites, or a site (0 for neither):
// without these they would reach everything. The roles that name them stay locked, so that two deletions, each of which leaves
// the other's limit, wait for each other. Call it before locking clients and sites: changes of roles lock the role first.
func (s *Service) OnlyLimitedTo(ctx context.Context, tx pgx.Tx, client, site int32) (names []string, err error) {
	const gone = `(SELECT s.id FROM sites s WHERE s.id = $2 OR s.client_id = $1)`
	_, err = tx.Exec(ctx, `SELECT FROM roles WHERE id IN (SELECT role_id FROM role_clients WHERE client_id = $1
		UNION SELECT role_id FROM role_sites WHERE site_id IN `+gone+`) ORDER BY id FOR UPDATE`, client, site)
	if err != nil {
		return nil, fmt.Errorf("lock limited roles: %w", err)
	}
	err = tx.QueryRow(ctx, `SELECT ARRAY(SELECT r.name FROM roles r
		WHERE (EXISTS (SELECT FROM role_clients c WHERE c.role_id = r.id) OR EXISTS (SELECT FROM role_sites c WHERE c.role_id = r.id))
		  AND NOT EXISTS (SELECT FROM role_clients c WHERE c.role_id = r.id AND c.client_id <> $1)
		  AND NOT EXISTS (SELECT FROM role_sites c WHERE c.role_id = r.id AND c.site_id NOT IN `+gone+`) ORDER BY r.id)`, client, site).Scan(&names)
	return names, wrap("look for limited roles", err)
}

func roleError(operation string, err error) error {
	if postgres.Constraint(err, postgres.UniqueViolation) == "roles_name_key" {
		return fault.InvalidField("name", "role with this name already exists.")
	}
	return wrap(operation, err)
}
