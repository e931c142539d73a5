package accounts_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/proto/events"
)

type flags = map[string]bool

// told keeps the facts that a test's service published.
type told struct {
	mu    sync.Mutex
	facts []bus.Fact
	err   error
}

func (f *told) PublishFacts(facts ...bus.Fact) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.facts = append(f.facts, facts...)
	return f.err
}

func (f *told) take() []bus.Fact {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.facts
	f.facts = nil
	return out
}

// as is the context of a call by the named user with what his role gives him.
func (b *bundle) as(t *testing.T, name string) context.Context {
	t.Helper()
	return access.With(t.Context(), b.principal(t, name))
}

// state is a digest of everything that rights depend on.
func (b *bundle) state(t *testing.T) (sum string) {
	t.Helper()
	require.NoError(t, b.pool.QueryRow(t.Context(), `SELECT md5(concat((SELECT string_agg(u::text, '' ORDER BY id) FROM users u), (SELECT string_agg(r::text, '' ORDER BY id) FROM roles r),
		(SELECT string_agg(c::text, '' ORDER BY role_id, client_id) FROM role_clients c), (SELECT string_agg(s::text, '' ORDER BY role_id, site_id) FROM role_sites s),
		(SELECT string_agg(k::text, '' ORDER BY id) FROM api_keys k),
		(SELECT string_agg(s.digest, '' ORDER BY digest) FROM sessions s)))`).Scan(&sum))
	return sum
}

