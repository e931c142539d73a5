package settings_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/seal"
	"github.com/gueencode/gueenrmm/pkg/settings"
)

// TestCredentialsAreStoredSealed: rows of before are sealed, changes are, a lost key destroys nothing.
func TestCredentialsAreStoredSealed(t *testing.T) {
	t.Parallel()
	pool, ctx := dbtest.New(t), asAdmin(t)
	box, err := seal.New("one secret of the installation!!")
	require.NoError(t, err)
	plain, sealed := settings.New(pool, audit.New(0), nil), settings.New(pool, audit.New(0), box)
	text := func(s string) *string { return &s }
	require.NoError(t, plain.Update(ctx, func(c *settings.Core) { c.SMTPHostPassword, c.OpenAIToken = text("hunter2"), text("sk-1") }))

	stored := func() (row string) {
		require.NoError(t, pool.QueryRow(ctx, `SELECT c::text || (SELECT string_agg(a::text, '') FROM audit_log a) FROM core_settings c`).Scan(&row))
		return row
	}
	require.Contains(t, stored(), "hunter2")
	n, err := sealed.SealStored(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	n, err = sealed.SealStored(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, sealed.Update(ctx, func(c *settings.Core) { c.TwilioAuthToken, c.MeshToken = text("twilio-1"), text("mesh-1") }))
	for _, secret := range []string{"hunter2", "sk-1", "twilio-1", "mesh-1"} {
		require.NotContains(t, stored(), secret)
	}
	c, err := sealed.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"hunter2", "sk-1", "twilio-1", "mesh-1"}, []string{*c.SMTPHostPassword, *c.OpenAIToken, *c.TwilioAuthToken, *c.MeshToken})

	c, err = plain.Get(ctx) // the key is lost
	require.NoError(t, err)
	require.True(t, seal.Sealed(*c.SMTPHostPassword))
	require.NoError(t, plain.Update(ctx, func(now *settings.Core) { *now = c; now.DateFormat = "YYYY" }))
	c, err = sealed.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, "hunter2", *c.SMTPHostPassword)
	require.Equal(t, "YYYY", c.DateFormat)
}
