package simulate

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
)

// TestAgentsComeAgainWhenTheProxyRefuses: a proxy that lets so many through at a time answers 503 to the others' upgrade to
// WebSocket. They wait as after any other failure, and each refusal is counted once.
func TestAgentsComeAgainWhenTheProxyRefuses(t *testing.T) {
	t.Parallel()
	_, api := startBackend(t)
	bus, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		Websocket: server.WebsocketOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoTLS: true},
	})
	require.NoError(t, err)
	bus.Start()
	t.Cleanup(func() { bus.Shutdown(); bus.WaitForShutdown() })
	require.True(t, bus.ReadyForConnections(20*time.Second))
	target, err := url.Parse(bus.WebsocketURL())
	require.NoError(t, err)
	target.Scheme = "http"
	forward := httputil.NewSingleHostReverseProxy(target)
	var refuse atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if refuse.Add(-1) >= 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		req.URL.Path = "/"
		forward.ServeHTTP(w, req)
	}))
	t.Cleanup(proxy.Close)
	o := options(api, "ws"+proxy.URL[len("http"):]+"/natsws", Reconnect)
	o.Duration, o.Key, o.Token = time.Minute, "", "T0KEN"
	const refused = 3
	r := newRun(o)
	defer r.close()
	o.Cut = func(context.Context) error {
		refuse.Store(refused)
		for _, a := range r.agents {
			a.wire.cut()
		}
		return nil
	}
	r.opts.Cut = o.Cut
	rep, err := r.play(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, o.Agents, rep.Connected)
	for _, w := range rep.Work {
		if w.Name == FailedAttempts {
			require.EqualValues(t, refused, w.Failed, "%v", w.Errors)
			return
		}
	}
	t.Error("refusals are not counted")
}
