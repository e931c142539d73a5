package coreapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
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
