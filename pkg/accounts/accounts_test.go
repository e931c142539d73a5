package accounts_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

// cheap is a hash cost for tests.
var cheap = accounts.HashCost{MemoryKiB: 64, Passes: 1, Lanes: 1, Concurrent: 8}

type bundle struct {
	*accounts.Service
	pool *pgxpool.Pool
	ctx  context.Context
	now  time.Time
}

func setup(t *testing.T, change ...func(*accounts.Deps)) *bundle {
	t.Helper()
	hasher, err := accounts.NewHasher(cheap)
	require.NoError(t, err)
	b := &bundle{pool: dbtest.New(t), now: time.Now().Truncate(time.Microsecond)}
	deps := accounts.Deps{Pool: b.pool, Audit: audit.New(0), Hasher: hasher, Now: func() time.Time { return b.now }, WebDomain: "rmm.example.com"}
	for _, c := range change {
		c(&deps)
	}
	b.Service = accounts.New(deps)
	b.ctx = access.With(t.Context(), &access.Principal{Kind: access.Session, Username: "admin", Super: true, IP: "198.51.100.7"})
	return b
}

func (b *bundle) user(t *testing.T, name string, role *int32) accounts.User {
	t.Helper()
	u, err := b.Create(b.ctx, accounts.NewUser{Username: name, Password: "password-1", Role: role})
	require.NoError(t, err)
	return u
}

func (b *bundle) role(t *testing.T, r accounts.Role) *int32 {
	t.Helper()
	id, err := b.AddRole(b.ctx, r)
	require.NoError(t, err)
	return &id
}

// principal signs a user in by a session at the server.
func (b *bundle) principal(t *testing.T, name string) *access.Principal {
	t.Helper()
	token, err := b.OperatorStartSession(b.ctx, name, time.Hour)
	require.NoError(t, err)
	p, err := b.Session(b.ctx, token, false)
	require.NoError(t, err)
	return p
}

func TestPrincipalsFollowUserAndRole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.pool.Exec(b.ctx, `INSERT INTO clients (name) VALUES ('A'), ('B'); INSERT INTO sites (client_id, name) VALUES (1, 'S'), (2, 'T')`)
	require.NoError(t, err)
	role := b.role(t, accounts.Role{Name: "r", Flags: map[string]bool{"can_list_agents": true}, Clients: []int32{1}})
	u := b.user(t, "u", role)

	p := b.principal(t, "u")
	require.Equal(t, access.Session, p.Kind)
	require.True(t, p.Can(access.ListAgents))
	require.False(t, p.Can(access.SendCmd))
	require.Equal(t, access.Scope{Clients: []int32{1}, Sites: []int32{}}, p.Scope)
	p.Permissions[access.SendCmd], p.Scope.Clients[0] = true, 9 // a caller's copy, not the cache

	p = b.principal(t, "u")
	require.False(t, p.Can(access.SendCmd))
	require.Equal(t, []int32{1}, p.Scope.Clients)

	// Another replica has a cache of its own: changes by b are seen by the next request of other.
	other := setup(t, func(d *accounts.Deps) { d.Pool = b.pool })
	require.True(t, other.principal(t, "u").Can(access.ListAgents))
	require.NoError(t, b.UpdateRole(b.ctx, *role, func(r *accounts.Role) { r.Flags["can_send_cmd"], r.Sites = true, []int32{2} }))
	for _, s := range []*bundle{b, other} {
		s.pool = b.pool
		p = s.principal(t, "u")
		require.True(t, p.Can(access.SendCmd))
		require.Equal(t, []int32{2}, p.Scope.Sites)
	}

	require.NoError(t, pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error {
		if err := b.GrantClient(b.ctx, tx, *role, 2); err != nil {
			return err
		}
		return b.GrantSite(b.ctx, tx, *role, 1)
	}))
	p = other.principal(t, "u")
	require.ElementsMatch(t, []int32{1, 2}, p.Scope.Clients)
	require.ElementsMatch(t, []int32{1, 2}, p.Scope.Sites)

	require.NoError(t, b.UpdateRole(b.ctx, *role, func(r *accounts.Role) { r.Clients, r.Sites = nil, nil }))
	require.True(t, other.principal(t, "u").Scope.All)
	require.NoError(t, pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error { return b.GrantClient(b.ctx, tx, *role, 1) }))
	require.True(t, other.principal(t, "u").Scope.All, "a role without limits stays without")

	require.NoError(t, b.DeleteRole(b.ctx, *role))
	p = other.principal(t, "u")
	require.Nil(t, p.RoleID)
	require.Equal(t, access.Scope{Clients: []int32{}, Sites: []int32{}}, p.Scope)
	require.NoError(t, b.Update(b.ctx, u.ID, func(u *accounts.User) { u.IsActive = false }))
	token, err := b.OperatorStartSession(b.ctx, "u", time.Hour)
	require.NoError(t, err)
	_, err = other.Session(b.ctx, token, false)
	require.Equal(t, fault.KindUnauthenticated, fault.KindOf(err))
	require.ErrorContains(t, err, "User inactive or deleted.")
}

func TestInstallerTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var token, digest string
	mint := func() {
		require.NoError(t, pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) (err error) {
			token, digest, err = b.MintInstaller(b.ctx, tx, nil, b.now.Add(30*24*time.Hour))
			return err
		}))
	}
	mint()
	mint()
	p, err := b.Session(b.ctx, token, false)
	require.NoError(t, err)
	require.True(t, p.Installer)
	require.False(t, p.Super)
	require.Nil(t, p.InstallSite)
	require.Equal(t, access.Scope{}, p.Scope)
	var owners int
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT count(*) FROM users WHERE is_installer_user`).Scan(&owners))
	require.Equal(t, 1, owners)

	b.now = b.now.Add(30*24*time.Hour - time.Minute)
	_, err = b.Session(b.ctx, token, false)
	require.NoError(t, err)
	b.now = b.now.Add(2 * time.Minute)
	_, err = b.Session(b.ctx, token, false)
	require.ErrorContains(t, err, "Invalid token.", "an installer token is not extended by use")
	var left int
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT count(*) FROM sessions`).Scan(&left))
	require.Equal(t, 2, left, "deployments hang on installer tokens")

	mint()
	require.NoError(t, pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error { return b.DeleteInstaller(b.ctx, tx, digest) }))
	_, err = b.Session(b.ctx, token, false)
	require.Error(t, err)
	users, err := b.Users(b.ctx, "")
	require.NoError(t, err)
	require.Empty(t, users)
	_, err = b.User(b.ctx, p.UserID)
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
}

func TestOperator(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.OperatorCreateAdmin(b.ctx, "root", "short")
	require.Equal(t, fault.KindInvalid, fault.KindOf(err))
	u, err := b.OperatorCreateAdmin(b.ctx, "root", "long-enough")
	require.NoError(t, err)
	require.True(t, b.principal(t, "root").UserSuper)

	sessions, err := b.OperatorSessions(b.ctx, "root")
	require.NoError(t, err)
	require.Len(t, sessions, 1)
	b.now = b.now.Add(50 * time.Minute)
	before := *sessions[0].Expiry
	sessions, err = b.OperatorSessions(b.ctx, "root")
	require.NoError(t, err)
	require.Equal(t, before, *sessions[0].Expiry, "a fixed life")

	_, _, err = b.SetUpTOTP(b.ctx, &access.Principal{UserID: u.ID, Username: "root"})
	require.NoError(t, err)
	require.NoError(t, b.OperatorResetTOTP(b.ctx, "root"))
	step, err := b.CheckCredentials(b.ctx, accounts.Credentials{Username: "root", Password: "long-enough"})
	require.NoError(t, err)
	require.False(t, step.TOTP)
	require.NoError(t, b.OperatorResetPassword(b.ctx, "root", "another-one"))
	_, err = b.CheckCredentials(b.ctx, accounts.Credentials{Username: "root", Password: "long-enough"})
	require.ErrorContains(t, err, "Bad credentials")
	n, err := b.OperatorEndSessions(b.ctx, "root")
	require.NoError(t, err)
	require.Zero(t, n, "the new password has ended them")
	require.Equal(t, fault.KindNotFound, fault.KindOf(b.OperatorResetTOTP(b.ctx, "nobody")))
}

// TestCodeAfterNewPassword: who saw a code used saw the old password with it, so the code is fresh for the new one.
func TestCodeAfterNewPassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.user(t, "u", nil)
	e, ok, err := b.SetUpTOTP(b.ctx, &access.Principal{UserID: u.ID, Username: "u"})
	require.NoError(t, err)
	require.True(t, ok)
	code, err := totp.GenerateCode(e.Key, b.now)
	require.NoError(t, err)
	c := accounts.Credentials{Username: "u", Password: "password-1", Code: code, IP: "203.0.113.9"}
	token, err := b.Login(b.ctx, c)
	require.NoError(t, err)
	require.Len(t, token.Token, 64)
	_, err = b.Login(b.ctx, c)
	require.ErrorContains(t, err, "Bad credentials")
	require.NoError(t, b.SetPassword(b.ctx, u.ID, "password-2"))
	_, err = b.Login(b.ctx, c)
	require.ErrorContains(t, err, "Unable to log in")
	c.Password = "password-2"
	_, err = b.Login(b.ctx, c)
	require.NoError(t, err)
	u, err = b.User(b.ctx, u.ID)
	require.NoError(t, err)
	require.Equal(t, "203.0.113.9", *u.LastLoginIP)
	require.True(t, u.LastLogin.Equal(b.now))
}

