package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/lifecycle"
)

// Conn is the connection to Redis of one program. It exists while Redis is away, reports the dependency "redis" and is a
// lifecycle component: add it before what uses it.
type Conn struct {
	client     *redis.Client
	dependency *health.Dependency
	logger     *zap.Logger
	loop       lifecycle.Component
	doubts     chan struct{} // has a token when somebody met an error
}

// Open makes the connection without connecting. It fails only on an address that can never work.
func Open(url string, logger *zap.Logger, dependency *health.Dependency) (*Conn, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("redis.url: %w", err)
	}
	options.DialTimeout = 3 * time.Second
	options.ReadTimeout = 5 * time.Second
	options.WriteTimeout = 5 * time.Second
	options.ContextTimeoutEnabled = true
	// The library would print each failed dial on standard error; the probe says it once.
	redis.SetLogger(quiet{logger})
	c := &Conn{client: redis.NewClient(options), dependency: dependency, logger: logger, doubts: make(chan struct{}, 1)}
	c.loop = lifecycle.Loop(health.Probe{Dependency: dependency, Check: c.ping, Every: 2 * time.Second, Doubt: c.doubts}.Run)
	return c, nil
}

func (c *Conn) ping(ctx context.Context) error { return c.client.Ping(ctx).Err() }

// doubt lets the probe look at once. Whoever met an error does not report it himself: it may be of a moment that is over, as when the
// goroutine that met it was held up while Redis came back.
func (c *Conn) doubt() {
	select {
	case c.doubts <- struct{}{}:
	default:
	}
}

// Redis is the client itself, for short-lived caches.
func (c *Conn) Redis() *redis.Client { return c.client }

// Up says whether Redis answered last time.
func (c *Conn) Up() bool { return c.dependency.Up() }

// Start begins to watch the connection.
func (c *Conn) Start(ctx context.Context) error { return c.loop.Start(ctx) }

// Stop closes the connection.
func (c *Conn) Stop(ctx context.Context) error {
	if err := c.loop.Stop(ctx); err != nil {
		return err
	}
	if err := c.client.Close(); err != nil {
		return fmt.Errorf("close redis: %w", err)
	}
	return nil
}

// quiet sends the library's own lines to the debug log.
type quiet struct{ logger *zap.Logger }

func (q quiet) Printf(_ context.Context, format string, v ...any) {
	q.logger.Debug("redis client reports", zap.String("message", fmt.Sprintf(format, v...)))
}
