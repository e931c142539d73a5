package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// Nobody hands out more than he has: who may manage roles, accounts or keys could otherwise make himself a superuser. The
// reference lets him; the permission to manage accounts is no more than the word says here.

// lastSuper is the answer to what would leave nobody who may do everything.
const lastSuper = "This is the last account that may do everything and can sign in. Give another one the same rights first."

// superLock orders changes that could each leave the other's account as the last one. The number is arbitrary.
const superLock = 7_355_609

// overreach is a refusal that the audit log tells of, although the transaction it happened in is undone.
type overreach struct {
	refusal    error
	objectType string
	message    string
}

func (o *overreach) Error() string { return o.message }

func (o *overreach) Unwrap() error { return o.refusal }

// beyond refuses what would go beyond the caller's own rights.
func beyond(objectType, format string, args ...any) error {
	return &overreach{refusal: fault.Forbidden(), objectType: objectType, message: fmt.Sprintf(format, args...)}
}

// guarded runs a change in a transaction. A refusal for lack of rights is in the audit log afterwards.
func (s *Service) guarded(ctx context.Context, change func(tx pgx.Tx) error) error {
	err := s.inTx(ctx, change)
	var o *overreach
	if !errors.As(err, &o) {
		return err
	}
	caller := access.From(ctx)
	auditErr := s.Audit.Record(ctx, s.Pool, audit.Entry{Username: caller.Username, Action: audit.Modify, ObjectType: o.objectType,
		Message: caller.Username + " was refused: " + o.message})
	if auditErr != nil {
		return fmt.Errorf("note refusal: %w", auditErr)
	}
	return o.refusal
}

// rights are what a role, or a user by his role and his own flag, may do and where.
type rights struct {
	super   bool
	flags   map[string]bool
	clients []int32
	sites   []int32
}

func (r Role) rights() rights {
	return rights{super: r.Flags[superFlag], flags: r.Flags, clients: r.Clients, sites: r.Sites}
}

func (r rights) any() bool {
	for _, set := range r.flags {
		if set {
			return true
		}
	}
	return r.super
}

// covers says whether the caller has everything that r gives, everywhere that r reaches.
func covers(ctx context.Context, db querier, caller *access.Principal, r rights) (bool, error) {
	if caller.Super || !r.any() {
		return true, nil
	}
	if r.super {
		return false, nil
	}
	for name, set := range r.flags {
		if set && !caller.Can(access.Permission(name)) {
			return false, nil
		}
	}
	return reaches(ctx, db, caller.Scope, r.clients, r.sites)
}

// reaches says whether a scope contains that of a role with the lists; empty lists reach everything.
func reaches(ctx context.Context, db querier, scope access.Scope, clients, sites []int32) (bool, error) {
	if scope.All {
		return true, nil
	}
	if len(clients) == 0 && len(sites) == 0 {
		return false, nil
	}
	for _, id := range clients {
		if !scope.Client(id) {
			return false, nil
		}
	}
	var beyond bool
	err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM sites WHERE id = ANY ($1::int[]) AND NOT client_id = ANY ($2::int[]) AND NOT id = ANY ($3::int[]))`,
		nonNil(sites), nonNil(scope.Clients), nonNil(scope.Sites)).Scan(&beyond)
	return !beyond, wrap("compare scopes", err)
}

// mayShape refuses a role that gives more than the caller has, and any change of one that does already: it would change what
// accounts may do that he may not touch. before is the zero Role for a new one.
func (s *Service) mayShape(ctx context.Context, tx pgx.Tx, before, after Role) error {
	if err := s.mayTouchRole(ctx, tx, before); err != nil || !widens(before, after) {
		return err
	}
	ok, err := covers(ctx, tx, access.From(ctx), after.rights())
	if err == nil && !ok {
		err = beyond("role", "role %s would give more than the own rights", after.Name)
	}
	return err
}

// mayTouchRole refuses to change or delete a role that gives more than the caller has.
func (s *Service) mayTouchRole(ctx context.Context, tx pgx.Tx, r Role) error {
	ok, err := covers(ctx, tx, access.From(ctx), r.rights())
	if err == nil && !ok {
		err = beyond("role", "role %s gives more than the own rights", r.Name)
	}
	return err
}

// widens says whether the second state of a role lets somebody do what the first did not.
func widens(before, after Role) bool {
	for name, set := range after.Flags {
		if set && !before.Flags[name] {
			return true
		}
	}
	if len(before.Clients)+len(before.Sites) == 0 {
		return false // it reached everything
	}
	if len(after.Clients)+len(after.Sites) == 0 {
		return true
	}
	isNew := func(known []int32) func(int32) bool {
		return func(id int32) bool { return !slices.Contains(known, id) }
	}
	return slices.ContainsFunc(after.Clients, isNew(before.Clients)) || slices.ContainsFunc(after.Sites, isNew(before.Sites))
}

// mayAssign refuses to give a role that has more than the caller.
func (s *Service) mayAssign(ctx context.Context, db querier, role int32) error {
	caller := access.From(ctx)
	if caller.Super {
		return nil
	}
	r, err := readRole(ctx, db, role, "")
	if err != nil {
		return err
	}
	ok, err := covers(ctx, db, caller, r.rights())
	if err == nil && !ok {
		err = beyond("user", "role %s gives more than the own rights", r.Name)
	}
	return err
}

// mayTouch refuses to change an account, or to act as it, when it has more rights than the caller.
func (s *Service) mayTouch(ctx context.Context, db querier, user int32) error {
	ok, err := s.coversUser(ctx, db, access.From(ctx), user)
	if err == nil && !ok {
		err = beyond("user", "account %d has more than the own rights", user)
	}
	return err
}

func (s *Service) coversUser(ctx context.Context, db querier, caller *access.Principal, user int32) (bool, error) {
	if caller.Super || caller.UserID == user {
		return true, nil
	}
	var (
		super bool
		role  *int32
	)
	err := db.QueryRow(ctx, `SELECT is_superuser, role_id FROM users WHERE id = $1`, user).Scan(&super, &role)
	if err != nil {
		return false, missing("User", "read rights", err)
	}
	r := rights{super: super}
	if role != nil {
		known, err := readRole(ctx, db, *role, "")
		if err != nil {
			return false, err
		}
		r = known.rights()
		r.super = r.super || super
	}
	return covers(ctx, db, caller, r)
}

// keepSuper runs a change and refuses it when nobody who may do everything could sign in afterwards, but could before.
func (s *Service) keepSuper(ctx context.Context, tx pgx.Tx, objectType string, change func() error) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, superLock); err != nil {
		return fmt.Errorf("lock superusers: %w", err)
	}
	before, err := hasSuper(ctx, tx)
	if err != nil {
		return err
	}
	if err := change(); err != nil || !before {
		return err
	}
	after, err := hasSuper(ctx, tx)
	if err == nil && !after {
		err = &overreach{refusal: fault.Refused(lastSuper), objectType: objectType, message: "nobody would be left who may do everything"}
	}
	return err
}

func hasSuper(ctx context.Context, db querier) (found bool, err error) {
	err = db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM users u LEFT JOIN roles r ON r.id = u.role_id
		WHERE u.is_active AND NOT u.is_installer_user AND NOT u.block_dashboard_login AND (u.is_superuser OR r.is_superuser))`).Scan(&found)
	return found, wrap("look for superusers", err)
}
