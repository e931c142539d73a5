package accounts_test

import (
	"testing"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/platform/seal"
)

func box(t *testing.T, secret string, older ...string) func(*accounts.Deps) {
	t.Helper()
	b, err := seal.New(secret, older...)
	require.NoError(t, err)
	return func(d *accounts.Deps) { d.Box = b }
}

const (
	oneSecret   = "one secret of the installation!!"
	otherSecret = "the other secret of it, not less"
)

// with is a second service on the database of the first.
func (b *bundle) with(t *testing.T, change func(*accounts.Deps)) *bundle {
	t.Helper()
	other := setup(t, change, func(d *accounts.Deps) { d.Pool = b.pool })
	other.pool, other.now = b.pool, b.now
	return other
}

// stored is every text of the accounts' tables, as a copy of the database shows it.
func (b *bundle) stored(t *testing.T) (text string) {
	t.Helper()
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT (SELECT string_agg(u::text, '') FROM users u) || coalesce((SELECT string_agg(k::text, '') FROM api_keys k), '')
		|| coalesce((SELECT string_agg(a::text, '') FROM audit_log a), '')`).Scan(&text))
	return text
}

// TestStoredSecretsTellNothing: neither an API key nor a second factor is in the database in clear, and both work.
func TestStoredSecretsTellNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, box(t, oneSecret))
	u := b.user(t, "u", nil)
	require.NoError(t, b.AddAPIKey(b.ctx, "ci", u.ID, nil))
	keys, err := b.APIKeys(b.ctx)
	require.NoError(t, err)
	require.Len(t, keys[0].Key, 32)
	e, ok, err := b.SetUpTOTP(b.ctx, &access.Principal{UserID: u.ID, Username: "u"})
	require.NoError(t, err)
	require.True(t, ok)
	require.NotContains(t, b.stored(t), keys[0].Key)
	require.NotContains(t, b.stored(t), e.Key)

	p, err := b.APIKey(b.ctx, keys[0].Key)
	require.NoError(t, err)
	require.Equal(t, u.ID, p.UserID)
	code, err := totp.GenerateCode(e.Key, b.now)
	require.NoError(t, err)
	_, err = b.ConfirmCode(b.ctx, u.ID, code, "the terminal")
	require.ErrorContains(t, err, "sign in with it first", "a session is enough to set up a new one")
	_, err = b.Login(b.ctx, accounts.Credentials{Username: "u", Password: "password-1", Code: code})
	require.NoError(t, err)
	code, err = totp.GenerateCode(e.Key, b.now.Add(30e9))
	require.NoError(t, err)
	ok, err = b.ConfirmCode(b.ctx, u.ID, code, "the terminal")
	require.NoError(t, err)
	require.True(t, ok)
}

// TestRowsFromBeforeTheSecretAreSealed: what older versions stored in clear works before and after it is sealed, and the secret
// can be changed.
func TestRowsFromBeforeTheSecretAreSealed(t *testing.T) {
	t.Parallel()
	old := setup(t)
	u := old.user(t, "u", nil)
	require.NoError(t, old.AddAPIKey(old.ctx, "ci", u.ID, nil))
	_, err := old.pool.Exec(old.ctx, `INSERT INTO api_keys (name, key, key_hash, user_id) SELECT 'k' || i, 'KEY' || i, sha256(('KEY' || i)::bytea), $1
		FROM generate_series(1, 1200) i`, u.ID)
	require.NoError(t, err)
	e, _, err := old.SetUpTOTP(old.ctx, &access.Principal{UserID: u.ID, Username: "u"})
	require.NoError(t, err)
	n, err := old.SealStored(old.ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	before, err := old.APIKeys(old.ctx)
	require.NoError(t, err)

	same := func(b *bundle, at int) {
		t.Helper()
		after, err := b.APIKeys(b.ctx)
		require.NoError(t, err)
		require.Equal(t, before, after)
		_, err = b.APIKey(b.ctx, "KEY1200")
		require.NoError(t, err)
		code, err := totp.GenerateCode(e.Key, b.now)
		require.NoError(t, err)
		_, err = b.pool.Exec(b.ctx, `UPDATE users SET totp_last_step = NULL`)
		require.NoError(t, err)
		_, err = b.Login(b.ctx, accounts.Credentials{Username: "u", Password: "password-1", Code: code})
		require.NoError(t, err, at)
	}
	sealed := old.with(t, box(t, oneSecret))
	same(sealed, 1)
	n, err = sealed.SealStored(sealed.ctx)
	require.NoError(t, err)
	require.Equal(t, 1202, n)
	require.NotContains(t, sealed.stored(t), e.Key)
	require.NotContains(t, sealed.stored(t), "KEY1200")
	same(sealed, 2)
	n, err = sealed.SealStored(sealed.ctx)
	require.NoError(t, err)
	require.Zero(t, n)

	changed := old.with(t, box(t, otherSecret, oneSecret))
	n, err = changed.SealStored(changed.ctx)
	require.NoError(t, err)
	require.Equal(t, 1202, n)
	same(old.with(t, box(t, otherSecret)), 3)
}

// TestALostSecret: keys of scripts go on working, second factors do not open, nothing is overwritten.
func TestALostSecret(t *testing.T) {
	t.Parallel()
	b := setup(t, box(t, oneSecret))
	u := b.user(t, "u", nil)
	require.NoError(t, b.AddAPIKey(b.ctx, "ci", u.ID, nil))
	keys, err := b.APIKeys(b.ctx)
	require.NoError(t, err)
	e, _, err := b.SetUpTOTP(b.ctx, &access.Principal{UserID: u.ID, Username: "u"})
	require.NoError(t, err)
	for _, without := range []func(*accounts.Deps){box(t, ""), box(t, otherSecret)} {
		lost := b.with(t, without)
		n, err := lost.SealStored(lost.ctx)
		require.NoError(t, err)
		require.Zero(t, n)
		_, err = lost.APIKey(lost.ctx, keys[0].Key)
		require.NoError(t, err)
		shown, err := lost.APIKeys(lost.ctx)
		require.NoError(t, err)
		require.Equal(t, "********", shown[0].Key)
		code, err := totp.GenerateCode(e.Key, b.now)
		require.NoError(t, err)
		_, err = lost.Login(lost.ctx, accounts.Credentials{Username: "u", Password: "password-1", Code: code})
		require.ErrorIs(t, err, seal.ErrKey)
	}
	require.NoError(t, b.OperatorResetTOTP(b.ctx, "u"), "the way back in")
	// A sealed text of one row is of no use in another.
	v := b.user(t, "v", nil)
	_, _, err = b.SetUpTOTP(b.ctx, &access.Principal{UserID: u.ID, Username: "u"})
	require.NoError(t, err)
	_, err = b.pool.Exec(b.ctx, `UPDATE users SET totp_key = (SELECT totp_key FROM users WHERE id = $1) WHERE id = $2`, u.ID, v.ID)
	require.NoError(t, err)
	_, err = b.Login(b.ctx, accounts.Credentials{Username: "v", Password: "password-1", Code: "000000"})
	require.ErrorIs(t, err, seal.ErrBroken)
}