// TestNobodyHandsOutMoreThanHeHas is a table of ways by which somebody who may manage roles, accounts and keys, but only of
// customer 1, would come to more than that. Each is refused, leaves everything as it was and one row in the audit log.
func TestNobodyHandsOutMoreThanHeHas(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.pool.Exec(b.ctx, `INSERT INTO clients (id, name) VALUES (1, 'one'), (2, 'two'); INSERT INTO sites (id, client_id, name) VALUES (11, 1, 'a'), (12, 1, 'b'), (21, 2, 'c')`)
	require.NoError(t, err)
	manages := flags{"can_manage_roles": true, "can_manage_accounts": true, "can_manage_api_keys": true, "can_list_agents": true}
	own := b.role(t, accounts.Role{Name: "own", Flags: manages, Clients: []int32{1}})
	boss := b.role(t, accounts.Role{Name: "boss", Flags: flags{"is_superuser": true}})
	wide := b.role(t, accounts.Role{Name: "wide", Flags: flags{"can_list_agents": true}})
	other := b.role(t, accounts.Role{Name: "other", Flags: flags{"can_send_cmd": true}, Clients: []int32{1}})
	b.user(t, "mallory", own)
	root, err := b.Create(b.ctx, accounts.NewUser{Username: "root", Password: "password-1", Super: true})
	require.NoError(t, err)
	chief, strong := b.user(t, "chief", boss), b.user(t, "strong", other)
	require.NoError(t, b.AddAPIKey(b.ctx, "roots", root.ID, nil))
	_, err = b.OperatorStartSession(b.ctx, "root", accounts.DefaultSessionMaxAge)
	require.NoError(t, err)
	var session string
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT digest FROM sessions`).Scan(&session))
	ctx := b.as(t, "mallory")
	mallory := b.principal(t, "mallory").UserID
	var key int32
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT id FROM api_keys`).Scan(&key))

	shape := func(id *int32, change func(*accounts.Role)) func() error {
		return func() error { return b.UpdateRole(ctx, *id, change) }
	}
	add := func(r accounts.Role) func() error {
		return func() error { r.Name = "new"; _, err := b.AddRole(ctx, r); return err }
	}
	assign := func(user int32, role *int32) func() error {
		return func() error { return b.Update(ctx, user, func(u *accounts.User) { u.Role = role }) }
	}
	reset := func(user int32) func() error {
		return func() error { _, err := b.ResetTOTP(ctx, user); return err }
	}
	for name, try := range map[string]func() error{
		"own role gets a flag":           shape(own, func(r *accounts.Role) { r.Flags["can_send_cmd"] = true }),
		"own role becomes super":         shape(own, func(r *accounts.Role) { r.Flags["is_superuser"] = true }),
		"own role loses its limit":       shape(own, func(r *accounts.Role) { r.Clients = nil }),
		"own role gets another customer": shape(own, func(r *accounts.Role) { r.Clients = []int32{1, 2} }),
		"own role gets another's site":   shape(own, func(r *accounts.Role) { r.Sites = []int32{21} }),
		"other role gets a flag":         shape(other, func(r *accounts.Role) { r.Flags["can_reboot_agents"] = true }),
		"wide role gets an own flag":     shape(wide, func(r *accounts.Role) { r.Flags["can_manage_roles"] = true }),
		"new role with a flag":           add(accounts.Role{Flags: flags{"can_send_cmd": true}, Clients: []int32{1}}),
		"new role without limits":        add(accounts.Role{Flags: flags{"can_list_agents": true}}),
		"new role of another customer":   add(accounts.Role{Flags: flags{"can_list_agents": true}, Clients: []int32{2}}),
		"new super role":                 add(accounts.Role{Flags: flags{"is_superuser": true}, Clients: []int32{1}}),
		"super role for himself":         assign(mallory, boss),
		"wide role for himself":          assign(mallory, wide),
		"role with other flags":          assign(mallory, other),
		"new account with a super role": func() error {
			_, err := b.Create(ctx, accounts.NewUser{Username: "new", Password: "password-1", Role: boss})
			return err
		},
		"password of a superuser":           func() error { return b.SetPassword(ctx, root.ID, "mine-now-1") },
		"password of who has a super role":  func() error { return b.SetPassword(ctx, chief.ID, "mine-now-1") },
		"password of who has another flag":  func() error { return b.SetPassword(ctx, strong.ID, "mine-now-1") },
		"second factor of a superuser":      reset(root.ID),
		"superuser renamed":                 func() error { return b.Update(ctx, root.ID, func(u *accounts.User) { u.Username = "toor" }) },
		"superuser deactivated":             func() error { return b.Update(ctx, chief.ID, func(u *accounts.User) { u.IsActive = false }) },
		"superuser deleted":                 func() error { return b.Delete(ctx, chief.ID) },
		"key of a superuser":                func() error { return b.AddAPIKey(ctx, "mine", root.ID, nil) },
		"key moved to a superuser":          func() error { return b.UpdateAPIKey(ctx, key, func(k *accounts.APIKey) { k.UserID = chief.ID }) },
		"superuser's key moved to himself":  func() error { return b.UpdateAPIKey(ctx, key, func(k *accounts.APIKey) { k.UserID = mallory }) },
		"superuser's key deleted":           func() error { return b.DeleteAPIKey(ctx, key) },
		"superuser's sessions ended":        func() error { return b.EndSessions(ctx, root.ID) },
		"superuser's session ended":         func() error { return b.EndSession(ctx, session) },
		"super role demoted":                shape(boss, func(r *accounts.Role) { r.Flags["is_superuser"] = false }),
		"super role deleted":                func() error { return b.DeleteRole(ctx, *boss) },
		"other role renamed":                shape(other, func(r *accounts.Role) { r.Name = "renamed" }),
		"other role loses its flag":         shape(other, func(r *accounts.Role) { r.Flags["can_send_cmd"] = false }),
		"wide role limited":                 shape(wide, func(r *accounts.Role) { r.Clients = []int32{1} }),
		"superuser's expired key made good": func() error { return b.UpdateAPIKey(ctx, key, func(k *accounts.APIKey) { k.Expiration = nil }) },
	} {
		before, rows := b.state(t), b.refusals(t)
		require.Equal(t, fault.KindForbidden, fault.KindOf(try()), name)
		require.Equal(t, before, b.state(t), name)
		require.Equal(t, rows+1, b.refusals(t), name)
	}

	// What stays within his rights works.
	id, err := b.AddRole(ctx, accounts.Role{Name: "helpers", Flags: flags{"can_list_agents": true}, Clients: []int32{1}, Sites: []int32{11, 12}})
	require.NoError(t, err)
	require.NoError(t, b.UpdateRole(ctx, *own, func(r *accounts.Role) { r.Flags["can_list_agents"] = false }))
	helper, err := b.Create(ctx, accounts.NewUser{Username: "helper", Password: "password-1", Role: &id})
	require.NoError(t, err)
	require.NoError(t, b.AddAPIKey(ctx, "helper", helper.ID, nil))
	require.NoError(t, b.SetPassword(ctx, mallory, "password-2"))

	keys, err := b.APIKeys(ctx)
	require.NoError(t, err)
	require.Equal(t, "********", keys[0].Key, "a superuser's key is not shown to others")
	keys, err = b.APIKeys(b.ctx)
	require.NoError(t, err)
	require.Len(t, keys[0].Key, 32)
}

