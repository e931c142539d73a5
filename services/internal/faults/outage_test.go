package faults

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/internal/simulate"
)

// postgresAway takes the database away while results and heartbeats flow: both are late, none is missing, no service ends
// and none grows without bound.
func postgresAway(ctx context.Context, t *testing.T, st *stage) {
	services := []string{"natsapi", "api", "worker"}
	before := map[string]float64{}
	for _, s := range services {
		before[s] = st.memory(t, s)
	}
	pids := st.pids()
	tr := st.start(ctx, st.fleet, st.ordinary())
	quiet := tr.run(ctx, func(ctx context.Context) error { return st.fleet.Beat(ctx, st.beats) })
	tr.flows(t, 20)
	require.NoError(t, st.process(t, "postgres").Crash(ctx))
	acknowledged := tr.ledger.Acknowledged()
	most := st.watch(ctx, t, services, st.away)
	require.Greater(t, tr.ledger.Acknowledged(), acknowledged+int64(st.rate), "results are acknowledged while the database is away")
	require.NoError(t, quiet())
	late := tr.heartbeats(ctx, t)
	require.Len(t, late, st.agents)

	require.NoError(t, st.process(t, "postgres").Up())
	back := time.Now()
	st.allReady(ctx, t)
	tr.stored(ctx, t, late)
	t.Logf("heartbeats sent during the outage were stored %.1f s after the database's return", time.Since(back).Seconds())
	tr.flows(t, 20)
	tr.end(ctx, t, "postgres away for "+st.away.String())
	for _, s := range services {
		t.Logf("memory of %-8s %6.1f MiB before, at most %6.1f MiB during the outage", s, before[s], most[s])
		require.Less(t, most[s]-before[s], st.memoryMiB, "memory of %s in MiB", s)
		pids["postgres"] = st.pids()["postgres"]
	}
	require.Equal(t, pids, st.pids(), "no service was restarted")
}

// watch lets time pass and returns the most memory that each service had.
func (st *stage) watch(ctx context.Context, t *testing.T, services []string, d time.Duration) map[string]float64 {
	t.Helper()
	most := map[string]float64{}
	for end := time.Now().Add(d); time.Now().Before(end); hold(ctx, t, min(time.Second, max(time.Until(end), 0))) {
		for _, s := range services {
			most[s] = max(most[s], st.memory(t, s))
		}
	}
	return most
}

// storeFull fills the store of the result stream, whose consumer waits for the database: results are refused, agents are
// told when to come again, nothing acknowledged is lost, and all goes on when the store has drained.
func storeFull(ctx context.Context, t *testing.T, st *stage) {
	pids := st.pids()
	require.NoError(t, st.process(t, "postgres").Crash(ctx))
	tr := st.start(ctx, st.fleet, simulate.Load{Workers: 8, Keep: true, Padding: st.padding})
	tr.run(ctx, func(ctx context.Context) error { return st.fleet.Beat(ctx, st.beats) })
	require.Eventually(t, func() bool { return tr.ledger.Refused()["status 503"] >= 50 }, within, every, "a full store refuses: %d acknowledged", tr.ledger.Acknowledged())
	full := tr.ledger.Acknowledged()
	t.Logf("full after %d results in %.1f s", full, time.Since(tr.began).Seconds())
	require.NoError(t, st.process(t, "postgres").Up())
	st.allReady(ctx, t)
	tr.flows(t, 200)
	tr.beats(ctx, t)
	tr.end(ctx, t, "store full")
	pids["postgres"] = st.pids()["postgres"]
	require.Equal(t, pids, st.pids(), "no service was restarted")
}

// stopDuringFlush stops services in the usual way while every batch has company waiting.
func stopDuringFlush(ctx context.Context, t *testing.T, st *stage) {
	for _, name := range []string{"natsapi", "api"} {
		tr := st.start(ctx, st.fleet, simulate.Load{Workers: 16, Keep: true})
		tr.run(ctx, func(ctx context.Context) error { return st.fleet.Beat(ctx, st.beats) })
		for range st.stops {
			tr.flows(t, 100)
			require.NoError(t, st.process(t, name).Down(ctx), "%s stops in time", name)
			require.NoError(t, st.process(t, name).Up())
			st.allReady(ctx, t)
		}
		tr.flows(t, 20)
		tr.beats(ctx, t)
		tr.end(ctx, t, "SIGTERM "+name)
	}
}
