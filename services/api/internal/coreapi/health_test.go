package coreapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
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
		admin := resttest.New(t, func(_ *app.Infrastructure, o *app.Options) { o.NewsURL = server.URL }).Admin()
		var dash struct {
			Latest string `json:"latest_trmm_ver"`
		}
		admin.Get("/core/dashinfo/").OK(&dash)
		var health coreapi.Health
		admin.Get("/v1/server/health").OK(&health)
		require.Equal(t, want, [2]string{dash.Latest, health.NewerRelease})
		require.NotEmpty(t, health.Release)
	}
}
