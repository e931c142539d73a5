// Package bus is the agent's connection to NATS (agent-protocol.md §1.4): it comes up late, never gives up, listens on the
// agent's own subject only and does not hear its own check-ins.
package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/config"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

const (
	dialTimeout = 10 * time.Second
	flushLimit  = 3 * time.Second

	pendingMessages = 4096
	pendingBytes    = 2 * agentwire.MaxPayload
)

// ErrOffline means that there is no connection right now.
var ErrOffline = errors.New("not connected to NATS")

// Options of a link.
type Options struct {
	AgentID      string
	Token        string
	Endpoint     config.Endpoint
	TLS          *tls.Config
	Proxy        string        // URL of an HTTP proxy, empty for none
	PingInterval time.Duration // 35 to 44 s, drawn once, when zero
	MinDelay     time.Duration // between attempts; 2 to 8 s, drawn once, when zero: not whole seconds, so that a fleet comes back evenly
	Log          *zap.Logger

	OnMessage func(Message) // called in order, must not block for long
	OnConnect func()        // called after each (re)connect
}

// Message is a command as it came in.
type Message struct {
	Reply string
	Data  []byte
}

// Link is one agent's connection.
type Link struct {
	opts Options
	conn atomic.Pointer[nats.Conn]
}

// New checks the options; nothing is dialled before Run.
func New(opts Options) (*Link, error) {
	if subjects.Agent(opts.AgentID) == "" {
		return nil, errors.New("agent id is no NATS subject")
	}
	if opts.PingInterval <= 0 {
		opts.PingInterval = 35*time.Second + rand.N(10*time.Second)
	}
	if opts.MinDelay <= 0 {
		opts.MinDelay = 2*time.Second + rand.N(6*time.Second)
	}
	if opts.Log == nil {
		opts.Log = zap.NewNop()
	}
	if _, err := newDialer(opts.Proxy); err != nil {
		return nil, err
	}
	return &Link{opts: opts}, nil
}

// Run keeps the connection until the context ends.
func (l *Link) Run(ctx context.Context) error {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		closed := make(chan struct{})
		nc, err := l.connect(closed)
		if err != nil {
			l.opts.Log.Warn("cannot connect to NATS", zap.Error(err))
			sleep(ctx, l.delay(attempt))
			continue
		}
		l.conn.Store(nc)
		select {
		case <-ctx.Done():
			l.leave(nc, closed)
		case <-closed: // the library has given up: begin anew
			sleep(ctx, l.delay(attempt))
		}
		l.conn.Store(nil)
	}
	return nil
}

// leave sends what is still in the buffers and waits until the connection is closed.
func (l *Link) leave(nc *nats.Conn, closed <-chan struct{}) {
	if nc.IsConnected() {
		if err := nc.FlushTimeout(flushLimit); err != nil {
			l.opts.Log.Warn("cannot flush the NATS connection", zap.Error(err))
		}
	}
	nc.Close()
	<-closed
}

func (l *Link) connect(closed chan struct{}) (*nats.Conn, error) {
	dialer, err := newDialer(l.opts.Proxy)
	if err != nil {
		return nil, err
	}
	var listening atomic.Bool
	var first sync.Once // of the two places that may notice the first connection
	opts := []nats.Option{
		nats.Name(l.opts.AgentID),
		nats.UserInfo(l.opts.AgentID, l.opts.Token),
		nats.NoEcho(),
		nats.MaxReconnects(-1),
		nats.RetryOnFailedConnect(true),
		nats.IgnoreAuthErrorAbort(),
		nats.CustomReconnectDelay(l.delay),
		nats.ReconnectBufSize(-1),
		nats.PingInterval(l.opts.PingInterval),
		nats.MaxPingsOutstanding(2),
		nats.Timeout(dialTimeout),
		nats.IgnoreDiscoveredServers(), // the address behind the proxy is the only one an agent can reach
		nats.SetCustomDialer(dialer),
		nats.ClosedHandler(func(*nats.Conn) { close(closed) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { l.opts.Log.Warn("NATS connection lost", zap.Error(err)) }),
		nats.ConnectHandler(func(nc *nats.Conn) {
			if listening.Load() { // otherwise reported below, once commands can be heard
				first.Do(func() { l.connected(nc) })
			}
		}),
		nats.ReconnectHandler(l.connected),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { l.opts.Log.Warn("cannot reach NATS", zap.Error(err)) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { l.opts.Log.Warn("NATS error", zap.Error(err)) }),
	}
	if l.opts.Endpoint.TLS {
		opts = append(opts, nats.Secure(l.opts.TLS))
	}
	if l.opts.Endpoint.WebSocket {
		opts = append(opts, nats.Compression(true))
		if l.opts.Endpoint.Path != "" {
			opts = append(opts, nats.ProxyPath(l.opts.Endpoint.Path))
		}
	}
	nc, err := nats.Connect(l.opts.Endpoint.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	sub, err := nc.Subscribe(l.opts.AgentID, func(m *nats.Msg) {
		l.opts.OnMessage(Message{Reply: m.Reply, Data: m.Data})
	})
	if err == nil {
		err = sub.SetPendingLimits(pendingMessages, pendingBytes)
	}
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	listening.Store(true)
	if nc.IsConnected() {
		first.Do(func() { l.connected(nc) })
	}
	return nc, nil
}

func (l *Link) connected(nc *nats.Conn) {
	l.conn.Store(nc)
	l.opts.Log.Info("connected to NATS", zap.String("server", nc.ConnectedUrlRedacted()))
	if l.opts.OnConnect != nil {
		l.opts.OnConnect()
	}
}

// delay grows from the drawn base to about half a minute, so that a fleet neither returns at once nor hammers a server
// that is down for long.
func (l *Link) delay(attempts int) time.Duration {
	const longest = 30 * time.Second
	d := l.opts.MinDelay
	if attempts > 5 {
		d = min(d*time.Duration(min(attempts-4, 10)), max(longest, d))
	}
	jitter := 500 * time.Millisecond
	if l.opts.Endpoint.TLS {
		jitter = 4 * time.Second
	}
	return d + rand.N(min(jitter, d)+1)
}

// Connected reports whether messages can be sent.
func (l *Link) Connected() bool {
	nc := l.conn.Load()
	return nc != nil && nc.IsConnected()
}

// CheckIn publishes a check-in: on the agent's subject, the kind in the reply field.
func (l *Link) CheckIn(msg agentwire.CheckIn) error {
	data, err := msg.Encode()
	if err != nil {
		return err
	}
	return l.publish(&nats.Msg{Subject: l.opts.AgentID, Reply: string(msg.Kind()), Data: data})
}

// Publish sends a reply or a frame of a stream.
func (l *Link) Publish(subject string, data []byte) error {
	return l.publish(&nats.Msg{Subject: subject, Data: data})
}

func (l *Link) publish(m *nats.Msg) error {
	nc := l.conn.Load()
	if nc == nil || !nc.IsConnected() {
		return ErrOffline
	}
	if err := nc.PublishMsg(m); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// Flush waits until the server has received what was published.
func (l *Link) Flush(ctx context.Context) error {
	nc := l.conn.Load()
	if nc == nil || !nc.IsConnected() {
		return ErrOffline
	}
	ctx, cancel := context.WithTimeout(ctx, flushLimit)
	defer cancel()
	if err := nc.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
