package suite

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// logLine is what the tests read of a service's log.
type logLine struct {
	Message    string `json:"msg"`
	Dependency string `json:"dependency"`
}

// lines returns the log of a service.
func lines(t *testing.T, p *Process) (out []logLine) {
	t.Helper()
	f, err := os.Open(p.LogPath())
	require.NoError(t, err)
	defer f.Close() //nolint:errcheck // only read
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	half := ""
	for sc.Scan() {
		require.Empty(t, half, "%s logs JSON only", p.Name())
		var l logLine
		if json.Unmarshal(sc.Bytes(), &l) != nil {
			half = sc.Text() // the last line may be half written
			continue
		}
		out = append(out, l)
	}
	require.NoError(t, sc.Err())
	return out
}

func count(ls []logLine, message, dependency string) (n int) {
	for _, l := range ls {
		if l.Message == message && l.Dependency == dependency {
			n++
		}
	}
	return n
}

// TestAbsenceIsSaidOnce takes each server away until every service that needs it says so, and gives it back: one line at
// loss, one at recovery, no restart of a service and no flood.
func TestAbsenceIsSaidOnce(t *testing.T) {
	t.Parallel()
	s := startSuite(t, Options{NoAgent: true})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	pids := map[string]int{}
	for _, name := range serviceNames() {
		pids[name] = s.Process(name).PID()
	}
	for server, dependency := range map[string]string{"postgres": "postgres", "redis": "redis", "nats-server": "nats"} {
		var needing []*Process
		for _, name := range serviceNames() {
			if count(lines(t, s.Process(name)), "dependency works", dependency) > 0 {
				needing = append(needing, s.Process(name))
			}
		}
		require.NotEmpty(t, needing, "services that need %s", dependency)
		require.NoError(t, s.Process(server).Crash(ctx))
		for _, p := range needing {
			require.Eventually(t, func() bool {
				err := p.askReady(ctx)
				return err != nil && strings.Contains(err.Error(), `"`+dependency+`":{"up":false`)
			}, recoverWithin, 50*time.Millisecond, "%s says that %s is away", p.Name(), server)
		}
		require.NoError(t, s.Process(server).Up())
		recovered(ctx, t, s)
		for _, p := range needing {
			ls := lines(t, p)
			// A machine that stands still for seconds in between is another loss; a loop that complains would do so many times.
			away := count(ls, "dependency is away", dependency)
			require.Positive(t, away, "%s: one line at the loss of %s", p.Name(), dependency)
			require.Less(t, away, 4, "%s: one line at the loss of %s", p.Name(), dependency)
			require.Equal(t, away, count(ls, "dependency is back", dependency), "%s: one line at the recovery of %s", p.Name(), dependency)
		}
	}
	for name, pid := range pids {
		require.Equal(t, pid, s.Process(name).PID(), "%s was not restarted", name)
		require.Less(t, len(lines(t, s.Process(name))), 100, "%s does not flood its log", name)
	}
}
