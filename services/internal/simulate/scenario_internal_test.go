package simulate

import (
	"context"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/porttest"
)

func TestChecksPassFailAndFlap(t *testing.T) {
	t.Parallel()
	failed := map[int64]int{}
	for check := range int64(20) {
		for n := range 10 {
			if state(check, n) {
				failed[check]++
			}
		}
	}
	require.Equal(t, map[int64]int{0: 10, 1: 5}, failed, "of twenty one fails, one flaps, the others pass")
}

// TestRampWorksWhileItConnects: agents that are connected send while the others still wait for their turn.
func TestRampWorksWhileItConnects(t *testing.T) {
	t.Parallel()
	_, api := startBackend(t)
	address := startNATS(t)
	conn, err := nats.Connect(address, nats.Timeout(patience))
	require.NoError(t, err)
	defer conn.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = conn.Subscribe("*", func(*nats.Msg) { cancel() }) // with the first message
	require.NoError(t, err)
	require.NoError(t, conn.FlushTimeout(patience))
	o := options(api, address, Ramp)
	o.Duration, o.Speed = time.Hour, 500
	rep, err := Run(ctx, o)
	require.NoError(t, err)
	require.Positive(t, rep.Connected)
	require.Less(t, rep.Connected, int64(8))
	for _, w := range rep.Work {
		if w.Name == FailedAttempts {
			continue // made good by another
		}
		require.Zero(t, w.Failed, "%s: %v", w.Name, w.Errors)
	}
}

func TestReconnectShowsWhatOthersFeel(t *testing.T) {
	t.Parallel()
	_, api := startBackend(t)
	o := options(api, startNATS(t), Reconnect)
	o.Duration = patience
	rep, err := Run(t.Context(), o)
	require.NoError(t, err)
	work := map[string]Work{}
	for _, w := range rep.Work {
		work[w.Name] = w
	}
	require.EqualValues(t, 1, work["reconnect"].Done)
	require.Positive(t, work["requests before"].Done)
	require.Positive(t, work["requests meanwhile"].Done)
	require.EqualValues(t, 8, rep.Connected)
	require.EqualValues(t, 8, work["agents back"].Done)
	require.GreaterOrEqual(t, work["agents back"].P50, 2000.0, "deployed agents wait two seconds at least")
	require.Contains(t, usageNames(rep), Self)
}

func usageNames(rep *Report) (names []string) {
	for _, u := range rep.Usage {
		names = append(names, u.Service)
	}
	return names
}

// restartable starts a nats-server and returns its address and what restarts it.
func restartable(t *testing.T) (address string, restart func(context.Context) error) {
	t.Helper()
	_, text, err := net.SplitHostPort(porttest.Reserve(t))
	require.NoError(t, err)
	port, err := strconv.Atoi(text)
	require.NoError(t, err)
	start := func() *server.Server {
		srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true})
		require.NoError(t, err)
		srv.Start()
		require.True(t, srv.ReadyForConnections(patience))
		return srv
	}
	srv := start()
	stop := func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	}
	t.Cleanup(func() { stop() })
	return srv.ClientURL(), func(context.Context) error {
		stop()
		srv = start()
		return nil
	}
}

// Agents wait between attempts as deployed ones do, each as long as it drew, whatever ended their connections.
func TestAgentsReturnAfterARestartOfTheBus(t *testing.T) {
	t.Parallel()
	_, api := startBackend(t)
	address, restart := restartable(t)
	o := options(api, address, Reconnect)
	o.Duration, o.Key, o.Token, o.Cut = patience, "", "T0KEN", restart
	rep, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.EqualValues(t, 8, rep.Connected)
	pauses := map[time.Duration]bool{}
	for i := range 200 {
		pause := newAgent(newRun(o), identity{Index: i}).pause
		require.Zero(t, pause%time.Second)
		pauses[pause] = true
	}
	require.Len(t, pauses, 6)
	require.True(t, pauses[2*time.Second] && pauses[7*time.Second])
}

// TestEndedEarlyItReports: Ctrl-C ends the scenario, and what was measured until then is reported.
func TestEndedEarlyItReports(t *testing.T) {
	t.Parallel()
	b, api := startBackend(t)
	o := options(api, startNATS(t), Results)
	o.Duration = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan *Report, 1)
	go func() {
		rep, err := Run(ctx, o)
		if err != nil {
			t.Error(err)
		}
		done <- rep
	}()
	require.Eventually(t, func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.results) > 20 }, patience, time.Millisecond)
	cancel()
	rep := <-done
	require.NotNil(t, rep)
	var text strings.Builder
	require.NoError(t, rep.WriteText(&text))
	require.Contains(t, text.String(), "acknowledged results")
}

func TestSoftwareIsThatOfWindowsAgents(t *testing.T) {
	t.Parallel()
	require.Len(t, software(1, strings.Repeat("a", 40)).Software, softwareCount)
	b, api := startBackend(t)
	r := newRun(options(api, "nats://127.0.0.1:1", Steady))
	defer r.close()
	linux, windows := newAgent(r, identity{Index: 3, AgentID: "l"}), newAgent(r, identity{Index: 4, AgentID: "w"})
	require.ErrorIs(t, r.postSoftware(t.Context(), linux), errNotYet)
	require.NoError(t, r.postSoftware(t.Context(), windows))
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Equal(t, 1, b.software)
}
