package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/services/internal/backbone"
	"github.com/gueencode/gueenrmm/services/internal/periodic"
)

// hangs is how much longer than its own deadline, half a lease, the loop may be silent before the program counts as dead.
const hangs = time.Minute

// wire builds the service. It needs nothing but the database: runs go through the outbox.
func wire(ctx context.Context, cfg *settings, rt *service.Runtime) error {
	db, err := backbone.Database(ctx, rt, cfg.Database)
	if err != nil {
		return err
	}
	registry, err := periodic.Jobs(db.Pool, periodic.Tools{})
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("name of this machine: %w", err)
	}
	beat, err := jobs.NewBeat(host, jobs.Settings{TTL: cfg.Lease}, jobs.Deps{
		Pool: db.Pool, Registry: registry, Logger: rt.Log, Metrics: rt.Metrics, Pulse: rt.Health.Pulse("beat", cfg.Lease+hangs),
	})
	if err != nil {
		return err
	}
	rt.Lifecycle.Go("beat", beat.Run)
	return nil
}
