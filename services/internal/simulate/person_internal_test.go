package simulate

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// personVariable makes the test program the person's process.
const personVariable = "SIMULATE_TEST_PERSON"

func TestThePersonHasAProcessOfTheirOwn(t *testing.T) {
	t.Parallel()
	_, api := startBackend(t)
	self, err := os.Executable()
	require.NoError(t, err)
	o := options(api, startNATS(t), Reconnect)
	o.Duration = patience
	o.Person = Command{Path: self, Env: append(os.Environ(), personVariable+"=1")}
	rep, err := Run(t.Context(), o)
	require.NoError(t, err)
	work := map[string]Work{}
	for _, w := range rep.Work {
		work[w.Name] = w
	}
	for _, name := range []string{"requests before", "requests meanwhile"} {
		require.Positive(t, work[name].Done, name)
		require.Zero(t, work[name].Failed, "%s: %v", name, work[name].Errors)
		require.Positive(t, work[name].P50, name)
	}

	o.Person = Command{Path: "/bin/false"}
	_, err = Run(t.Context(), o)
	require.ErrorContains(t, err, "the person's process")
	o.Person = Command{Path: "/nonexistent/program"}
	_, err = Run(t.Context(), o)
	require.ErrorContains(t, err, "start the person's process")
}

func TestThePersonTellsWhatFailed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out lockedBuffer
	ended := make(chan error, 1)
	// The input stays open: the context ends it.
	in, write, err := os.Pipe()
	require.NoError(t, err)
	go func() { ended <- RunPerson(ctx, in, &out) }()
	_, err = write.WriteString(`{"API":"http://127.0.0.1:1","Key":"k"}`)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return strings.Count(out.String(), "\n") >= 2 }, patience, 5*time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
	require.NoError(t, write.Close())
	s := newSeries()
	require.NoError(t, s.read(strings.NewReader(out.String())))
	require.Zero(t, s.count.Load())
	require.GreaterOrEqual(t, s.failed.Load(), int64(2))

	require.ErrorContains(t, RunPerson(t.Context(), strings.NewReader("{"), &bytes.Buffer{}), "read whom to ask")
}

// lockedBuffer may be read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
