package suite

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// traced is what the test reads of a log line about a request.
type traced struct {
	Message   string `json:"msg"`
	RequestID string `json:"request_id"`
	Operation string `json:"operation"`
}

func tracedLines(t *testing.T, p *Process) (out []traced) {
	t.Helper()
	f, err := os.Open(p.LogPath())
	require.NoError(t, err)
	defer f.Close() //nolint:errcheck // only read
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var l traced
		if json.Unmarshal(sc.Bytes(), &l) == nil { // the last line may be half written
			out = append(out, l)
		}
	}
	require.NoError(t, sc.Err())
	return out
}

// TestRequestIsFoundInEveryLog: the id that api gives a request is in the log of the worker that does the rest, and that of
// an agent's report in the log of natsapi, which it reaches over NATS.
func TestRequestIsFoundInEveryLog(t *testing.T) {
	t.Parallel()
	s := startSuite(t, Options{Level: "debug"})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	a, err := s.signIn(ctx)
	require.NoError(t, err)
	_, err = a.onlineAgent(ctx)
	require.NoError(t, err)
	require.NoError(t, a.call(ctx, http.MethodPost, "/agents/actions/bulk/", map[string]any{
		"mode": "command", "target": "all", "monType": "all", "osType": "all", "cmd": "echo traced", "shell": "/bin/bash",
		"custom_shell": nil, "timeout": 30, "run_as_user": false,
	}, nil))
	for operation, follow := range map[string]struct{ process, message string }{
		"runBulkAction": {"worker", "background task done"},
		"reportHistory": {"natsapi", "result written"},
	} {
		require.Eventually(t, func() bool {
			ids := map[string]bool{}
			for _, l := range tracedLines(t, s.Process("api")) {
				if l.Operation == operation && l.RequestID != "" {
					ids[l.RequestID] = true
				}
			}
			for _, l := range tracedLines(t, s.Process(follow.process)) {
				if l.Message == follow.message && ids[l.RequestID] {
					return true
				}
			}
			return false
		}, recoverWithin, 100*time.Millisecond, "%s is followed into the log of %s", operation, follow.process)
	}
	require.NoError(t, a.call(ctx, http.MethodPost, "/logout/", nil, nil))
}
