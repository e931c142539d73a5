package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/alerts"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/pkg/tasks"
)

// addResults takes the results of agents from their stream into the database.
func addResults(cfg *settings, rt *service.Runtime, pool *pgxpool.Pool, conn *bus.Conn) error {
	log := audit.New(audit.DefaultMaxValueBytes)
	fleet := agents.New(agents.Deps{Pool: pool, Audit: log, Facts: conn, Log: rt.Log})
	code := scripts.NewService(pool, log)
	checkStates := checks.NewService(checks.Deps{Pool: pool, Audit: log, Scripts: code, Variables: fleet, Alerts: checkAlerts{}})
	taskStates := tasks.NewService(tasks.Deps{Pool: pool, Audit: log, Agents: fleet, Scripts: code, Variables: fleet})
	consumer, err := results.NewConsumer(results.Deps{
		Conn: conn, Pool: pool, Log: rt.Log, Metrics: rt.Metrics,
		Limits: results.Limits{
			Messages: cfg.Results.Batch, Bytes: int(cfg.Results.BatchBytes), Gather: cfg.Results.Gather, InFlight: cfg.Results.InFlight,
		},
		Stream: results.StreamLimits{MaxBytes: int64(cfg.Stream.MaxBytes), MaxAge: cfg.Stream.MaxAge},
		Handlers: map[results.Kind]results.Handler{
			results.KindCheck: results.CheckHandler{
				Checks: checkStates, Tasks: taskStates, Followers: []results.CheckFollower{results.AlertFollower{}},
			},
			results.KindTask:     results.TaskHandler{Tasks: taskStates, History: fleet},
			results.KindHistory:  results.HistoryHandler{History: fleet},
			results.KindSoftware: results.SoftwareHandler{},
		},
	})
	if err != nil {
		return err
	}
	watch, err := results.NewWatch(results.WatchDeps{
		Conn: conn, Pool: pool, Reporter: rt.Health.Dependency("result_store", health.Optional()), Metrics: rt.Metrics, Now: time.Now,
		Alarm: results.Alarm{Fill: float64(cfg.Results.AlarmFill) / 100, Age: cfg.Results.AlarmAge},
		Mail:  cfg.Results.AlarmMail, Log: rt.Log,
	})
	if err != nil {
		return err
	}
	rt.Lifecycle.Go("results", consumer.Run)
	rt.Lifecycle.Go("result store", watch.Run)
	return nil
}

// checkAlerts is what checks ask of alerts.
type checkAlerts struct{}

// ResolveChecks resolves the open alerts of checks that are gone.
func (checkAlerts) ResolveChecks(ctx context.Context, db checks.DB, pk int32, ids []int32) error {
	return alerts.ResolveChecks(ctx, db, pk, ids)
}
