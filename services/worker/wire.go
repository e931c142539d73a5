package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/lifecycle"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/pkg/schema"
	"github.com/gueencode/gueenrmm/services/internal/periodic"
)

// wire builds the service. Parts start in this order and stop in reverse: the tasks come last and end first, while
// everything they use is still there.
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

	commander, err := remote.New(conn, rt.Metrics)
	if err != nil {
		return err
	}
	registry, err := periodic.Jobs(db.Pool, periodic.Tools{Agents: commander, Reload: func(ctx context.Context) (int64, error) {
		return bus.Reload(ctx, bus.Settings{
			URL: cfg.NATS.URL.Reveal(), User: cfg.System.User, Password: cfg.System.Password.Reveal(), Name: rt.Name,
		})
	}})
	if err != nil {
		return err
	}
	rt.Reference["jobs"] = registry.Jobs()
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("name of this machine: %w", err)
	}
	periodicWork, err := jobs.NewWorker(host, db.Pool, registry, rt.Metrics)
	if err != nil {
		return err
	}
	domain := domainHandlers(db.Pool, conn, commander, cfg, rt)
	return addQueue(cfg.Worker, rt, db.Pool, redis, append(periodicWork.Handlers(), domain...))
}

// addQueue adds the hand-over from the outbox and the worker of the queues.
func addQueue(cfg workerSettings, rt *service.Runtime, pool *pgxpool.Pool, redis *queue.Conn, handlers []queue.Handler) error {
	kinds := make([]queue.Kind, len(handlers))
	for i, h := range handlers {
		kinds[i] = h.Kind
		handlers[i] = outbox.Once(pool, h)
	}
	rt.Reference["tasks"] = kinds
	client, err := queue.NewClient(redis, kinds...)
	if err != nil {
		return err
	}
	inspector := queue.NewInspector(redis)
	if err := rt.Metrics.Register(inspector.Collector()); err != nil {
		return fmt.Errorf("register queue metrics: %w", err)
	}
	drainer, err := outbox.NewDrainer(pool, client, inspector, outbox.Settings{Recheck: cfg.Recheck, Interval: cfg.Recheck / 2}, rt.Log, rt.Metrics)
	if err != nil {
		return err
	}
	server, err := queue.NewServer(redis, queue.ServerSettings{Concurrency: cfg.Concurrency, Drain: cfg.Drain}, rt.Log, rt.Metrics, handlers...)
	if err != nil {
		return err
	}
	rt.Lifecycle.Go("outbox", drainer.Run)
	// Tasks that do not end are given back after the drain time; that takes a moment more.
	rt.Lifecycle.Add("tasks", server, lifecycle.StopWithin(cfg.Drain+10*time.Second))
	return nil
}
