package accountsapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

// BenchmarkAuthenticatedRequest is the cost of what every request pays: credential, principal, permission, reply.
func BenchmarkAuthenticatedRequest(b *testing.B) {
	api := resttest.New(b)
	user := api.With(access.ListAccounts)
	b.ReportAllocs()
	for b.Loop() {
		if status := user.Get("/core/version/").Status; status != 200 {
			require.Equal(b, 200, status)
		}
	}
}
