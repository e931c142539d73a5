package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

// output collects the service's log.
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

func TestTheServiceRunsAndStops(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "index.html"), []byte("<!doctype html>"), 0o600))
	out := &output{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	s := spec()
	s.Output = out
	inner := s.Wire
	ready := make(chan *service.Runtime, 1)
	s.Wire = func(ctx context.Context, cfg *settings, rt *service.Runtime) error {
		ready <- rt
		return inner(ctx, cfg, rt)
	}
	go func() {
		done <- service.Run(ctx, []string{"--listen", "127.0.0.1:0", "--private-listen", "127.0.0.1:0", "--web-dir", dir, "--web-upstream-api", "http://127.0.0.1:1"}, nil, s)
	}()
	rt := <-ready
	require.Eventually(t, func() bool {
		_, states := rt.Health.Ready()
		up := map[string]bool{}
		for _, st := range states {
			up[st.Name] = st.Error == ""
		}
		return up["web app"] && !up["api"]
	}, patience, 5*time.Millisecond, "readiness names what is away")
	cancel()
	require.NoError(t, <-done)
	require.Contains(t, out.String(), "public port listens")
}

func TestATakenPortIsNamed(t *testing.T) {
	t.Parallel()
	settings := httpSettings{Listen: "127.0.0.1:0", MaxConnections: 10, IdleTimeout: time.Minute, ShutdownTimeout: time.Second}
	first := newServer(settings, http.NotFoundHandler(), zap.NewNop())
	require.NoError(t, first.Stop(t.Context()), "stop before start")
	require.NoError(t, first.Start(t.Context()))
	settings.Listen = first.Address()
	require.ErrorContains(t, newServer(settings, http.NotFoundHandler(), zap.NewNop()).Start(t.Context()), "setting listen")
	require.NoError(t, first.Stop(t.Context()))
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--listen=nothing":                  "listen must be host:port",
		"--web-api-base=ftp://x":            "web.api_base",
		"--web-ws-base=https://x":           "web.ws_base",
		"--web-upstream-nats=nats://x:4222": "web.upstream_nats",
	} {
		_, err := config.Load(&settings{}, config.Options{Program: "web", Args: []string{args}, Output: &output{}})
		require.ErrorContains(t, err, want)
	}
}
