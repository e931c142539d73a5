// Package backbone makes the connections that the services have in common, each with its readiness under one name. They come
// up late when what they reach is away, and recover alone.
package backbone

import (
	"context"
	"fmt"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/pkg/schema"
)

// Database adds the pool, which is ready only with the schema of this build.
func Database(ctx context.Context, rt *service.Runtime, c config.Database) (*postgres.DB, error) {
	db, err := postgres.Open(ctx, c, postgres.Deps{
		Application: rt.Name, Health: rt.Health,
		Verify: func(ctx context.Context, db postgres.Querier) error { return schema.Check(ctx, db) },
	})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	rt.Lifecycle.Add("database", db)
	return db, nil
}

// Redis adds the connection to the queues.
func Redis(rt *service.Runtime, c config.Redis) (*queue.Conn, error) {
	conn, err := queue.Open(c.URL.Reveal(), rt.Log, rt.Health.Dependency("redis"))
	if err != nil {
		return nil, fmt.Errorf("open redis: %w", err)
	}
	rt.Lifecycle.Add("redis", conn)
	return conn, nil
}

// Bus adds the connection to the services' account.
func Bus(rt *service.Runtime, c config.NATS) (*bus.Conn, error) {
	return BusAs(rt, c, "nats", c.User, c.Password)
}

// BusAs adds a connection as another user; name is that of the dependency.
func BusAs(rt *service.Runtime, c config.NATS, name, user string, password config.Secret) (*bus.Conn, error) {
	conn, err := bus.Open(bus.Settings{URL: c.URL.Reveal(), User: user, Password: password.Reveal(), Name: rt.Name + " " + name},
		rt.Log, rt.Metrics, rt.Health.Dependency(name))
	if err != nil {
		return nil, fmt.Errorf("open connection %s: %w", name, err)
	}
	rt.Lifecycle.Add(name, conn)
	return conn, nil
}