func TestEmptySecondFactorNeverPasses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.user(t, "u", nil)
	for _, key := range []any{nil, ""} {
		_, err := b.pool.Exec(b.ctx, `UPDATE users SET totp_key = $2 WHERE id = $1`, u.ID, key)
		require.NoError(t, err)
		for _, code := range []string{"", "000000", "sekret", "328482"} {
			_, err := b.Login(b.ctx, accounts.Credentials{Username: "u", Password: "password-1", Code: code})
			require.ErrorContains(t, err, "Bad credentials")
		}
	}
}

func TestOldHashesAreRenewed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.user(t, "u", nil)
	dearer := cheap
	dearer.Passes = 2
	hasher, err := accounts.NewHasher(dearer)
	require.NoError(t, err)
	other := setup(t, func(d *accounts.Deps) { d.Pool, d.Hasher = b.pool, hasher })
	_, err = other.CheckCredentials(b.ctx, accounts.Credentials{Username: "u", Password: "password-1"})
	require.NoError(t, err)
	var hash string
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT password FROM users WHERE username = 'u'`).Scan(&hash))
	require.Contains(t, hash, "$m=64,t=2,p=1$")
	_, err = other.CheckCredentials(b.ctx, accounts.Credentials{Username: "u", Password: "password-1"})
	require.NoError(t, err)
}

func TestDemoTakesAnyCode(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *accounts.Deps) { d.Demo = true })
	u := b.user(t, "u", nil)
	_, _, err := b.SetUpTOTP(b.ctx, &access.Principal{UserID: u.ID, Username: "u"})
	require.NoError(t, err)
	for range 2 {
		_, err = b.Login(b.ctx, accounts.Credentials{Username: "u", Password: "password-1", Code: "1"})
		require.NoError(t, err)
	}
}

// TestCredentialLookupsUseTheirIndexes: every request makes one of these queries.
func TestCredentialLookupsUseTheirIndexes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.pool.Exec(b.ctx, `INSERT INTO users (username, password) SELECT 'u' || i, '!' FROM generate_series(1, 3000) i;
		INSERT INTO sessions (digest, token_key, user_id) SELECT sha512(i::text::bytea)::text, '00000000', 1 + i % 3000 FROM generate_series(1, 6000) i;
		INSERT INTO api_keys (name, key, key_hash, user_id) SELECT 'k' || i, 'k' || i, sha256(('k' || i)::bytea), i FROM generate_series(1, 3000) i;
		ANALYZE users; ANALYZE sessions; ANALYZE api_keys`)
	require.NoError(t, err)
	plan := dbtest.Explain(t, b.pool, `SELECT s.kind, s.expiry, u.id, u.is_active, u.xmin::text, coalesce(r.xmin::text, '')
		FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN roles r ON r.id = u.role_id WHERE s.digest = $1`, "x")
	require.Contains(t, plan, "sessions_pkey")
	require.Contains(t, plan, "users_pkey")
	plan = dbtest.Explain(t, b.pool, `SELECT k.expiration, u.id, u.is_active, u.xmin::text, coalesce(r.xmin::text, '')
		FROM api_keys k JOIN users u ON u.id = k.user_id LEFT JOIN roles r ON r.id = u.role_id WHERE k.key_hash = $1`, []byte("x"))
	require.Contains(t, plan, "api_keys_key_hash_key")
	require.Contains(t, plan, "users_pkey")
	plan = dbtest.Explain(t, b.pool, `SELECT id FROM users WHERE username = $1`, "u7")
	require.Contains(t, plan, "users_username_key")
	plan = dbtest.Explain(t, b.pool, `DELETE FROM sessions WHERE user_id = $1 AND expiry <= $2`, 7, time.Now())
	require.NotContains(t, plan, "Seq Scan")
}

func TestAuditNamesTheCaller(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.user(t, "u", nil)
	var ip netip.Addr
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT (debug_info->>'ip')::inet FROM audit_log WHERE username = 'admin' AND action = 'add'`).Scan(&ip))
	require.Equal(t, "198.51.100.7", ip.String())
}