func (b *bundle) refusals(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, b.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE message LIKE '% was refused: %' AND username <> ''`).Scan(&n))
	return n
}

// TestTheLastSuperuserStays is a table of ways to leave nobody who may do everything.
func TestTheLastSuperuserStays(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]func(b *bundle, user int32, role *int32) error{
		"deleted": func(b *bundle, user int32, _ *int32) error { return b.Delete(b.ctx, user) },
		"deactivated": func(b *bundle, user int32, _ *int32) error {
			return b.Update(b.ctx, user, func(u *accounts.User) { u.IsActive = false })
		},
		"blocked": func(b *bundle, user int32, _ *int32) error {
			return b.Update(b.ctx, user, func(u *accounts.User) { u.BlockDashboardLogin = true })
		},
		"without the role": func(b *bundle, user int32, _ *int32) error {
			return b.Update(b.ctx, user, func(u *accounts.User) { u.Role = nil })
		},
		"role demoted": func(b *bundle, _ int32, role *int32) error {
			return b.UpdateRole(b.ctx, *role, func(r *accounts.Role) { r.Flags["is_superuser"] = false })
		},
		"role deleted": func(b *bundle, _ int32, role *int32) error { return b.DeleteRole(b.ctx, *role) },
		"blocked by himself": func(b *bundle, user int32, _ *int32) error {
			return b.UpdatePreferences(b.ctx, &access.Principal{UserID: user}, func(p *accounts.Preferences) { p.BlockDashboardLogin = true })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			role := b.role(t, accounts.Role{Name: "boss", Flags: flags{"is_superuser": true}})
			last := b.user(t, "last", role)
			before := b.state(t)
			err := try(b, last.ID, role)
			require.Equal(t, fault.KindRefused, fault.KindOf(err))
			require.ErrorContains(t, err, "last account")
			require.Equal(t, before, b.state(t))
			require.Equal(t, 1, b.refusals(t))
			_, err = b.Create(b.ctx, accounts.NewUser{Username: "next", Password: "password-1", Super: true})
			require.NoError(t, err)
			require.NoError(t, try(b, last.ID, role), "there is another one now")
		})
	}
}

// TestTwoSuperusersDoNotRemoveEachOther: each deletion alone is allowed, both at the same moment are not.
func TestTwoSuperusersDoNotRemoveEachOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var ids [2]int32
	for i, name := range []string{"one", "two"} {
		u, err := b.Create(b.ctx, accounts.NewUser{Username: name, Password: "password-1", Super: true})
		require.NoError(t, err)
		ids[i] = u.ID
	}
	var (
		both sync.WaitGroup
		errs [2]error
	)
	for i, id := range ids {
		both.Go(func() { errs[i] = b.Delete(b.ctx, id) })
	}
	both.Wait()
	require.True(t, (errs[0] == nil) != (errs[1] == nil), "%v", errs)
}

// TestChangesOfAccessAreTold: sockets of ended sessions close at once, and kept rights are read again.
func TestChangesOfAccessAreTold(t *testing.T) {
	t.Parallel()
	facts := &told{}
	b := setup(t, func(d *accounts.Deps) { d.Facts = facts })
	role := b.role(t, accounts.Role{Name: "r"})
	u := b.user(t, "kim", role)
	token, err := b.OperatorStartSession(b.ctx, "kim", accounts.DefaultSessionMaxAge)
	require.NoError(t, err)
	p, err := b.Session(b.ctx, token, false)
	require.NoError(t, err)
	require.Empty(t, facts.take())
	for _, c := range []struct {
		name string
		do   error
		want bus.Fact
	}{
		{"preferences", b.UpdatePreferences(b.ctx, p, func(q *accounts.Preferences) { q.DarkMode = false }), events.AccessChanged{UserID: u.ID}},
		{"user", b.Update(b.ctx, u.ID, func(u *accounts.User) { u.FirstName = "Kim" }), events.AccessChanged{UserID: u.ID}},
		{"role", b.UpdateRole(b.ctx, *role, func(r *accounts.Role) { r.Name = "s" }), events.AccessChanged{RoleID: *role}},
		{"logout", b.Logout(b.ctx, p), events.SessionsRevoked{UserID: u.ID, Digests: []string{p.SessionDigest}}},
		{"logout everywhere", b.LogoutAll(b.ctx, p), events.SessionsRevoked{UserID: u.ID}},
		{"end sessions", b.EndSessions(b.ctx, u.ID), events.SessionsRevoked{UserID: u.ID}},
		{"delete role", b.DeleteRole(b.ctx, *role), events.AccessChanged{RoleID: *role}},
		{"delete user", b.Delete(b.ctx, u.ID), events.SessionsRevoked{UserID: u.ID}},
	} {
		require.NoError(t, c.do, c.name)
		require.Contains(t, facts.seen(), c.want, c.name)
	}
	facts.take()
	require.Error(t, b.Delete(b.ctx, u.ID))
	require.Error(t, b.EndSession(b.ctx, "unknown"))
	require.Empty(t, facts.take(), "what did not happen is not told")

	next := b.user(t, "lee", nil)
	facts.err = errors.New("the bus is away")
	require.NoError(t, b.Delete(b.ctx, next.ID), "a lost fact undoes nothing")
}

func (f *told) seen() []bus.Fact {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]bus.Fact(nil), f.facts...)
}
