package main

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/results"
)

func TestParkedResultsAreShownRetriedAndDropped(t *testing.T) {
	t.Parallel()
	url, srv := dbtest.NewURL(t), bustest.Start(t)
	env := []string{
		"GUEEN_DATABASE_URL=" + url, "GUEEN_NATS_URL=" + srv.URL(), "GUEEN_NATS_USER=" + bustest.ServicesUser, "GUEEN_NATS_PASSWORD=" + bustest.ServicesUser,
	}
	js, err := jetstream.New(srv.Services(t))
	require.NoError(t, err)
	stream, err := js.CreateStream(t.Context(), results.Stream(results.StreamLimits{}))
	require.NoError(t, err)
	pool, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	defer pool.Close()
	received := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for _, reason := range []string{"status is not known", "handler panicked"} {
		_, err := pool.Exec(t.Context(), `INSERT INTO parked_results (subject, message_id, agent_id, ref, reason, payload, received)
			VALUES ('results.task.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', $1, 7, '12', $1, $2, $3)`, reason, []byte("{\"stdout\":\"\x1b[2J\"}"), received)
		require.NoError(t, err)
	}

	out, err := runCommand(t, env, "", "results", "parked", "list")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^1 +task +a{40} +2026-11-20T08:00:00Z +17 +status is not known$`, out)
	require.Regexp(t, `(?m)^2 .*handler panicked$`, out)

	out, err = runCommand(t, env, "", "results", "parked", "show", "1")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^row +12$`, out)
	require.Contains(t, out, "{\"stdout\":\"\uFFFD[2J\"}", "what a terminal would act on is taken out")

	out, err = runCommand(t, env, "", "results", "parked", "list", "--reason", "PANICKED", "--kind", "task")
	require.NoError(t, err)
	require.NotContains(t, out, "status is not known")
	require.Contains(t, out, "handler panicked")
	for said, args := range map[string][]string{
		"give ids or --all, not both": {"--all", "1"}, "or --all": {}, "filters go with --all": {"1", "--kind", "check"}, "not the id": {"x"},
	} {
		_, err = runCommand(t, env, "", append([]string{"results", "parked", "delete"}, args...)...)
		require.ErrorContains(t, err, said)
	}
	out, err = runCommand(t, env, "", "results", "parked", "delete", "--all", "--kind", "check")
	require.NoError(t, err)
	require.Equal(t, "dropped 0 parked results\n", out)
	out, err = runCommand(t, env, "", "results", "parked", "delete", "--all", "--reason", "panicked")
	require.NoError(t, err)
	require.Equal(t, "dropped 1 parked results\n", out)
	out, err = runCommand(t, env, "", "results", "parked", "delete", "2")
	require.ErrorContains(t, err, "parked result 2 is not there")
	require.Equal(t, "dropped 0 parked results\n", out)
	_, err = runCommand(t, env, "", "results", "parked", "retry", "x")
	require.ErrorContains(t, err, "not the id")

	out, err = runCommand(t, env, "", "results", "parked", "retry", "--all", "--agent", strings.Repeat("a", 40))
	require.NoError(t, err)
	require.Equal(t, "handed over 1 parked results\n", out)
	m, err := stream.GetLastMsgForSubject(t.Context(), "results.task.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	require.NoError(t, err)
	require.Equal(t, "{\"stdout\":\"\x1b[2J\"}", string(m.Data))
	require.Equal(t, "12", m.Header.Get("Gueen-Ref"))
	require.Equal(t, "2026-11-20T08:00:00Z", m.Header.Get("Gueen-Received"), "a retry does not make a result newer")
	out, err = runCommand(t, env, "", "results", "parked", "list")
	require.NoError(t, err)
	require.NotContains(t, out, "task", "what the stream has is no longer parked")

	// Another operator drops the second while the first is handed over.
	_, err = pool.Exec(t.Context(), `CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN DELETE FROM parked_results WHERE reason = ''second''; RETURN NULL; END';
		CREATE TRIGGER other AFTER DELETE ON parked_results FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION other();
		INSERT INTO parked_results (subject, message_id, reason, payload, received)
		SELECT 'results.task.' || repeat('b', 40), reason, reason, '{}', now() FROM unnest(ARRAY['first', 'second', 'third']) reason`)
	require.NoError(t, err)
	out, err = runCommand(t, env, "", "results", "parked", "retry", "--all")
	require.NoError(t, err)
	require.Equal(t, "handed over 2 parked results\n", out)
}
