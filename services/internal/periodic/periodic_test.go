package periodic_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/internal/periodic"
)

// TestEveryJobSaysWhatItDoes keeps the reference page complete.
func TestEveryJobSaysWhatItDoes(t *testing.T) {
	t.Parallel()
	registry, err := periodic.Jobs(nil, periodic.Tools{})
	require.NoError(t, err)
	require.NotEmpty(t, registry.Jobs())
	for _, j := range registry.Jobs() {
		require.NotEmpty(t, j.Summary, j.Name)
		require.False(t, strings.HasSuffix(j.Summary, "."), j.Name)
	}
}
