package app

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/bus"
	"github.com/gueencode/gueenrmm/agent/internal/checkin"
	"github.com/gueencode/gueenrmm/agent/internal/checks"
	"github.com/gueencode/gueenrmm/agent/internal/command"
	"github.com/gueencode/gueenrmm/agent/internal/config"
	"github.com/gueencode/gueenrmm/agent/internal/delivery"
	"github.com/gueencode/gueenrmm/agent/internal/inventory"
	"github.com/gueencode/gueenrmm/agent/internal/mesh"
	"github.com/gueencode/gueenrmm/agent/internal/power"
	"github.com/gueencode/gueenrmm/agent/internal/rest"
	"github.com/gueencode/gueenrmm/agent/internal/script"
	"github.com/gueencode/gueenrmm/agent/internal/spool"
	"github.com/gueencode/gueenrmm/agent/internal/tasks"
	"github.com/gueencode/gueenrmm/agent/internal/terminal"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// stopLimit is the time running commands and terminals have to end.
const stopLimit = 10 * time.Second

// agent holds the parts of a running agent.
type agent struct {
	cfg       config.Config
	log       *zap.Logger
	client    *rest.Client
	server    rest.Agent
	spool     *spool.Spool
	courier   *delivery.Courier
	machine   *inventory.Collector
	scripts   *script.Runner
	checks    *checks.Loop
	tasks     *tasks.Runner
	mesh      *mesh.Agent
	link      *bus.Link
	checkIns  *checkin.Scheduler
	terminals *terminal.Manager
	commands  *command.Dispatcher
}

// settings of an agent that tests change.
type settings struct {
	checks   checks.Options
	power    command.Power
	minDelay time.Duration
}

// newAgent builds the parts; nothing runs and nothing is dialled yet. remove takes the agent off the machine on the
// server's order.
func newAgent(ctx context.Context, p *program, cfg config.Config, log *zap.Logger, s settings, remove func(ctx context.Context, code string) error) (*agent, error) {
	a := &agent{cfg: cfg, log: log}
	var err error
	a.client, err = rest.New(rest.Options{
		BaseURL: cfg.BaseURL, Token: cfg.Token, UserAgent: "gueen-agent/" + p.env.Version,
		CertFile: cfg.Cert, Proxy: cfg.Proxy, Insecure: cfg.SkipVerify(),
	})
	if err != nil {
		return nil, err
	}
	a.server = rest.Agent{Client: a.client, ID: cfg.AgentID}
	a.spool, err = spool.Open(filepath.Join(cfg.State(p.opts.config), "spool"), spool.Options{Log: log.Named("spool")})
	if err != nil {
		return nil, err
	}
	a.courier = delivery.New(a.spool, a.server, delivery.Options{Log: log.Named("delivery")})
	a.machine = inventory.New(cfg.AgentID, p.env.Version)
	a.scripts = script.NewRunner(cfg.Temp(p.opts.config))
	system := checks.NewSystem()
	a.checks = checks.New(cfg.AgentID, a.server, a.courier, a.scripts, system, log.Named("checks"), s.checks)
	a.tasks = tasks.New(cfg.AgentID, a.server, a.courier, a.scripts, log.Named("tasks"))
	a.mesh = mesh.New(cfg.MeshDir, a.server)
	if err := a.connectParts(s.minDelay); err != nil {
		return nil, err
	}
	a.commands = command.New(ctx, command.Deps{
		AgentID: cfg.AgentID, Bus: a.link, CheckIns: a.checkIns, Checks: a.checks, Tasks: a.tasks, Scripts: a.scripts,
		Results: a.courier, Terminals: a.terminals, Power: s.power, Mesh: a.mesh, Machine: machine{a.machine, system},
		Uninstall: remove, Log: log.Named("command"),
	})
	return a, nil
}

// connectParts builds the connection and what sends over it.
func (a *agent) connectParts(minDelay time.Duration) error {
	endpoint, err := a.cfg.NATS()
	if err != nil {
		return err
	}
	tlsCfg, err := rest.TLSConfig(a.cfg.Cert, a.cfg.SkipVerify())
	if err != nil {
		return err
	}
	a.link, err = bus.New(bus.Options{
		AgentID: a.cfg.AgentID, Token: a.cfg.Token, Endpoint: endpoint, TLS: tlsCfg, Proxy: a.cfg.Proxy,
		PingInterval: time.Duration(a.cfg.NATSPingInterval) * time.Second, MinDelay: minDelay, Log: a.log.Named("bus"),
		OnMessage: func(m bus.Message) { a.commands.Handle(m) },
		OnConnect: func() { a.checkIns.Connected() },
	})
	if err != nil {
		return err
	}
	a.checkIns = checkin.New(a.machine, a.link, a.server, a.mesh, a.log.Named("checkin"))
	a.terminals = terminal.New(a.cfg.AgentID, a.link, a.log.Named("terminal"), terminal.Options{})
	return nil
}

// powerFor chooses what reboot and shutdown do.
func powerFor(cfg config.Config, log *zap.Logger) command.Power {
	if cfg.Power == "off" {
		return power.Off{Log: log.Named("power")}
	}
	return power.System{}
}

// run works until the context ends. Stopping goes from the edge inwards: no new checks and reports, then commands and
// terminals end, and only then the connection that carries their last words is closed.
func (a *agent) run(ctx context.Context) error {
	a.log.Info("agent started", zap.String("agent_id", a.cfg.AgentID), zap.Int("spooled_results", a.spool.Len()))
	linkCtx, closeLink := context.WithCancel(context.WithoutCancel(ctx))
	defer closeLink()
	var link sync.WaitGroup
	errs := make(chan error, 4)
	link.Go(func() { errs <- a.link.Run(linkCtx) })

	var work sync.WaitGroup
	for _, part := range []func(context.Context) error{a.courier.Run, a.checkIns.Run, a.checks.Run} {
		work.Go(func() { errs <- part(ctx) })
	}
	work.Wait() // each part runs until the context ends, or fails at once for a reason of this machine
	<-ctx.Done()

	stopCtx, cancel := context.WithTimeout(linkCtx, stopLimit)
	defer cancel()
	stopErr := errors.Join(a.commands.Close(stopCtx), a.terminals.Close(stopCtx))
	closeLink()
	link.Wait()
	close(errs)
	for err := range errs {
		stopErr = errors.Join(stopErr, err)
	}
	a.client.Close()
	a.log.Info("agent stopped", zap.Error(stopErr))
	return stopErr
}

// machine joins what commands ask about the machine.
type machine struct {
	*inventory.Collector
	system *checks.System
}

// Processes implements command.Machine.
func (machine) Processes(ctx context.Context) ([]agentwire.Process, error) {
	return inventory.Processes(ctx)
}

// KillProcess implements command.Machine.
func (machine) KillProcess(ctx context.Context, pid int32) error {
	return inventory.KillProcess(ctx, pid)
}

// NeedsReboot implements command.Machine.
func (machine) NeedsReboot(ctx context.Context) bool { return inventory.NeedsReboot(ctx) }

// CPUPercent implements command.Machine.
func (m machine) CPUPercent(ctx context.Context) (int, error) { return m.system.CPUPercent(ctx) }

// PublicIP implements command.Machine.
func (m machine) PublicIP(ctx context.Context) string { return m.Collector.PublicIP(ctx).PublicIP }
