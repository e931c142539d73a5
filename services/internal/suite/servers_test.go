package suite

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/internal/suite/suitetest"
)

func listen(t *testing.T) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l.Addr().(*net.TCPAddr).Port
}

func testOptions(t *testing.T, dir string) Options {
	t.Helper()
	return Options{Dir: dir, Bin: suitetest.Programs(t), Web: suitetest.Web(t)}
}

// TestServersStartKeepDataAndComeBack runs what comes from elsewhere: Postgres, Redis and nats-server.
func TestServersStartKeepDataAndComeBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	options := testOptions(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	for start := range 2 {
		s, err := prepare(ctx, options)
		require.NoError(t, err)
		_, err = prepare(ctx, options)
		require.ErrorContains(t, err, "a suite runs in")
		require.NoError(t, s.startServers(ctx))
		require.NoError(t, s.migrate(ctx))
		requireAppendOnly(t, ctx, s.servicesURL())
		conn, err := pgx.Connect(ctx, s.DatabaseURL())
		require.NoError(t, err)
		var n int
		if start == 0 {
			_, err = conn.Exec(ctx, "CREATE TABLE kept (n int)")
			require.NoError(t, err)
		}
		require.NoError(t, conn.QueryRow(ctx, "SELECT count(*) FROM kept").Scan(&n))
		require.NoError(t, conn.Close(ctx))
		for _, name := range []string{"postgres", "redis", "nats-server"} {
			require.NoError(t, s.Process(name).Restart(ctx), name)
		}
		require.Nil(t, s.Process("nobody"))
		info, err := os.Stat(filepath.Join(dir, "secrets.json"))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		require.NoError(t, s.Stop(ctx))
	}
	o := options
	o.Fresh, o.Ephemeral = true, true
	s, err := prepare(ctx, o)
	require.NoError(t, err)
	require.NoDirExists(t, filepath.Join(dir, "redis"))
	require.NoError(t, s.Stop(ctx))
}

// requireAppendOnly: the services' role adds rows to the audit log and cannot change or remove one, whatever it tries.
func requireAppendOnly(t *testing.T, ctx context.Context, url string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, "INSERT INTO audit_log (username, action, object_type) VALUES ('kim', 'add', 'client')")
	require.NoError(t, err)
	for _, sql := range []string{
		"UPDATE audit_log SET username = 'lee'", "DELETE FROM audit_log", "TRUNCATE audit_log", "DROP TABLE audit_log",
		"SET gueen.audit_prune = 'on'; DELETE FROM audit_log", "ALTER TABLE audit_log DISABLE TRIGGER ALL", "DROP TRIGGER audit_log_append_only ON audit_log",
		"DROP FUNCTION audit_log_refuse CASCADE", "SET session_replication_role = replica", "SET ROLE gueen", "UPDATE goose_db_version SET is_applied = false",
	} {
		_, err := conn.Exec(ctx, sql)
		require.ErrorContains(t, err, "SQLSTATE 42501", sql)
	}
	var removed int
	require.NoError(t, conn.QueryRow(ctx, "SELECT audit_log_prune(10)").Scan(&removed), "retention goes on")
	require.NoError(t, conn.Close(ctx))
}
