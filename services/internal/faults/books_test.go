package faults

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/internal/simulate"
)

// booksOfSimulator plays the simulator's own scenarios as an operator does, and compares its books with the database: new
// agents, and the answers to a script on all of them, which travel by WebSocket.
func booksOfSimulator(ctx context.Context, t *testing.T, st *stage) {
	access := st.suite.Access()
	for _, play := range []struct {
		scenario simulate.Scenario
		first    int
		count    string
	}{
		{simulate.Enrolment, 500_000, "enrolments"},
		{simulate.BulkScript, 600_000, "command answers"},
		{simulate.Ramp, 700_000, "enrolments"},
	} {
		const agents = 30
		rep, err := simulate.Run(ctx, simulate.Options{
			API: access.API, NATS: access.NATSWebSocket, Key: st.ground.Key, Site: st.ground.Site, Agents: agents, First: play.first, Scenario: play.scenario,
			Duration: st.ramp(play.scenario), Speed: 100, Workers: 8, Sources: 2, ConnectRate: 500, Database: st.suite.DatabaseURL(), Settle: within,
			Metrics: access.Metrics, Watch: access.Servers,
		})
		require.NoError(t, err)
		require.Empty(t, rep.Problems)
		found := false
		for _, c := range rep.Counts {
			require.Equal(t, simulate.Count{Name: c.Name, Acknowledged: agents, Stored: agents}, c)
			found = found || c.Name == play.count
		}
		require.True(t, found, "%s counts %s", play.scenario, play.count)
		for _, w := range rep.Work {
			if w.Name == simulate.FailedAttempts {
				continue // made good by another
			}
			require.Zero(t, w.Failed, "%s: %v", w.Name, w.Errors)
		}
		if play.scenario == simulate.Ramp {
			require.NotNil(t, rep.Losses)
			require.Positive(t, rep.Losses.Acknowledged)
			require.Zero(t, rep.Losses.Lost)
			require.Zero(t, rep.Losses.Doubled)
		}
		require.Len(t, rep.Usage, len(access.Metrics)+len(access.Servers)+1, "CPU and memory of every service, of the servers and of the simulator")
		for _, u := range rep.Usage {
			require.Positive(t, u.Memory, u.Service)
			require.GreaterOrEqual(t, u.Peak, u.Memory, u.Service)
		}
		t.Logf("%s: %v", play.scenario, rep.Counts)
	}
	st.commandLine(ctx, t)
}

// commandLine floods the suite with results from two processes, as the help of rmmctl says.
func (st *stage) commandLine(ctx context.Context, t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.CommandContext(ctx, filepath.Join(st.bin, "rmmctl"), "simulate", "results", "--prepare", "--processes", "2", "--agents", "20", "--first", "800000",
		"--rate", "40", "--duration", st.cut.String(), "--report", file, "--access", filepath.Join(st.suite.Dir(), "access.json"))
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var rep simulate.Report
	require.NoError(t, json.Unmarshal(text, &rep))
	require.Equal(t, 20, rep.Agents)
	require.NotNil(t, rep.Losses)
	require.Positive(t, rep.Losses.Acknowledged)
	require.Equal(t, simulate.Losses{
		Acknowledged: rep.Losses.Acknowledged, Stored: rep.Losses.Stored, Unanswered: rep.Losses.Unanswered, SettledAfter: rep.Losses.SettledAfter,
	}, *rep.Losses, "nothing lost, nothing doubled")
	require.Contains(t, string(out), "lost 0, doubled 0")
	st.removal(ctx, t)
	t.Logf("rmmctl simulate results: %d acknowledged, %d stored, %d lost", rep.Losses.Acknowledged, rep.Losses.Stored, rep.Losses.Lost)
}

// removal takes the agents of a state file away again and leaves the others where they are.
func (st *stage) removal(ctx context.Context, t *testing.T) {
	t.Helper()
	const agents = 10
	access, state := st.suite.Access(), filepath.Join(t.TempDir(), "fleet.jsonl")
	_, err := simulate.Run(ctx, simulate.Options{
		API: access.API, NATS: access.NATS, Key: st.ground.Key, Site: st.ground.Site, Agents: agents, First: 900_000, Scenario: simulate.Heartbeats,
		Duration: time.Second, Rate: 10, Speed: 1, Workers: 2, Sources: 1, ConnectRate: 500, State: state,
	})
	require.NoError(t, err)
	count := func() (n int) {
		require.NoError(t, st.pool.QueryRow(ctx, `SELECT count(*) FROM agents`).Scan(&n))
		return n
	}
	before := count()
	removed, err := simulate.Remove(ctx, simulate.Removal{API: access.API, State: state, Workers: 4, AgentsOnly: true}, simulate.WithKey(st.ground.Key))
	require.NoError(t, err)
	require.Equal(t, simulate.Removed{Agents: agents}, removed)
	require.Equal(t, before-agents, count())
	require.NoFileExists(t, state)
}

// ramp is how long a scenario may last; the others end by themselves.
func (st *stage) ramp(s simulate.Scenario) time.Duration {
	if s == simulate.Ramp {
		return st.cut
	}
	return within
}
