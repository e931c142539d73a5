package main

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

// TestSessionsAreListedAndRevoked on a real database, and every deed of the operator is in the audit log.
func TestSessionsAreListedAndRevoked(t *testing.T) {
	t.Parallel()
	url := dbtest.NewURL(t)
	env := []string{"GUEEN_DATABASE_URL=" + url}
	run := func(args ...string) string {
		out, err := runCommand(t, env, "correct horse\n", args...)
		require.NoError(t, err)
		return out
	}
	run("create-admin", "--username", "root", "--password-stdin")
	var tokens []string
	for range 3 {
		tokens = append(tokens, run("start-session", "--username", "root"))
	}
	lines := strings.Split(strings.TrimSpace(run("sessions", "list", "--username", "root")), "\n")
	require.Len(t, lines, 4)
	require.Regexp(t, `^SESSION +CREATED +ENDS$`, lines[0])
	require.Regexp(t, `^[0-9a-f]{16}  \d{4}-\d\d-\d\dT\S+Z  \d{4}-\d\d-\d\dT\S+Z$`, lines[1])
	for _, token := range tokens {
		require.NotContains(t, strings.Join(lines, " "), strings.TrimSpace(token)[:16], "no token is shown")
	}

	first := strings.Fields(lines[1])[0]
	require.Equal(t, "sessions ended: 1\n", run("sessions", "revoke", "--username", "root", "--session", first))
	for _, refused := range [][]string{
		{"--username", "root", "--session", first}, {"--username", "root", "--session", "%"}, {"--username", "root"}, {"--username", "nobody", "--all"},
		{"--username", "root", "--session", first, "--all"}, {"--all"},
	} {
		_, err := runCommand(t, env, "", append([]string{"sessions", "revoke"}, refused...)...)
		require.Error(t, err, refused)
	}
	require.Equal(t, "sessions ended: 2\n", run("sessions", "revoke", "--username", "root", "--all"))
	run("reset-2fa", "--username", "root")
	run("reset-password", "--username", "root")

	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	rows, err := conn.Query(t.Context(), `SELECT message FROM audit_log WHERE username = 'rmmctl' ORDER BY id`)
	require.NoError(t, err)
	said, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{
		"rmmctl added administrator root", "rmmctl opened a session of root", "rmmctl opened a session of root", "rmmctl opened a session of root", "rmmctl ended a session of root",
		"rmmctl ended the sessions of root", "rmmctl reset the second factor of root", "rmmctl reset the password of root",
	}, said)
	require.NoError(t, conn.Close(t.Context()))
}

// TestNoSecretOnTheCommandLine: other users of the machine read the arguments of every process.
func TestNoSecretOnTheCommandLine(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"create-admin", "reset-password", "reset-2fa", "start-session"} {
		out, err := runCommand(t, nil, "", name, "--help")
		require.NoError(t, err)
		require.NotRegexp(t, `--(password|token|secret|code)[ =]`, out, name)
		_, err = runCommand(t, nil, "", name, "--username", "root", "--password", "secret")
		require.ErrorContains(t, err, "unknown flag: --password", name)
	}
}
