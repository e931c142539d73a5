package health_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// output is a buffer that goroutines of the program may write to.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func setup(t *testing.T) (*health.Registry, *prometheus.Registry, *zap.Logger, *output) {
	t.Helper()
	out := &output{}
	logger, err := log.New(log.Options{Level: "info", Output: out})
	require.NoError(t, err)
	metrics := prometheus.NewRegistry()
	r, err := health.New(logger, metrics)
	require.NoError(t, err)
	return r, metrics, logger, out
}

func TestEachChangeIsLoggedOnce(t *testing.T) {
	t.Parallel()
	r, _, _, out := setup(t)
	d := r.Dependency("postgres")
	require.Same(t, d, r.Dependency("postgres"))
	require.False(t, d.Up())
	for range 3 {
		d.Report(errors.New("refused"))
	}
	d.Report(context.Canceled)
	d.Report(nil)
	d.Report(nil)
	d.Report(errors.New("again"))
	require.Equal(t, 2, strings.Count(out.String(), "dependency is away"))
	require.Equal(t, 1, strings.Count(out.String(), "dependency is back"))
	require.ErrorContains(t, d.Err(), "again")
	r.Dependency("nats").Report(nil)
	require.Equal(t, 1, strings.Count(out.String(), "dependency works"))
}

func TestPrivatePort(t *testing.T) {
	t.Parallel()
	r, metrics, logger, _ := setup(t)
	r.Dependency("postgres").Report(errors.New("refused"))
	r.Dependency("mail", health.Optional()).Report(errors.New("no route"))
	s := health.NewServer("127.0.0.1:0", r, metrics, logger)
	require.NoError(t, s.Stop(t.Context()), "stop before start")
	require.NoError(t, s.Start(t.Context()))
	taken := health.NewServer(s.Address(), r, metrics, logger)
	require.ErrorContains(t, taken.Start(t.Context()), "private.listen")

	status, body := get(t, s, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	var ready struct {
		Ready        bool
		Dependencies map[string]health.State
	}
	require.NoError(t, json.Unmarshal(body, &ready))
	require.False(t, ready.Ready)
	require.Equal(t, "refused", ready.Dependencies["postgres"].Error)

	r.Dependency("postgres").Report(nil)
	status, body = get(t, s, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status, "it has not subscribed to everything yet")
	require.Contains(t, string(body), `"phase":"starting"`)
	r.Enter(health.Serving)
	status, _ = get(t, s, "/readyz")
	require.Equal(t, http.StatusOK, status, "an optional dependency does not count")
	r.Enter(health.Stopping)
	status, _ = get(t, s, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status, "it takes nothing new")
	status, body = get(t, s, "/metrics")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(body), `gueen_dependency_up{dependency="postgres"} 1`)

	status, _ = get(t, s, "/healthz")
	require.Equal(t, http.StatusOK, status)
	r.Alive("loop", func() error { return errors.New("has not turned for 1m") })
	status, body = get(t, s, "/healthz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, string(body), "loop: has not turned")
	require.NoError(t, s.Stop(t.Context()))
}

func get(t *testing.T, s *health.Server, path string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Address()+path, nil)
	require.NoError(t, err)
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: tr}).Do(req)
	require.NoError(t, err)
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode, b
}

func TestProbeBacksOffAndRecovers(t *testing.T) {
	t.Parallel()
	r, _, _, out := setup(t)
	d := r.Dependency("redis")
	var mu sync.Mutex
	calls, fail := 0, true
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	p := health.Probe{Dependency: d, Every: time.Millisecond, Retry: time.Millisecond, MaxRetry: 4 * time.Millisecond, Within: 20 * time.Millisecond,
		Check: func(ctx context.Context) error {
			mu.Lock()
			calls++
			first, failing := calls == 1, fail
			mu.Unlock()
			if first {
				<-ctx.Done()
				return ctx.Err()
			}
			if failing {
				return errors.New("refused")
			}
			return nil
		}}
	go func() { done <- p.Run(ctx) }()
	require.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return calls > 3 }, 30*time.Second, time.Millisecond)
	require.False(t, d.Up())
	require.Contains(t, out.String(), "no answer within 20ms")
	mu.Lock()
	fail = false
	mu.Unlock()
	require.Eventually(t, d.Up, 30*time.Second, time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	require.Equal(t, 1, strings.Count(out.String(), "dependency is away"))
	require.Equal(t, 1, strings.Count(out.String(), "dependency is back"))
}

func TestJitterStaysNear(t *testing.T) {
	t.Parallel()
	for range 1000 {
		j := health.Jitter(time.Second)
		require.GreaterOrEqual(t, j, 750*time.Millisecond)
		require.LessOrEqual(t, j, 1250*time.Millisecond)
	}
}

// TestSilentLoopIsNotAlive: a loop that hangs makes the private port and the watchdog say so, and one that turns again cures it.
func TestSilentLoopIsNotAlive(t *testing.T) {
	t.Parallel()
	r, _, _, _ := setup(t)
	steady := r.Pulse("steady", time.Hour)
	hung := r.Pulse("hung", time.Nanosecond)
	require.Eventually(t, func() bool { return r.CheckAlive() != nil }, 30*time.Second, time.Millisecond)
	require.ErrorContains(t, r.CheckAlive(), "hung: has not turned for ")
	require.NotContains(t, r.CheckAlive().Error(), "steady")
	steady.Beat()
	hung.Beat()
	var nobody *health.Pulse
	nobody.Beat()
}
