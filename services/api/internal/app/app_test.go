package app_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/api/internal/app"
)

// TestEveryOperationIsDeclaredCompletely walks all operations of the product: each has a permission or the written reason
// why it needs none, a credential class, a summary, an output type and typed parameters.
func TestEveryOperationIsDeclaredCompletely(t *testing.T) {
	t.Parallel()
	a, err := app.Bare()
	require.NoError(t, err)
	operations := a.Router.Operations()
	require.NotEmpty(t, operations)
	for _, op := range operations {
		require.NoError(t, op.Check())
	}
}

// TestDescriptionIsCurrent compares the checked-in description with the operations.
func TestDescriptionIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := app.OpenAPI()
	require.NoError(t, err)
	got, err := os.ReadFile("../../../../proto/openapi/openapi.yaml")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run `make gen-openapi`")
}
