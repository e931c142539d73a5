package suite

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSecretsAreKeptAndCompleted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := loadSecrets(dir)
	require.NoError(t, err)
	again, err := loadSecrets(dir)
	require.NoError(t, err)
	require.Equal(t, first, again)

	old := *first
	old.SecretKey = ""
	require.NoError(t, writeJSON(filepath.Join(dir, "secrets.json"), old))
	completed, err := loadSecrets(dir)
	require.NoError(t, err)
	require.NotEmpty(t, completed.SecretKey)
	require.Equal(t, first.AdminPassword, completed.AdminPassword)
	again, err = loadSecrets(dir)
	require.NoError(t, err)
	require.Equal(t, completed, again)
}
