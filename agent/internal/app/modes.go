package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/config"
	"github.com/gueencode/gueenrmm/agent/internal/install"
	"github.com/gueencode/gueenrmm/agent/internal/inventory"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

const (
	connectLimit = 15 * time.Second // of a one-shot connection
	flushLimit   = 30 * time.Second // of delivering the results of a one-shot run
	runLimit     = 25 * time.Hour   // of a one-shot run
)

// runService is the agent itself, in the foreground; a service manager keeps it alive.
func runService(ctx context.Context, p *program) error {
	cfg, err := p.load()
	if err != nil {
		return err
	}
	log, closeLog, err := p.logger(cfg)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	remove := func(rctx context.Context, code string) error {
		defer stop()
		return p.removeOnOrder(rctx, cfg, code, log)
	}
	a, err := newAgent(context.WithoutCancel(ctx), p, cfg, log, settings{power: powerFor(cfg, log)}, remove)
	if err != nil {
		log.Error("agent cannot start", zap.Error(err))
		return errors.Join(err, closeLog())
	}
	if err := a.scripts.Sweep(ctx); err != nil {
		log.Warn("old scripts stay", zap.Error(err))
	}
	return errors.Join(a.run(ctx), closeLog())
}

// removeOnOrder carries out an uninstall that the server has ordered. A script that comes with it is the server's own
// way to remove the agent and what it installed beside it; it runs detached and is given a minute.
func (p *program) removeOnOrder(ctx context.Context, cfg config.Config, code string, log *zap.Logger) error {
	log.Warn("removal ordered by the server")
	if strings.HasPrefix(code, "#!") {
		if err := install.RunRemovalScript(ctx, cfg.Temp(p.opts.config), code); err != nil {
			log.Warn("removal script did not finish", zap.Error(err))
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the script has stopped this service and does the rest
		}
	}
	return install.Remove(p.opts.config, cfg, p.logPath(cfg), false)
}

// oneShot builds an agent for a single action.
func (p *program) oneShot(ctx context.Context) (*agent, func() error, error) {
	cfg, err := p.load()
	if err != nil {
		return nil, nil, err
	}
	log, closeLog, err := p.logger(cfg)
	if err != nil {
		return nil, nil, err
	}
	refuse := func(context.Context, string) error { return errors.New("not the service") }
	a, err := newAgent(ctx, p, cfg, log, settings{power: powerFor(cfg, log)}, refuse)
	if err != nil {
		return nil, nil, errors.Join(err, closeLog())
	}
	return a, closeLog, nil
}

// runCheckIn sends one round of check-ins.
func runCheckIn(ctx context.Context, p *program) error {
	a, closeLog, err := p.oneShot(ctx)
	if err != nil {
		return err
	}
	return errors.Join(a.checkInOnce(ctx), closeLog())
}

// checkInOnce connects, sends every kind and disconnects.
func (a *agent) checkInOnce(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- a.link.Run(ctx) }()
	err := a.burst(ctx)
	stop()
	return errors.Join(err, <-done)
}

func (a *agent) burst(ctx context.Context) error {
	cctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !a.link.Connected() {
		select {
		case <-cctx.Done():
			return fmt.Errorf("connect to NATS: %w", cctx.Err())
		case <-tick.C:
		}
	}
	var errs []error
	for _, kind := range agentwire.Kinds() {
		errs = append(errs, a.checkIns.Send(ctx, kind))
	}
	return errors.Join(append(errs, a.link.Flush(ctx))...)
}

// runChecks runs all checks, or those that are due, and delivers the results.
func runChecks(all bool) mode {
	return func(ctx context.Context, p *program) error {
		a, closeLog, err := p.oneShot(ctx)
		if err != nil {
			return err
		}
		run := a.checks.RunDue
		if all {
			run = a.checks.RunAll
		}
		err = run(ctx)
		return errors.Join(err, a.deliver(ctx), closeLog())
	}
}

// runTask runs one task and delivers its result.
func runTask(ctx context.Context, p *program) error {
	if p.opts.taskPK <= 0 {
		return errors.New("taskrunner needs the task: -p <pk>")
	}
	a, closeLog, err := p.oneShot(ctx)
	if err != nil {
		return err
	}
	rctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	err = a.tasks.Run(rctx, p.opts.taskPK)
	return errors.Join(err, a.deliver(ctx), closeLog())
}

// deliver empties the spool; what does not get through stays for the service.
func (a *agent) deliver(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, flushLimit)
	defer cancel()
	defer a.client.Close()
	return a.courier.Flush(ctx)
}

func runRecoverMesh(ctx context.Context, p *program) error {
	a, closeLog, err := p.oneShot(ctx)
	if err != nil {
		return err
	}
	return errors.Join(a.mesh.Recover(ctx), closeLog())
}

func runNodeID(ctx context.Context, p *program) error {
	a, closeLog, err := p.oneShot(ctx)
	if err != nil {
		return err
	}
	id, err := a.mesh.NodeID(ctx)
	if err == nil {
		fmt.Fprintln(p.env.Stdout, id)
	}
	return errors.Join(err, closeLog())
}

func runPublicIP(ctx context.Context, p *program) error {
	fmt.Fprintln(p.env.Stdout, inventory.New("", p.env.Version).PublicIP(ctx).PublicIP)
	return nil
}

func runPK(_ context.Context, p *program) error {
	cfg, err := p.load()
	if err != nil {
		return err
	}
	fmt.Fprintln(p.env.Stdout, cfg.AgentPK)
	return nil
}

func runGetenv(_ context.Context, p *program) error {
	if len(p.opts.args) == 0 {
		return errors.New("getenv needs the name of a variable")
	}
	fmt.Fprintln(p.env.Stdout, p.env.Getenv(p.opts.args[0]))
	return nil
}
