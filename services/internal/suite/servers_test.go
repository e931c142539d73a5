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
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for start := range 2 {
		s, err := prepare(ctx, options)
		require.NoError(t, err)
		_, err = prepare(ctx, options)
		require.ErrorContains(t, err, "a suite runs in")
		require.NoError(t, s.startServers(ctx))
		require.NoError(t, s.migrate(ctx))
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
