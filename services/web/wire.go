package main

import (
	"context"
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

// wire builds the service: watch what it needs, then open the port.
func wire(_ context.Context, cfg *settings, rt *service.Runtime) error {
	dist, err := files(cfg.App.Dir)
	if err != nil {
		return err
	}
	a, err := newApp(dist, cfg.App.APIBase, cfg.App.WSBase)
	if err != nil {
		return err
	}
	m, err := newMetrics(rt.Metrics)
	if err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	b := cfg.Up.behind()
	rt.Lifecycle.Go("web app", health.Probe{
		Dependency: rt.Health.Dependency("web app"), Check: func(context.Context) error { return a.check() }, MaxRetry: time.Second,
	}.Run)
	for _, u := range b.all() {
		rt.Lifecycle.Go(u.name, health.Probe{Dependency: rt.Health.Dependency(u.name), Check: u.check}.Run)
	}
	rt.Lifecycle.Add("port", newServer(cfg.HTTP, newRouter(a, b, cfg.Up.Dial, cfg.Up.Wait, m), rt.Log))
	return nil
}

func (s *upstreamSettings) behind() behind {
	to := func(name, what string, u config.URL) *upstream {
		if u.Empty() {
			return nil
		}
		return &upstream{name: name, what: what, url: u.Parsed(), dial: s.Dial}
	}
	return behind{
		api:      to("api", "The server", s.API),
		realtime: to("realtime", "The live connection", s.Realtime),
		nats:     to("nats", "The agents' connection", s.NATS),
	}
}
