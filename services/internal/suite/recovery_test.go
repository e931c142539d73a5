package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/internal/suite/suitetest"
)

// recoverWithin is how long this test waits for one thing to come back before it calls it lost. It is no promise of how fast that is:
// the product takes seconds, which the test logs, and a machine that runs other tests beside this one many times as long.
const recoverWithin = 4 * time.Minute

// agentState is what the recovery test looks at.
type agentState struct {
	Connected bool   `json:"connected"`
	Status    string `json:"status"`
	Hostname  string `json:"hostname"`
}

type checkState struct {
	ID     int    `json:"id"`
	Type   string `json:"check_type"`
	Result struct {
		Status  string `json:"status"`
		LastRun string `json:"last_run"`
	} `json:"check_result"`
}

// TestEverythingComesBackAfterKill kills each process once with kill -9 while the agent reports, and asks after each that
// every service is ready, the agent is online and a new check result is stored. Nobody helps.
func TestEverythingComesBackAfterKill(t *testing.T) {
	t.Parallel()
	s := startSuite(t, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	a, err := s.signIn(ctx)
	require.NoError(t, err)
	agentID, err := a.onlineAgent(ctx)
	require.NoError(t, err)
	require.NoError(t, a.call(ctx, http.MethodPost, "/checks/", map[string]any{
		"agent": agentID, "check_type": "memory", "warning_threshold": 1, "error_threshold": 99, "fails_b4_alert": 1, "run_interval": 0,
	}, nil))
	newResult(ctx, t, a, agentID)
	host, err := os.Hostname()
	require.NoError(t, err)
	for _, p := range s.Processes() {
		began := time.Now()
		require.NoError(t, p.Restart(ctx), p.Name())
		ready := recovered(ctx, t, s)
		require.Eventually(t, func() bool {
			var st agentState
			return a.call(ctx, http.MethodGet, "/v1/agents/"+agentID, nil, &st) == nil && st.Connected && st.Status == "online" && st.Hostname == host
		}, recoverWithin, 100*time.Millisecond, "agent is online again after %s", p.Name())
		online := time.Since(began)
		newResult(ctx, t, a, agentID)
		t.Logf("%-12s ready %5.1fs  agent online %5.1fs  new result %5.1fs", p.Name(), ready.Sub(began).Seconds(), online.Seconds(), time.Since(began).Seconds())
	}
	require.NoError(t, a.call(ctx, http.MethodPost, "/logout/", nil, nil))
}

// startSuite runs a suite for the length of a test.
func startSuite(t *testing.T, o Options) *Suite {
	t.Helper()
	o.Ephemeral, o.Dir, o.Bin, o.Web = true, t.TempDir(), suitetest.Programs(t), suitetest.Web(t)
	var out strings.Builder
	o.Output = &out
	s, err := Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		defer cancel()
		if t.Failed() {
			for _, p := range s.Processes() {
				t.Logf("end of %s:\n%s", p.LogPath(), tail(p.LogPath()))
			}
		}
		require.NoError(t, s.Stop(ctx))
	})
	return s
}

// newResult asks the agent to run its checks, and waits until the results of that run are stored.
func newResult(ctx context.Context, t *testing.T, a *api, agentID string) {
	t.Helper()
	last := func() (string, error) {
		var checks []checkState
		if err := a.call(ctx, http.MethodGet, "/agents/"+agentID+"/checks/", nil, &checks); err != nil {
			return "", err
		}
		for _, c := range checks {
			if c.Type == "memory" {
				return c.Result.LastRun, nil
			}
		}
		return "", fmt.Errorf("no memory check among %d", len(checks))
	}
	var before string
	require.Eventually(t, func() (ok bool) {
		var err error
		before, err = last()
		return err == nil
	}, recoverWithin, 100*time.Millisecond)
	var accepted bool
	problem := errors.New("not asked")
	if !assert.Eventually(t, func() bool {
		if !accepted { // a run may be under way, or the agent not yet listening again; once accepted, its results must come
			problem = a.call(ctx, http.MethodPost, "/checks/"+agentID+"/run/", nil, nil)
			accepted = problem == nil
		}
		now, err := last()
		if err != nil {
			problem = err
			return false
		}
		return now != before && now != ""
	}, recoverWithin, 200*time.Millisecond, "a new check result is stored") {
		require.NoError(t, problem)
		t.FailNow()
	}
}

// recovered waits until every private port says ready.
func recovered(ctx context.Context, t *testing.T, s *Suite) time.Time {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, recoverWithin)
	defer cancel()
	for _, p := range s.Processes() {
		require.NoError(t, p.WaitReady(ctx))
	}
	return time.Now()
}
