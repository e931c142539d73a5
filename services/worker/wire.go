package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/agents/installers"
	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/jobs/maintenance"
	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/lifecycle"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/services/internal/backbone"
	"github.com/gueencode/gueenrmm/services/internal/periodic"
)

// wire builds the service. Parts start in this order and stop in reverse: the tasks come last and end first, while
// everything they use is still there.
func wire(ctx context.Context, cfg *settings, rt *service.Runtime) error {
	db, err := backbone.Database(ctx, rt, cfg.Database)
	if err != nil {
		return err
	}
	redis, err := backbone.Redis(rt, cfg.Redis)
	if err != nil {
		return err
	}
	conn, err := backbone.Bus(rt, cfg.NATS)
	if err != nil {
		return err
	}

	commander, err := remote.New(conn, rt.Metrics)
	if err != nil {
		return err
	}
	box, err := cfg.Sealing.Box()
	if err != nil {
		return err
	}
	act, coreSettings := agentActions(db.Pool, conn, commander, cfg, box, rt)
	releases := installers.NewReleases(cfg.Agents.Dir, cfg.Agents.PublicURL)
	registry, err := periodic.Jobs(db.Pool, periodic.Tools{
		Deps: maintenance.Deps{Agents: commander, Reload: func(ctx context.Context) (int64, error) {
			return bus.Reload(ctx, bus.Settings{
				URL: cfg.NATS.URL.Reveal(), User: cfg.System.User, Password: cfg.System.Password.Reveal(), Name: rt.Name,
			})
		}},
		AutoUpdate: func(ctx context.Context) (int64, error) { return act.AutoUpdate(ctx, releases) },
	})
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
	domain := domainHandlers(db.Pool, commander, act, coreSettings)
	return addQueue(cfg.Worker, rt, db.Pool, redis, append(periodicWork.Handlers(), domain...))
}

// hangs is how long the hand-over may be silent before the program counts as dead; its longest step takes 20 s.
const hangs = 2 * time.Minute

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
	drainer, err := outbox.NewDrainer(pool, client, inspector, outbox.Settings{
		Recheck: cfg.Recheck, Interval: cfg.Recheck / 2, Pulse: rt.Health.Pulse("outbox", hangs),
	}, rt.Log, rt.Metrics)
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
