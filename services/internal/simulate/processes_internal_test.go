package simulate

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSeveralProcessesShareOneFleet(t *testing.T) {
	t.Parallel()
	b, api := startBackend(t)
	self, err := os.Executable()
	require.NoError(t, err)
	o := options(api, startNATS(t), Results)
	o.Agents, o.Rate, o.Duration = 9, 200, 5*time.Second
	var shown strings.Builder
	o.Progress = &shown
	rep, err := RunProcesses(t.Context(), o, 3, Command{Path: self, Env: append(os.Environ(), partVariable+"=1")})
	require.NoError(t, err)
	require.Equal(t, 9, rep.Agents)
	require.InDelta(t, 200, rep.Offered, 1e-6)
	b.mu.Lock()
	require.Len(t, b.tokens, 9, "each agent enrolled once")
	hosts := len(b.hosts)
	b.mu.Unlock()
	require.Equal(t, 9, hosts, "all are different machines")
	require.Equal(t, "acknowledged results", rep.Work[len(rep.Work)-1].Name)
	require.Positive(t, rep.Work[len(rep.Work)-1].Done)

	_, err = RunProcesses(t.Context(), o, 10, Command{Path: self})
	require.ErrorIs(t, err, ErrOptions)
	_, err = RunProcesses(t.Context(), o, 2, Command{Path: "/bin/false"})
	require.Regexp(t, `simulator process of agents (0 to 3|4 to 8): exit status 1`, err.Error(), "of the one that was noticed first")
}

func TestShareLeavesNothingOut(t *testing.T) {
	t.Parallel()
	whole := Options{Agents: 1003, First: 50, Rate: 900, Workers: 5, ConnectRate: 500}
	next, workers := whole.First, 0
	for i := range 7 {
		part := share(whole, i, 7)
		require.Equal(t, next, part.First)
		next += part.Agents
		workers += part.Workers
		require.InDelta(t, 900.0/7, part.Rate, 1e-9)
	}
	require.Equal(t, whole.First+whole.Agents, next)
	require.GreaterOrEqual(t, workers, 5)
}

func TestMergeIsNotBetterThanItsParts(t *testing.T) {
	t.Parallel()
	part := func(done int64, p50, p99 float64, lost int64) *Report {
		return &Report{
			Agents: 10, Connected: 9, Offered: 50, Seconds: 3, Started: time.Unix(done, 0),
			Work:   []Work{{Name: "x", Done: done, Failed: 1, Rate: 10, P50: p50, P99: p99, Max: p99, Errors: map[string]int64{"timeout": 1}}},
			Losses: &Losses{Acknowledged: done, Stored: done - lost, Lost: lost}, Counts: []Count{{Name: "enrolments", Acknowledged: 5, Stored: 4, Lost: 1}},
			Usage: []Usage{{Service: "api", CPU: 1}},
		}
	}
	parts := []*Report{part(100, 2, 9, 0), part(300, 6, 4, 2)}
	whole := merge(parts)
	require.Equal(t, 20, whole.Agents)
	require.EqualValues(t, 18, whole.Connected)
	require.Equal(t, time.Unix(100, 0), whole.Started)
	require.Equal(t, []Work{{Name: "x", Done: 400, Failed: 2, Rate: 20, P50: 5, P99: 9, Max: 9, Errors: map[string]int64{"timeout": 2}}}, whole.Work)
	require.Equal(t, &Losses{Acknowledged: 400, Stored: 398, Lost: 2}, whole.Losses)
	require.Equal(t, []Count{{Name: "enrolments", Acknowledged: 10, Stored: 8, Lost: 2}}, whole.Counts)
	require.Len(t, whole.Usage, 1)
	require.Equal(t, map[string]int64{"timeout": 1}, parts[0].Work[0].Errors, "the parts stay as they are")
}

// TestSeveralProcessesReturnTogether: they wait for each other, the bus is restarted once, and one person feels it.
func TestSeveralProcessesReturnTogether(t *testing.T) {
	t.Parallel()
	_, api := startBackend(t)
	self, err := os.Executable()
	require.NoError(t, err)
	address, restart := restartable(t)
	restarts := 0
	o := options(api, address, Reconnect)
	o.Duration = patience
	o.Person = Command{Path: self, Env: append(os.Environ(), personVariable+"=1")}
	c := Command{Path: self, Env: append(os.Environ(), partVariable+"=1")}
	o.Cut = func(ctx context.Context) error { restarts++; return restart(ctx) }
	rep, err := RunProcesses(t.Context(), o, 2, c)
	require.NoError(t, err)
	require.Equal(t, 1, restarts)
	work := map[string]Work{}
	for _, w := range rep.Work {
		work[w.Name] = w
	}
	require.EqualValues(t, 8, rep.Connected)
	require.EqualValues(t, 2, work[string(Reconnect)].Done)
	require.EqualValues(t, 8, work["agents back"].Done)
	require.GreaterOrEqual(t, work["agents back"].P50, 2000.0)
	require.Positive(t, work[workBefore].Done)
	require.Positive(t, work[workMeanwhile].Done)

	o.Cut, o.Person = nil, Command{} // their own sockets, and the person in this process
	rep, err = RunProcesses(t.Context(), o, 3, c)
	require.NoError(t, err)
	require.EqualValues(t, 8, rep.Connected)

	_, err = RunProcesses(t.Context(), o, 2, Command{Path: "/bin/false"})
	require.ErrorContains(t, err, "simulator process of agents")
	o.Cut = func(context.Context) error { return errors.New("no such service") }
	_, err = RunProcesses(t.Context(), o, 2, c)
	require.ErrorContains(t, err, "no such service")
}

// TestOneFailedProcessEndsTheOthers, whose report would be thrown away; and the error says what to do about a state file of
// another server.
func TestOneFailedProcessEndsTheOthers(t *testing.T) {
	t.Parallel()
	b, _ := startBackend(t)
	self, err := os.Executable()
	require.NoError(t, err)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") == "Token stale" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		b.ServeHTTP(w, req)
	}))
	t.Cleanup(srv.Close)
	o := options(srv.URL, startNATS(t), Results)
	o.Agents, o.Duration, o.State = 4, 10*time.Minute, filepath.Join(t.TempDir(), "fleet.jsonl")
	require.NoError(t, os.WriteFile(o.State, []byte(`{"index":3,"agent_id":"x","token":"stale"}`+"\n"), 0o600))
	_, err = RunProcesses(t.Context(), o, 2, Command{Path: self, Env: append(os.Environ(), partVariable+"=1")})
	require.ErrorContains(t, err, "status 401")
	require.ErrorContains(t, err, "was it made anew")
}
