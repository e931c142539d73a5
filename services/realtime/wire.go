package main

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/lifecycle"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/pkg/remote"
	core "github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/services/internal/backbone"
	"github.com/gueencode/gueenrmm/services/realtime/internal/console"
	"github.com/gueencode/gueenrmm/services/realtime/internal/dashinfo"
	"github.com/gueencode/gueenrmm/services/realtime/internal/gate"
	"github.com/gueencode/gueenrmm/services/realtime/internal/live"
	"github.com/gueencode/gueenrmm/services/realtime/internal/servershell"
)

// wire builds the service. Parts start in this order and stop in reverse: the port closes first and takes its sockets
// with it.
func wire(ctx context.Context, cfg *settings, rt *service.Runtime) error {
	db, err := backbone.Database(ctx, rt, cfg.Database)
	if err != nil {
		return err
	}
	conn, err := backbone.Bus(rt, cfg.NATS)
	if err != nil {
		return err
	}
	proxies, err := cfg.HTTP.proxies()
	if err != nil {
		return err
	}
	log := audit.New(audit.DefaultMaxValueBytes)
	box, err := cfg.Sealing.Box()
	if err != nil {
		return err
	}
	people := accounts.New(accounts.Deps{Pool: db.Pool, Audit: log, Box: box})
	g, err := gate.New(gate.Deps{
		Sessions: people, Origins: cfg.HTTP.origins(), Proxies: proxies,
		Logger: rt.Log, Metrics: rt.Metrics, Now: time.Now, Recheck: cfg.HTTP.SessionCheck,
	})
	if err != nil {
		return err
	}
	rt.Lifecycle.Go("sessions", g.Watch)
	handler, err := routes(cfg, rt, db.Pool, conn, g, people, log)
	if err != nil {
		return err
	}
	rt.Lifecycle.Add("port", newServer(cfg.HTTP, handler, rt.Log), lifecycle.StopWithin(15*time.Second))
	return nil
}

// routes are the sockets of the service.
func routes(cfg *settings, rt *service.Runtime, pool *pgxpool.Pool, conn *bus.Conn, g *gate.Gate, people *accounts.Service, log *audit.Log) (http.Handler, error) {
	fleet := agents.New(agents.Deps{Pool: pool, Audit: log, Facts: conn, Log: rt.Log})
	hub, err := live.New(live.Deps{Conn: conn, Gate: g, Rows: fleet, Logger: rt.Log, Metrics: rt.Metrics, Now: time.Now})
	if err != nil {
		return nil, err
	}
	rt.Lifecycle.Add("live facts", hub)
	commander, err := remote.New(conn, rt.Metrics)
	if err != nil {
		return nil, err
	}
	global := core.New(pool, log, nil) // only the shells are read
	record := func(ctx context.Context, e audit.Entry) error { return log.Record(ctx, pool, e) }
	shared := console.Deps{
		Gate: g, Agents: fleet, Commander: commander, Logger: rt.Log, Shells: shells(global), Audit: record,
		Commands: actions.New(actions.Deps{Pool: pool, Agents: fleet, Audit: log, Log: rt.Log}),
	}
	mux := http.NewServeMux()
	mux.Handle("GET /v1/ws", hub)
	mux.Handle("GET /ws/dashinfo/{$}", dashinfo.New(g, fleet, cfg.HTTP.CertFile, rt.Log, time.Now))
	mux.Handle("GET /ws/agent/{agent_id}/cmd/{$}", console.CommandHandler{Deps: shared})
	mux.Handle("GET /ws/agent/{agent_id}/terminal/{session_id}/{$}", console.TerminalHandler{Deps: shared})
	if cfg.HTTP.WebTerminal && !cfg.HTTP.Demo { // else as if it did not exist (rest-1.md §1.12)
		mux.Handle("GET /ws/trmmcli/{$}", servershell.New(servershell.Deps{
			Gate: g, Audit: record, Logger: rt.Log, Now: time.Now, Recheck: cfg.HTTP.SessionCheck,
			Allowed: func(ctx context.Context) (bool, error) {
				c, err := global.Get(ctx)
				return c.EnableServerWebterminal, err
			},
			Confirm: func(ctx context.Context, user int32, code string) (bool, error) {
				return people.ConfirmCode(ctx, user, code, "the server's terminal")
			},
		}))
	}
	return mux, nil
}

// shells reads the product's shell settings.
func shells(s *core.Service) func(ctx context.Context) (agents.GlobalShells, error) {
	return func(ctx context.Context) (agents.GlobalShells, error) {
		c, err := s.Get(ctx)
		return agents.GlobalShells{
			Windows: c.DefaultShellWindows, WindowsCustom: c.DefaultShellWindowsCustom,
			Linux: c.DefaultShellLinux, LinuxCustom: c.DefaultShellLinuxCustom,
			Darwin: c.DefaultShellDarwin, DarwinCustom: c.DefaultShellDarwinCustom,
		}, err
	}
}
