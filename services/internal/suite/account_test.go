package suite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// TestAClusterThatOutlivedItsDirectoryIsPutAside: the passwords of a directory that was deleted are gone, its database is not.
func TestAClusterThatOutlivedItsDirectoryIsPutAside(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	age := func(path string, at time.Time) {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("15"), 0o600))
		require.NoError(t, os.Chtimes(path, at, at))
	}
	data, now := filepath.Join(elsewhere, "data"), time.Now()
	age(filepath.Join(dir, "lock"), now)
	left, err := putAside(dir, data)
	require.NoError(t, err)
	require.Empty(t, left, "nothing is there")

	age(filepath.Join(data, "PG_VERSION"), now.Add(time.Second))
	left, err = putAside(dir, data)
	require.NoError(t, err)
	require.Empty(t, left, "it was made after the directory")

	age(filepath.Join(dir, "postgres", "data", "PG_VERSION"), now.Add(-time.Hour))
	left, err = putAside(dir, filepath.Join(dir, "postgres", "data"))
	require.NoError(t, err)
	require.Empty(t, left, "what is inside went with the directory")

	age(filepath.Join(data, "PG_VERSION"), now.Add(-time.Hour))
	left, err = putAside(dir, data)
	require.NoError(t, err)
	require.NoDirExists(t, data)
	require.FileExists(t, filepath.Join(left, "PG_VERSION"))
}
