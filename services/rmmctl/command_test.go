package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/queuetest"
	"github.com/gueencode/gueenrmm/pkg/schema"
)

func TestAdministratorsComeAndGetBackIn(t *testing.T) {
	t.Parallel()
	url := dbtest.NewURL(t)
	env := []string{"GUEEN_DATABASE_URL=" + url}
	out, err := runCommand(t, env, "correct horse\n", "create-admin", "--username", "root", "--password-stdin", "--if-missing")
	require.NoError(t, err)
	require.NotContains(t, out, "correct horse")
	_, err = runCommand(t, env, "correct horse\n", "create-admin", "--username", "other", "--password-stdin", "--if-missing")
	require.NoError(t, err)
	_, err = runCommand(t, env, "correct horse\n", "create-admin", "--username", "root", "--password-stdin")
	require.ErrorContains(t, err, "already exists")
	_, err = runCommand(t, env, "", "create-admin", "--username", "x", "--password-stdin")
	require.ErrorContains(t, err, "no password")
	out, err = runCommand(t, env, "", "reset-password", "--username", "root")
	require.NoError(t, err)
	require.Regexp(t, `^password: [A-Z2-7]{26}\n$`, out)
	_, err = runCommand(t, env, "", "reset-password", "--username", "nobody")
	require.Error(t, err)
	_, err = runCommand(t, env, "", "reset-2fa", "--username", "root")
	require.NoError(t, err)
	out, err = runCommand(t, env, "", "start-session", "--username", "root")
	require.NoError(t, err)
	require.Regexp(t, `^[0-9a-f]{64}\n$`, out)
	_, err = runCommand(t, env, "", "start-session", "--username", "root", "--lifetime", "48h")
	require.ErrorContains(t, err, "between 0 and 1h")
	_, err = runCommand(t, env, "", "reset-2fa")
	require.ErrorContains(t, err, `required flag(s) "username" not set`)

	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	var users, sessions int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM users WHERE NOT is_installer_user), (SELECT count(*) FROM sessions)").Scan(&users, &sessions))
	require.Equal(t, []int{1, 1}, []int{users, sessions})
	require.NoError(t, conn.Close(t.Context()))
}

func TestMigrateDownAndUp(t *testing.T) {
	t.Parallel()
	env := []string{"GUEEN_DATABASE_URL=" + dbtest.NewURL(t)}
	out, err := runCommand(t, env, "", "migrate", "status")
	require.NoError(t, err)
	require.Contains(t, out, "which this build needs")
	out, err = runCommand(t, env, "", "migrate", "up")
	require.NoError(t, err)
	require.Equal(t, "nothing to do\n", out)
	_, err = runCommand(t, env, "", "migrate", "down", "--to", "0")
	require.ErrorContains(t, err, "--yes")
	_, err = runCommand(t, env, "", "migrate", "down", "--to", "0", "--yes")
	require.NoError(t, err)
	_, err = runCommand(t, env, "", "migrate", "status")
	require.ErrorIs(t, err, schema.ErrTooOld)
	out, err = runCommand(t, env, "", "migrate", "up")
	require.NoError(t, err)
	require.Contains(t, out, "applied ")

	conn, err := pgx.Connect(t.Context(), strings.TrimPrefix(env[0], "GUEEN_DATABASE_URL="))
	require.NoError(t, err)
	defer conn.Close(context.Background()) //nolint:errcheck // the database goes
	_, err = conn.Exec(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (20990101000000, true)")
	require.NoError(t, err)
	_, err = runCommand(t, env, "", "migrate", "up")
	require.ErrorIs(t, err, schema.ErrTooNew, "a newer release has been here: nothing to do is not all there is to say")
}

func TestJobs(t *testing.T) {
	t.Parallel()
	env := []string{"GUEEN_REDIS_URL=redis://" + strings.TrimPrefix(queuetest.Redis(t), "redis://")}
	out, err := runCommand(t, env, "", "jobs", "queues")
	require.NoError(t, err)
	require.Contains(t, out, "WAITING")
	out, err = runCommand(t, env, "", "jobs", "dead")
	require.NoError(t, err)
	require.Contains(t, out, "ATTEMPTS")
	for _, verb := range []string{"retry", "delete"} {
		_, err = runCommand(t, env, "", "jobs", verb, "nothing")
		require.Error(t, err)
	}
	_, err = runCommand(t, []string{"GUEEN_REDIS_URL=redis://127.0.0.1:1/0"}, "", "jobs", "queues")
	require.ErrorContains(t, err, "reach redis")
}

func TestNATSConfig(t *testing.T) {
	t.Parallel()
	seed, err := runCommand(t, nil, "", "nats-config", "issuer-seed")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "nats-server.conf")
	_, err = runCommand(t, []string{
		"GUEEN_NATS_PASSWORD=service-secret", "GUEEN_NATS_SYS_PASSWORD=sys-secret", "GUEEN_NATS_AUTH_PASSWORD=auth-secret",
		"GUEEN_NATS_ISSUER_SEED=" + strings.TrimSpace(seed),
	}, "", "nats-config", "--out", path)
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, json.Valid(text))
	require.NotContains(t, string(text), "secret")
	_, err = runCommand(t, nil, "", "nats-config")
	require.ErrorContains(t, err, "nats.password (GUEEN_NATS_PASSWORD, --nats-password) is required")
}

func TestProbe(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			http.Error(w, "postgres is away", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(srv.Close)
	_, err := runCommand(t, nil, "", "probe", srv.URL+"/readyz")
	require.NoError(t, err)
	_, err = runCommand(t, nil, "", "probe", srv.URL+"/other")
	require.ErrorContains(t, err, "answers 503: postgres is away")
}
