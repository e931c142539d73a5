package bus_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/agent/internal/bus"
	"github.com/gueencode/gueenrmm/agent/internal/bus/bustest"
	"github.com/gueencode/gueenrmm/agent/internal/config"
	"github.com/gueencode/gueenrmm/agent/internal/leaktest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const (
	id    = "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMn"
	token = "0123456789abcdef0123456789abcdef01234567"
)

// link starts a link and returns it with its counters.
func link(t *testing.T, opts bus.Options, got chan bus.Message) (*bus.Link, *atomic.Int64) {
	t.Helper()
	var connects atomic.Int64
	opts.AgentID, opts.MinDelay = id, 20*time.Millisecond
	if opts.Token == "" {
		opts.Token = token
	}
	opts.OnConnect = func() { connects.Add(1) }
	opts.OnMessage = func(m bus.Message) { got <- m }
	l, err := bus.New(opts)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return l, &connects
}

func connected(t *testing.T, l *bus.Link) {
	t.Helper()
	require.Eventually(t, l.Connected, time.Minute, 5*time.Millisecond)
}

func TestCheckInsAndCommandsOverPlainAndWebSocket(t *testing.T) {
	t.Parallel()

	srv := bustest.Start(t, id, token)
	for name, endpoint := range map[string]config.Endpoint{
		"plain":     {URL: srv.URL},
		"websocket": {URL: srv.WebSocketURL, Path: "/natsws", WebSocket: true},
	} {
		t.Run(name, func(t *testing.T) {
			got := make(chan bus.Message, 8)
			backend := srv.Backend(t)
			sub, err := backend.SubscribeSync("*")
			require.NoError(t, err)
			require.NoError(t, backend.Flush())
			l, _ := link(t, bus.Options{Endpoint: endpoint}, got)
			connected(t, l)

			require.NoError(t, l.CheckIn(agentwire.Hello{AgentID: id, Version: "1"}))
			m, err := sub.NextMsg(time.Minute)
			require.NoError(t, err)
			require.Equal(t, id, m.Subject)
			require.Equal(t, "agent-hello", m.Reply)

			ping, err := agentwire.Command{Func: "ping"}.Encode()
			require.NoError(t, err)
			require.NoError(t, backend.PublishRequest(id, "inbox", ping))
			require.Equal(t, bus.Message{Reply: "inbox", Data: ping}, <-got)
			require.Empty(t, got, "own check-ins are not heard")
			require.NoError(t, l.Flush(t.Context()))
		})
	}
}

func TestReconnectsAfterTheServerWasAway(t *testing.T) {
	t.Parallel()

	port := bustest.FreePort(t)
	got := make(chan bus.Message, 8)
	l, connects := link(t, bus.Options{Endpoint: config.Endpoint{URL: "nats://" + net.JoinHostPort("127.0.0.1", port)}}, got)
	require.ErrorIs(t, l.CheckIn(agentwire.Hello{AgentID: id}), bus.ErrOffline)

	first := bustest.StartOn(t, port, id, token)
	connected(t, l)
	require.Eventually(t, func() bool { return connects.Load() >= 1 }, time.Minute, 5*time.Millisecond)
	first.Shutdown()
	require.Eventually(t, func() bool { return !l.Connected() }, time.Minute, 5*time.Millisecond)

	second := bustest.StartOn(t, port, id, token)
	connected(t, l)
	require.Eventually(t, func() bool { return connects.Load() >= 2 }, time.Minute, 5*time.Millisecond)
	backend := second.Backend(t)
	require.NoError(t, backend.Publish(id, []byte{0xc0}))
	require.Equal(t, []byte{0xc0}, (<-got).Data, "the subscription is renewed")
}

func TestARefusedTokenIsTriedForEver(t *testing.T) {
	t.Parallel()

	srv := bustest.Start(t, id, "another")
	l, _ := link(t, bus.Options{Endpoint: config.Endpoint{URL: srv.URL}}, make(chan bus.Message, 8))
	require.Eventually(t, func() bool { return srv.AuthErrors() >= 4 }, time.Minute, 5*time.Millisecond)
	require.False(t, l.Connected())
	srv.SetToken(t, id, token)
	connected(t, l)
}

func TestGoesThroughAnHTTPProxy(t *testing.T) {
	t.Parallel()

	srv := bustest.Start(t, id, token)
	var auth atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		auth.Store(r.Header.Get("Proxy-Authorization"))
		if err := tunnel(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	}))
	defer proxy.Close()
	l, _ := link(t, bus.Options{
		Endpoint: config.Endpoint{URL: srv.URL}, Proxy: "http://u:p@" + proxy.Listener.Addr().String(),
	}, make(chan bus.Message, 8))
	connected(t, l)
	require.Equal(t, "Basic dTpw", auth.Load())
}

func tunnel(w http.ResponseWriter, r *http.Request) error {
	up, err := net.Dial("tcp", r.Host)
	if err != nil {
		return err
	}
	hj, ok := w.(http.Hijacker)
	if !ok {
		return errors.Join(errors.New("no hijacker"), up.Close())
	}
	down, _, err := hj.Hijack()
	if err != nil {
		return errors.Join(err, up.Close())
	}
	if _, err := io.WriteString(down, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return errors.Join(err, up.Close(), down.Close())
	}
	relay := func(dst, src net.Conn) {
		io.Copy(dst, src) //nolint:errcheck // either end may hang up
		dst.Close()       //nolint:errcheck // either end may hang up
	}
	go relay(up, down)
	go relay(down, up)
	return nil
}

func TestPermissionsAreThoseOfTheContract(t *testing.T) {
	t.Parallel()

	srv := bustest.Start(t, id, token)
	nc, err := nats.Connect(srv.URL, nats.UserInfo(id, token), nats.Timeout(time.Minute), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.Publish(id+".other", nil))
	require.NoError(t, nc.Flush())
	require.ErrorContains(t, nc.LastError(), "permissions violation")
}
