package main

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/pkg/schema"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
)

// wire builds the service. Parts start in this order and stop in reverse: the port opens last and closes first. Contexts
// and their operations are listed in internal/app.
func wire(ctx context.Context, cfg *settings, rt *service.Runtime) error {
	db, err := postgres.Open(ctx, cfg.Database, postgres.Deps{
		Application: rt.Name, Health: rt.Health,
		Verify: func(ctx context.Context, pool *pgxpool.Pool) error { return schema.Check(ctx, pool) },
	})
	if err != nil {
		return err
	}
	rt.Lifecycle.Add("database", db)
	redis, err := queue.Open(cfg.Redis.URL.Reveal(), rt.Log, rt.Health.Dependency("redis"))
	if err != nil {
		return err
	}
	rt.Lifecycle.Add("redis", redis)
	conn, err := bus.Open(bus.Settings{
		URL: cfg.NATS.URL.Reveal(), User: cfg.NATS.User, Password: cfg.NATS.Password.Reveal(), Name: rt.Name,
	}, rt.Log, rt.Metrics, rt.Health.Dependency("nats"))
	if err != nil {
		return err
	}
	rt.Lifecycle.Add("bus", conn)
	options, err := cfg.options()
	if err != nil {
		return err
	}
	built, err := app.New(app.Infrastructure{
		Log: rt.Log, Metrics: rt.Metrics, Pool: db.Pool, Bus: conn, Redis: redis.Redis(),
		Queues: queue.NewInspector(redis),
	}, options)
	if err != nil {
		return err
	}
	rt.Lifecycle.Go("agent tokens", built.Tokens.Run)
	rt.Lifecycle.Go("result stream", built.Results.Run)
	rt.Lifecycle.Add("port", newServer(cfg.HTTP, built.Router, rt.Log))
	return nil
}
