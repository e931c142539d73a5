package suite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDatabaseLeavesDirectoriesItsUserCannotReach covers a checkout below a closed home directory.
func TestDatabaseLeavesDirectoriesItsUserCannotReach(t *testing.T) {
	t.Parallel()
	account, err := databaseAccount(t.Context())
	require.NoError(t, err)
	open := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(open), 0o711))
	dir, err := databaseDirectory(t.Context(), open, account)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(open, "postgres"), dir)

	closed := filepath.Join(t.TempDir(), "home")
	require.NoError(t, os.MkdirAll(filepath.Join(closed, ".run"), 0o700))
	dir, err = databaseDirectory(t.Context(), filepath.Join(closed, ".run"), account)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	if account == nil { // the runner's own user reaches its own home
		require.Equal(t, filepath.Join(closed, ".run", "postgres"), dir)
		return
	}
	require.True(t, strings.HasPrefix(dir, "/var/tmp/gueen-run-"), dir)
	again, err := databaseDirectory(t.Context(), filepath.Join(closed, ".run"), account)
	require.NoError(t, err)
	require.Equal(t, dir, again, "the place stays the same")
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}
