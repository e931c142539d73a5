package main

import (
	"context"

	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/internal/backbone"
)

// wire builds the service. Parts start in this order and stop in reverse: the port opens last and closes first. Contexts
// and their operations are listed in internal/app.
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
	rt.Lifecycle.Go("sealing", built.Seal)
	rt.Lifecycle.Go("agent tokens", built.Tokens.Run)
	rt.Lifecycle.Go("result stream", built.Results.Run)
	rt.Lifecycle.Add("port", newServer(cfg.HTTP, built.Router, rt.Log))
	return nil
}
