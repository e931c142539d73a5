package bench

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/internal/suite"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		result Result
		aim    aim
		unmet  int
		want   string
	}{
		"at least":          {Result{Median: 5000, Runs: []float64{5000}}, atLeast(5000, ""), 0, Hit},
		"too little":        {Result{Median: 4999, Runs: []float64{4999}}, atLeast(5000, ""), 0, Missed},
		"below":             {Result{Median: 50, Runs: []float64{50}}, below(50, ""), 0, Missed},
		"nothing lost":      {Result{Median: 0, Runs: []float64{0}}, atMost(0, ""), 0, Hit},
		"one lost":          {Result{Median: 1, Runs: []float64{1}}, atMost(0, ""), 0, Missed},
		"one bad run":       {Result{Median: 1, Runs: []float64{1, 1, 1}}, below(2, ""), 1, Hit},
		"most runs are bad": {Result{Median: 1, Runs: []float64{1, 1, 1}}, below(2, ""), 2, Missed},
		"not measured":      {Result{Problem: "no"}, below(2, ""), 0, NotMeasured},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.result.judge(tt.aim, tt.unmet)
			require.Equal(t, tt.want, tt.result.Verdict)
		})
	}
	require.Empty(t, unmet("p99", 49, 50, "ms"))
	require.Equal(t, "p99 is 51.0 ms", unmet("p99", 51, 50, "ms"))
}

func TestRowsHaveEverything(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range rows() {
		require.False(t, seen[r.Name], r.Name)
		seen[r.Name] = true
		require.NotEmpty(t, r.Work, r.Name)
		require.NotEmpty(t, r.Unit, r.Name)
		require.NotEmpty(t, r.Reference, r.Name)
		require.NotEmpty(t, r.aim.text, r.Name)
		require.NotNil(t, r.aim.met, r.Name)
		require.NotNil(t, r.measure, r.Name)
		require.Contains(t, Help(), r.Name)
	}
	require.NoError(t, known([]string{"results-tls", "million"}))
	require.ErrorIs(t, known([]string{"result"}), ErrRow)
}

func TestTableShowsMedianReferenceAimAndVerdict(t *testing.T) {
	t.Parallel()
	rep := &Report{Started: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), Machine: "a machine", Results: []Result{
		{Name: "results", Work: "results", Unit: "per s", Reference: "51", Aim: "≥ 5,000", Median: 5100, Detail: "p99 20 ms", Verdict: Hit},
		{
			Name: "heartbeats", Work: "heartbeats", Unit: "per s", Reference: "3,620", Aim: "≥ 20,000, p99 lag < 1 s", Median: 21000, Verdict: Missed,
			Unmet: "p99 lag is 2.00 s", Shares: Shares{"postgres": 1.2, "natsapi": 0.7, idle: 0.001},
		},
	}}
	require.Equal(t, `2026-11-26, a machine

| work | reference | aim | here | |
|---|---|---|---|---|
| results | 51 | ≥ 5,000 | 5100 per s (p99 20 ms) | ✓ |
| heartbeats | 3,620 | ≥ 20,000, p99 lag < 1 s | 21000 per s | ✗ |

✗ heartbeats: p99 lag is 2.00 s. Cores: postgres 1.20, natsapi 0.70.
`, rep.Markdown())
}

func TestSiteFitsThisMachine(t *testing.T) {
	t.Parallel()
	site, err := os.ReadFile("../../../deploy/nginx/gueen.conf")
	require.NoError(t, err)
	got := siteConfig(string(site), "/tmp/x", 20001, 20002, suite.Ports{Web: 15001, API: 15002, Realtime: 15003, NATSWebSocket: 15004})
	for _, part := range []string{
		"listen 127.0.0.1:20001 ssl;", "listen 127.0.0.1:20002;", "server 127.0.0.1:15001;", "server 127.0.0.1:15002;", "server 127.0.0.1:15003;",
		"server 127.0.0.1:15004;", "ssl_certificate_key /tmp/x/privkey.pem;", "access_log /tmp/x/access.log;", "server_name 127.0.0.1;",
	} {
		require.Contains(t, got, part)
	}
	for _, part := range []string{"example.com", "/etc/", "/var/", ":8080", ":8001", ":8002", ":9235", "listen 443", "listen 80;"} {
		require.NotContains(t, got, part)
	}
	require.Equal(t, strings.Count(string(site), "{"), strings.Count(got, "{"))
}

func TestSharesOfProcesses(t *testing.T) {
	t.Parallel()
	before := usage{at: time.Unix(0, 0), processes: map[string]float64{"api": 1}, busy: 10}
	shares := usage{at: time.Unix(10, 0), processes: map[string]float64{"api": 6, simulator: 1}, busy: 18}.since(before)
	require.InDelta(t, 0.5, shares["api"], 0.001)
	require.InDelta(t, 0.1, shares[simulator], 0.001)
	require.InDelta(t, 0.2, shares[others], 0.001)
}
