package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/schema"
)

// TestInstallerTokensFromBeforeAreBound: those of links and enrolments that are there when the binding comes get it as well.
func TestInstallerTokensFromBeforeAreBound(t *testing.T) {
	t.Parallel()
	pool := filled(t)
	_, err := schema.Rollback(t.Context(), pool, 20261126001200)
	require.NoError(t, err)
	exec(t, pool, `INSERT INTO sessions (digest, token_key, user_id, kind) SELECT encode(token_hash, 'hex'), '01234567', 1, 'installer' FROM enrolments;
		INSERT INTO sessions (digest, token_key, user_id, kind) VALUES ('free', '01234567', 1, 'installer')`)
	_, err = schema.Migrate(t.Context(), pool)
	require.NoError(t, err)
	require.Equal(t, []string{"free"}, column[string](t, pool, "SELECT digest FROM sessions WHERE site_id IS NULL"))
	exec(t, pool, "DELETE FROM agents; DELETE FROM clients WHERE id = 1")
	require.Equal(t, []string{"free"}, column[string](t, pool, "SELECT digest FROM sessions"))
}
