package main

import (
	"context"
	"fmt"
	"os"

	"github.com/gueencode/gueenrmm/pkg/accounts"
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
	if cfg.Login.HashProcess {
		if options.HashProcess, err = hashProcess(rt); err != nil {
			return err
		}
		rt.Lifecycle.Add("password hashes", options.HashProcess)
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
	rt.Lifecycle.Go("newest release", built.News.Run)
	rt.Lifecycle.Add("port", newServer(cfg.HTTP, built.Router, rt.Log))
	return nil
}

// hashProcess computes password hashes in this program, started once more.
func hashProcess(rt *service.Runtime) (*accounts.HashProcess, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program for password hashes: %w", err)
	}
	return accounts.NewHashProcess([]string{program, accounts.HashCommand}, rt.Metrics, rt.Log)
}
