package accountsapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/api/internal/accountsapi"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

// TestOwnSessions: everybody sees and ends their own sessions and nobody else's, without any flag.
func TestOwnSessions(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	user := api.WithoutRole()
	var username string
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT username FROM users WHERE id = $1`, user.UserID).Scan(&username))
	start := func(name string) string {
		token, err := api.App.Accounts.OperatorStartSession(t.Context(), name, time.Hour)
		require.NoError(t, err)
		return token
	}
	foreign := api.WithToken(start("admin"))
	first, second := api.WithToken(start(username)), api.WithToken(start(username))

	var own, others accountsapi.OwnSessions
	second.Get("/v1/me/sessions").OK(&own)
	require.Len(t, own.Items, 2)
	require.True(t, own.Items[0].Current)
	require.False(t, own.Items[1].Current)
	require.NotNil(t, own.Items[0].Expiry)
	foreign.Get("/v1/me/sessions").OK(&others)
	require.Len(t, others.Items, 1)

	require.Equal(t, http.StatusNotFound, second.Delete("/v1/me/sessions/"+others.Items[0].Digest).Status)
	foreign.Get("/v1/me").OK(nil)
	require.Equal(t, http.StatusNoContent, second.Delete("/v1/me/sessions/"+own.Items[1].Digest).Status)
	require.Equal(t, http.StatusUnauthorized, first.Get("/v1/me").Status)
	second.Get("/v1/me").OK(nil)
	var rows int
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE object_type = 'session' AND action = 'delete' AND username = $1`, username).Scan(&rows))
	require.Equal(t, 1, rows)
	require.Equal(t, http.StatusUnauthorized, api.Anonymous().Get("/v1/me/sessions").Status)
}
