package coreapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/platform/lifecycle"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/coreapi"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

// TestHealth: whoever maintains the server sees what of it runs; a part that is not there does not.
func TestHealth(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	var got coreapi.Health
	api.With(access.DoServerMaint).Get("/v1/server/health").OK(&got)
	require.NotEmpty(t, got.Version)
	require.Nil(t, got.CertDays, "another machine has the certificate")
	parts := map[string]bool{}
	for _, p := range got.Parts {
		parts[p.Name] = p.Running
	}
	require.Len(t, parts, 9)
	require.True(t, parts["database"])
	require.False(t, parts["front door"])
	require.Equal(t, http.StatusForbidden, api.With(access.ViewCoreSettings).Get("/v1/server/health").Status)
	require.Equal(t, http.StatusUnauthorized, api.Anonymous().Get("/v1/server/health").Status)
}

// TestNews: where the operator names an address, people are told of a newer release; what the address does wrong is no failure.
func TestNews(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string][2]string{`{"tag_name":"v9.1.0"}`: {"9.1.0", "9.1.0"}, `{"tag_name":"v0.0.1"}`: {"1.5.1", ""}, `nonsense`: {"error", ""}} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) }))
		t.Cleanup(server.Close)
		api := resttest.New(t, func(_ *app.Infrastructure, o *app.Options) { o.NewsURL = server.URL })
		told := func() [2]string {
			var dash struct {
				Latest string `json:"latest_trmm_ver"`
			}
			api.Admin().Get("/core/dashinfo/").OK(&dash)
			var health coreapi.Health
			api.Admin().Get("/v1/server/health").OK(&health)
			require.NotEmpty(t, health.Release)
			return [2]string{dash.Latest, health.NewerRelease}
		}
		require.Equal(t, [2]string{"1.5.1", ""}, told(), "nobody waits for the address")
		loop := lifecycle.Loop(api.App.News.Run)
		require.NoError(t, loop.Start(t.Context()))
		require.Eventually(t, func() bool {
			newer, failed := api.App.News.Release()
			return newer == want[1] && failed == (want[0] == "error")
		}, time.Minute, time.Millisecond)
		require.Equal(t, want, told())
		require.NoError(t, loop.Stop(t.Context()))
	}
}
