package faults

import (
	"context"
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
			Duration: st.ramp(play.scenario), Speed: 100, Workers: 8, Sources: 1, ConnectRate: 500, Database: st.suite.DatabaseURL(), Settle: within,
			Metrics: st.suite.Metrics(),
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
			require.Zero(t, w.Failed, "%s: %v", w.Name, w.Errors)
		}
		if play.scenario == simulate.Ramp {
			require.NotNil(t, rep.Losses)
			require.Positive(t, rep.Losses.Acknowledged)
			require.Zero(t, rep.Losses.Lost)
			require.Zero(t, rep.Losses.Doubled)
		}
		require.Len(t, rep.Usage, len(st.suite.Metrics()), "CPU and memory of every service")
		t.Logf("%s: %v", play.scenario, rep.Counts)
	}
}

// ramp is how long a scenario may last; the others end by themselves.
func (st *stage) ramp(s simulate.Scenario) time.Duration {
	if s == simulate.Ramp {
		return st.cut
	}
	return within
}
