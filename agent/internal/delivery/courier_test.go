package delivery_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/agent/internal/delivery"
	"github.com/gueencode/gueenrmm/agent/internal/leaktest"
	"github.com/gueencode/gueenrmm/agent/internal/rest"
	"github.com/gueencode/gueenrmm/agent/internal/spool"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// server answers each attempt with the next status of a script, then 200, and remembers what it got.
type server struct {
	mu       sync.Mutex
	statuses []int
	retry    string
	paths    []string
	ids      []string
	at       []time.Time
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.paths = append(s.paths, r.URL.Path)
	s.ids = append(s.ids, r.Header.Get(agentwire.HeaderResultID))
	s.at = append(s.at, time.Now())
	status := http.StatusOK
	if len(s.statuses) > 0 {
		status, s.statuses = s.statuses[0], s.statuses[1:]
	}
	if s.retry != "" && status != http.StatusOK {
		w.Header().Set("Retry-After", s.retry)
	}
	w.WriteHeader(status)
}

func (s *server) seen() (paths, ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.paths...), append([]string(nil), s.ids...)
}

type bundle struct {
	server  *server
	spool   *spool.Spool
	courier *delivery.Courier
}

func setup(t *testing.T, srv *server) *bundle {
	t.Helper()
	hs := httptest.NewServer(srv)
	t.Cleanup(hs.Close)
	client, err := rest.New(rest.Options{BaseURL: hs.URL, Token: "t"})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	sp, err := spool.Open(t.TempDir(), spool.Options{})
	require.NoError(t, err)
	c := delivery.New(sp, rest.Agent{Client: client}, delivery.Options{MinWait: 2 * time.Millisecond, MaxWait: 20 * time.Millisecond, Rescan: 20 * time.Millisecond, DeferAfter: 2})
	return &bundle{server: srv, spool: sp, courier: c}
}

func (b *bundle) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.courier.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

func (b *bundle) submit(t *testing.T, paths ...string) {
	t.Helper()
	for _, p := range paths {
		require.NoError(t, b.courier.Submit(http.MethodPatch, p, map[string]int{"a": 1}))
	}
}

func TestFailuresAreRetriedInOrderWithTheSameID(t *testing.T) {
	t.Parallel()

	b := setup(t, &server{statuses: []int{503, 401, 429, 408, 502}})
	b.submit(t, "/1", "/2", "/3")
	b.run(t)
	require.Eventually(t, func() bool { return b.spool.Len() == 0 }, time.Minute, time.Millisecond)
	paths, ids := b.server.seen()
	require.Equal(t, []string{"/1", "/1", "/1", "/1", "/1", "/1", "/2", "/3"}, paths)
	for _, id := range ids[:6] {
		require.Equal(t, ids[0], id)
	}
	require.NotEmpty(t, ids[0])
	require.NotEqual(t, ids[0], ids[6])
}

func TestWhatCanNeverSucceedIsDropped(t *testing.T) {
	t.Parallel()

	b := setup(t, &server{statuses: []int{400, 404, 413}})
	b.submit(t, "/1", "/2", "/3", "/4")
	b.run(t)
	require.Eventually(t, func() bool { return b.spool.Len() == 0 }, time.Minute, time.Millisecond)
	paths, _ := b.server.seen()
	require.Equal(t, []string{"/1", "/2", "/3", "/4"}, paths)
}

func TestOneRecordTheServerFailsOnDoesNotBlockTheRest(t *testing.T) {
	t.Parallel()

	b := setup(t, &server{statuses: []int{500, 500}})
	b.submit(t, "/bad", "/good")
	b.run(t)
	require.Eventually(t, func() bool { return b.spool.Len() == 0 }, time.Minute, time.Millisecond)
	paths, _ := b.server.seen()
	require.Equal(t, []string{"/bad", "/bad", "/good", "/bad"}, paths)
}

func TestAClockThatIsAYearOffLosesNothing(t *testing.T) {
	t.Parallel()

	b := setup(t, &server{})
	const year = 365 * 24 * time.Hour
	for i, off := range []time.Duration{-year, year, 0} {
		rec := spool.Record{Method: http.MethodPatch, Path: "/" + strconv.Itoa(i), Queued: time.Now().Add(off)}
		require.NoError(t, b.spool.Append(rec))
	}
	b.run(t)
	require.Eventually(t, func() bool { return b.spool.Len() == 0 }, time.Minute, time.Millisecond)
	paths, _ := b.server.seen()
	require.Equal(t, []string{"/0", "/1", "/2"}, paths)
}

func TestWhatWaitedTooLongIsGivenUp(t *testing.T) {
	t.Parallel()

	hs := httptest.NewServer(&server{statuses: []int{503}})
	t.Cleanup(hs.Close)
	client, err := rest.New(rest.Options{BaseURL: hs.URL, Token: "t"})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	sp, err := spool.Open(t.TempDir(), spool.Options{})
	require.NoError(t, err)
	now := time.Now()
	c := delivery.New(sp, rest.Agent{Client: client}, delivery.Options{MaxAge: time.Hour, Now: func() time.Time { return now }})
	require.NoError(t, c.Submit(http.MethodPatch, "/1", nil))
	require.NoError(t, c.Flush(t.Context()))
	require.Equal(t, 1, sp.Len())
	require.NoError(t, sp.Rescan(), "a record that is known keeps its age")
	now = now.Add(2 * time.Hour)
	require.NoError(t, c.Flush(t.Context()))
	require.Zero(t, sp.Len())
}

func TestRetryAfterIsRespected(t *testing.T) {
	t.Parallel()

	b := setup(t, &server{statuses: []int{503}, retry: "1"})
	b.submit(t, "/1")
	b.run(t)
	require.Eventually(t, func() bool { return b.spool.Len() == 0 }, time.Minute, time.Millisecond)
	require.GreaterOrEqual(t, b.server.at[1].Sub(b.server.at[0]), 990*time.Millisecond)
}

func TestResultsOutliveAServerThatIsAway(t *testing.T) {
	t.Parallel()

	client, err := rest.New(rest.Options{BaseURL: "http://127.0.0.1:1"})
	require.NoError(t, err)
	dir := t.TempDir()
	sp, err := spool.Open(dir, spool.Options{})
	require.NoError(t, err)
	c := delivery.New(sp, rest.Agent{Client: client}, delivery.Options{})
	for i := range 3 {
		require.NoError(t, c.Submit(http.MethodPatch, "/"+strconv.Itoa(i), nil))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, c.Flush(ctx))
	require.Equal(t, 3, sp.Len())

	b := setup(t, &server{})
	sp, err = spool.Open(dir, spool.Options{})
	require.NoError(t, err)
	b.spool = sp
	hs := httptest.NewServer(b.server)
	defer hs.Close()
	client, err = rest.New(rest.Options{BaseURL: hs.URL})
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, delivery.New(sp, rest.Agent{Client: client}, delivery.Options{}).Flush(ctx))
	require.Zero(t, sp.Len())
	paths, _ := b.server.seen()
	require.Equal(t, []string{"/0", "/1", "/2"}, paths)
}
