package keystore_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/keystore"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/seal"
)

func box(t *testing.T, secret string, older ...string) *seal.Box {
	t.Helper()
	b, err := seal.New(secret, older...)
	require.NoError(t, err)
	return b
}

func every(string) bool { return true }

func inClear(t *testing.T, pool *pgxpool.Pool) (n int) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM global_keystore WHERE value <> '' AND NOT starts_with(value, 'sealed:')`).Scan(&n))
	return n
}

// TestValuesAreStoredSealed, those of before there was a secret too, and come back through lists and placeholders.
func TestValuesAreStoredSealed(t *testing.T) {
	t.Parallel()
	const first, second = "the first secret of this installation", "the second secret of this installation"
	pool, log := dbtest.New(t), audit.New(0)
	ctx := as(t.Context(), "jo")
	old, err := keystore.New(pool, log, nil).Create(ctx, "old", "in clear")
	require.NoError(t, err)
	s := keystore.New(pool, log, box(t, first))
	id, err := s.Create(ctx, "token", "pä$$")
	require.NoError(t, err)
	_, err = s.Create(ctx, "token", "a younger one")
	require.NoError(t, err)
	_, err = s.Create(ctx, "nothing", "")
	require.NoError(t, err)
	require.Equal(t, 1, inClear(t, pool))
	values := map[string]string{"old": "in clear", "token": "pä$$", "nothing": ""}
	got, err := s.Values(ctx, every)
	require.NoError(t, err)
	require.Equal(t, values, got)

	n, err := s.SealStored(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Zero(t, inClear(t, pool))
	require.NoError(t, s.Update(ctx, old, func(e *keystore.Entry) { e.Name = "renamed" }))
	changed := keystore.New(pool, log, box(t, second, first))
	n, err = changed.SealStored(ctx)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.NoError(t, changed.Update(ctx, id, func(e *keystore.Entry) { e.Value = "new" }))
	got, err = keystore.New(pool, log, box(t, second)).Values(ctx, every)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"renamed": "in clear", "token": "new", "nothing": ""}, got)

	for _, text := range []string{"sealed:", "sealed:00000000:AAAA"} {
		_, err = s.Create(ctx, "x", text)
		require.Equal(t, fault.KindInvalid, fault.KindOf(err), "it would be taken for a sealed one")
		require.Equal(t, fault.KindInvalid, fault.KindOf(s.Update(ctx, id, func(e *keystore.Entry) { e.Value = text })))
	}
}

// TestALostSecret shows stars, refuses scripts, overwrites nothing, and can be put back.
func TestALostSecret(t *testing.T) {
	t.Parallel()
	pool, log := dbtest.New(t), audit.New(0)
	ctx := as(t.Context(), "jo")
	sealed := keystore.New(pool, log, box(t, "the secret that is lost for a while"))
	id, err := sealed.Create(ctx, "token", "value")
	require.NoError(t, err)
	for name, lost := range map[string]*keystore.Service{
		"none": keystore.New(pool, log, nil), "another": keystore.New(pool, log, box(t, "another secret of this installation")),
	} {
		list, err := lost.List(ctx)
		require.NoError(t, err)
		require.Equal(t, "********", list[0].Value, name)
		_, err = lost.Values(ctx, every)
		require.Equal(t, fault.KindRefused, fault.KindOf(err), name)
		require.ErrorContains(t, err, `"token"`)
		other, err := lost.Values(ctx, func(n string) bool { return n != "token" })
		require.NoError(t, err, "%s: who does not want it is not held up", name)
		require.Empty(t, other)
		require.NoError(t, lost.Update(ctx, id, func(e *keystore.Entry) { e.Name, e.Value = "token", "********" }), "a client sends back what it was shown")
		n, err := lost.SealStored(ctx)
		require.NoError(t, err)
		require.Zero(t, n)
	}
	got, err := sealed.Values(ctx, every)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"token": "value"}, got)
}
