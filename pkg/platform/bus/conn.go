package bus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

const (
	dialTimeout      = 3 * time.Second
	reconnectFirst   = 100 * time.Millisecond
	reconnectLongest = 4 * time.Second
	pingEvery        = 20 * time.Second
	// Facts and commands published while the server is away are kept up to this size; they are nudges and may be lost.
	reconnectBuffer = 1 << 20
	// A subscription that falls behind loses messages and says so (OnGap) before it takes more memory than this.
	pendingMessages = 1 << 17
	pendingBytes    = 96 << 20
)

// ErrDown says that there is no connection to the server at the moment.
var ErrDown = errors.New("nats is away")

// Settings say where the server is and who connects.
type Settings struct {
	URL      string
	User     string
	Password string
	Name     string // shown in the server's connection list: service and purpose
}

// Conn is a connection that exists from the start, whether the server is there or not, and comes back by itself forever.
type Conn struct {
	nc      *nats.Conn
	name    string
	logger  *zap.Logger
	limited *log.Limited
	metrics *metrics

	dependency *health.Dependency // may be nil

	mu   sync.Mutex
	down bool
	gaps map[int]func()
	last int
}

// Open starts connecting and returns at once. It fails only on settings that can never work. Close it with Stop.
// With a health dependency the loss and the return are reported there, which logs them; otherwise they are logged here.
func Open(s Settings, logger *zap.Logger, registry prometheus.Registerer, dependency *health.Dependency) (*Conn, error) {
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" {
		return nil, errors.New("nats url: not an address like nats://host:4222")
	}
	c := &Conn{
		name: s.Name, dependency: dependency,
		logger: logger.With(zap.String(log.FieldDependency, "nats"), zap.String(log.FieldAddress, u.Host), zap.String("connection", s.Name)),
		gaps:   map[int]func(){},
	}
	c.limited = log.NewLimited(c.logger, time.Minute, time.Now)
	if c.metrics, err = newMetrics(registry); err != nil {
		return nil, err
	}
	c.nc, err = nats.Connect(s.URL,
		nats.Name(s.Name), nats.UserInfo(s.User, s.Password), nats.Timeout(dialTimeout),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.CustomReconnectDelay(reconnectDelay), nats.ReconnectBufSize(reconnectBuffer),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(2),
		nats.ConnectHandler(func(*nats.Conn) { c.recovered() }),
		nats.ReconnectHandler(func(*nats.Conn) { c.recovered() }),
		nats.DisconnectErrHandler(func(nc *nats.Conn, err error) { c.lost(nc, err) }),
		nats.ErrorHandler(c.failed),
	)
	if err != nil {
		return nil, fmt.Errorf("open nats connection: %w", err)
	}
	if !c.nc.IsConnected() {
		c.lost(c.nc, ErrDown)
	}
	return c, nil
}

// reconnectDelay grows from reconnectFirst to reconnectLongest; half of it is jitter, so that services do not return in step.
func reconnectDelay(attempts int) time.Duration {
	d := reconnectLongest
	if attempts >= 0 && attempts < 6 {
		d = min(d, reconnectFirst<<attempts)
	}
	return d/2 + rand.N(d/2+1)
}

// NATS returns the connection itself, for request and subscription options that this package does not wrap.
func (c *Conn) NATS() *nats.Conn { return c.nc }

// Check is the readiness check.
func (c *Conn) Check(context.Context) error {
	if !c.nc.IsConnected() {
		return ErrDown
	}
	return nil
}

// OnGap registers a function that is called, on a goroutine of the connection, whenever messages may have been missed: after
// every return of the connection and when a subscription overflowed. It must not block. The result removes it.
func (c *Conn) OnGap(f func()) (remove func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	id := c.last
	c.gaps[id] = f
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.gaps, id)
	}
}

// Subscribe calls handler for each message, one at a time. With a queue name the replicas of a service share the messages.
func (c *Conn) Subscribe(subject, queue string, handler nats.MsgHandler) (*nats.Subscription, error) {
	var (
		sub *nats.Subscription
		err error
	)
	if queue == "" {
		sub, err = c.nc.Subscribe(subject, handler)
	} else {
		sub, err = c.nc.QueueSubscribe(subject, queue, handler)
	}
	if err != nil {
		return nil, fmt.Errorf("subscribe %s: %w", subject, err)
	}
	if err := sub.SetPendingLimits(pendingMessages, pendingBytes); err != nil {
		return nil, fmt.Errorf("subscribe %s: pending limits: %w", subject, err)
	}
	return sub, nil
}

// Start is part of lifecycle.Component; the connection works since Open.
func (c *Conn) Start(context.Context) error { return nil }

// Stop lets subscriptions finish what they received, sends what is buffered and closes the connection.
func (c *Conn) Stop(ctx context.Context) error {
	closed := make(chan struct{})
	c.nc.SetClosedHandler(func(*nats.Conn) { close(closed) })
	if err := c.nc.Drain(); err != nil {
		c.nc.Close() // not connected, so nothing can be drained
		if errors.Is(err, nats.ErrConnectionClosed) {
			return nil
		}
	}
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		c.nc.Close()
		return fmt.Errorf("drain nats connection: %w", context.Cause(ctx))
	}
}

func (c *Conn) lost(nc *nats.Conn, err error) {
	c.mu.Lock()
	first := !c.down
	c.down = true
	c.mu.Unlock()
	c.metrics.connected.WithLabelValues(c.name).Set(0)
	if nc.IsClosed() || nc.IsDraining() {
		return
	}
	if err == nil {
		err = ErrDown
	}
	switch {
	case c.dependency != nil:
		c.dependency.Report(err)
	case first:
		c.logger.Warn("nats is away, reconnecting until it returns", zap.Error(err))
	}
}

func (c *Conn) recovered() {
	c.mu.Lock()
	was := c.down
	c.down = false
	c.mu.Unlock()
	c.metrics.connected.WithLabelValues(c.name).Set(1)
	switch {
	case c.dependency != nil:
		c.dependency.Report(nil)
	case was:
		c.logger.Info("nats is connected again")
	}
	c.gap()
}

func (c *Conn) failed(_ *nats.Conn, sub *nats.Subscription, err error) {
	subject := ""
	if sub != nil {
		subject = sub.Subject
	}
	c.metrics.errors.WithLabelValues(errorKind(err)).Inc()
	c.limited.Warn(errorKind(err)+subject, "nats reported an asynchronous error", zap.String(log.FieldSubject, subject), zap.Error(err))
	if errors.Is(err, nats.ErrSlowConsumer) {
		c.gap()
	}
}

func (c *Conn) gap() {
	c.mu.Lock()
	fs := make([]func(), 0, len(c.gaps))
	for _, f := range c.gaps {
		fs = append(fs, f)
	}
	c.mu.Unlock()
	for _, f := range fs {
		f()
	}
}

func errorKind(err error) string {
	switch {
	case errors.Is(err, nats.ErrSlowConsumer):
		return "slow_consumer"
	case errors.Is(err, nats.ErrPermissionViolation):
		return "permission"
	case errors.Is(err, nats.ErrAuthorization):
		return "authorization"
	default:
		return "other"
	}
}
