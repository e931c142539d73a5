package simulate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestEndedWhileEnrollingItReports: Ctrl-C before the scenario has begun still tells what was done.
func TestEndedWhileEnrollingItReports(t *testing.T) {
	t.Parallel()
	b, api := startBackend(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b.mu.Lock()
		enrolled := len(b.tokens)
		b.mu.Unlock()
		if enrolled >= 5 {
			cancel()
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		b.ServeHTTP(w, req)
	}))
	t.Cleanup(slow.Close)
	o := options(slow.URL, startNATS(t), Steady)
	o.Token, o.Workers, o.Key = "T0KEN", 1, ""
	o.State = filepath.Join(t.TempDir(), "fleet.jsonl")
	rep, err := Run(ctx, o)
	require.NoError(t, err)
	require.Equal(t, "enrolling", rep.EndedIn)
	require.Equal(t, 5, rep.Agents)
	require.Equal(t, "enrolments", rep.Work[0].Name)
	var text strings.Builder
	require.NoError(t, rep.WriteText(&text))
	require.Contains(t, text.String(), "ended early, in the phase: enrolling")

	// What was enrolled is in the state file, by which it can be removed.
	removed, err := Remove(t.Context(), Removal{API: api, State: o.State, Workers: 3}, WithKey("key"))
	require.NoError(t, err)
	require.Equal(t, Removed{Agents: 5}, removed)
	require.NoFileExists(t, o.State)
	b.mu.Lock()
	require.Empty(t, b.tokens)
	b.mu.Unlock()
}

func TestRemovedOnceIsRemoved(t *testing.T) {
	t.Parallel()
	_, api := startBackend(t)
	state := filepath.Join(t.TempDir(), "fleet.jsonl")
	require.NoError(t, os.WriteFile(state, []byte(`{"index":1,"agent_id":"gone","token":"t"}`+"\n"), 0o600))
	removed, err := Remove(t.Context(), Removal{API: api, State: state}, WithKey("key"))
	require.NoError(t, err)
	require.Zero(t, removed)
	_, err = Remove(t.Context(), Removal{API: "x"}, WithKey("key"))
	require.ErrorIs(t, err, ErrOptions)
	for name, simulated := range map[string]bool{"SIM-000001": true, "SIM-1234567": true, "SIM-1": false, "MY-SIM-000001": false, "SIM-000001.example.com": false} {
		require.Equal(t, simulated, simulatedName.MatchString(name), name)
	}
	require.True(t, simulatedName.MatchString(hostname(maxAgents)))
}

func TestNobodyConnectedIsAnError(t *testing.T) {
	t.Parallel()
	_, api := startBackend(t)
	o := options(api, "nats://127.0.0.1:1", Heartbeats)
	o.Agents, o.Duration = 1, time.Minute
	_, err := Run(t.Context(), o)
	require.ErrorContains(t, err, "none of 1 agents could connect to nats://127.0.0.1:1")
}

func TestLossesAreAnError(t *testing.T) {
	t.Parallel()
	require.NoError(t, (&Report{Losses: &Losses{Acknowledged: 3, Stored: 3}, Counts: []Count{{Name: "enrolments", Acknowledged: 1, Stored: 1}}}).Err())
	require.ErrorContains(t, (&Report{Losses: &Losses{Lost: 2, Doubled: 1}}).Err(), "2 acknowledged results are lost, 1 are stored more than once")
	require.ErrorContains(t, (&Report{Counts: []Count{{Name: "enrolments", Acknowledged: 5, Lost: 1}}}).Err(), "1 of 5 acknowledged enrolments are lost")
	require.ErrorContains(t, (&Report{Problems: []string{"count losses: away"}}).Err(), "away")
}

// TestCertificatesAreVerified unless they are not to be.
func TestCertificatesAreVerified(t *testing.T) {
	t.Parallel()
	b, _ := startBackend(t)
	secure := httptest.NewTLSServer(b)
	t.Cleanup(secure.Close)
	o := options(secure.URL, startNATS(t), Heartbeats)
	_, err := Run(t.Context(), o)
	require.ErrorContains(t, err, "certificate is not trusted (--insecure accepts it)")
	o.Insecure = true
	rep, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.EqualValues(t, 8, rep.Connected)
}

func TestRatesAreThoseOfTheirOwnPhase(t *testing.T) {
	t.Parallel()
	s := newSeries()
	began := time.Now().Add(-200 * time.Second)
	for range 10 {
		s.add(time.Millisecond)
	}
	require.InDelta(t, 1, s.work("x", 10*time.Second).Rate, 0.01)
	s.timed(began)
	require.InDelta(t, 0.05, s.work("x", 10*time.Second).Rate, 0.005)
}

func TestReasonsAreGrouped(t *testing.T) {
	t.Parallel()
	s := newSeries()
	for port := range 50 {
		s.fail(fmt.Errorf("read tcp 127.0.0.1:%d->127.0.0.1:443: connection reset by peer", 50000+port))
		s.fail(fmt.Errorf("reason %d", port%20))
	}
	require.EqualValues(t, 50, s.errors["read tcp 127.0.0.1:443: connection reset by peer"])
	require.Equal(t, "connection refused", errorClass(&url.Error{Op: "Patch", URL: "http://127.0.0.1:1/", Err: errors.New("connection refused")}))
	var text strings.Builder
	require.NoError(t, (&Report{Work: []Work{s.work("x", time.Second)}}).WriteText(&text))
	require.Contains(t, text.String(), "50 × read tcp")
	require.Contains(t, text.String(), "and 13 more reasons")
}
