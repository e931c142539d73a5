package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/gueencode/gueenrmm/agent/internal/config"
	"github.com/gueencode/gueenrmm/agent/internal/install"
)

// runInstall enrols the agent and makes it a service. An agent with a configuration file of its own is only enrolled: it
// is for the caller to run it.
func runInstall(ctx context.Context, p *program) error {
	o := p.opts
	if o.api == "" || o.clientID == 0 || o.siteID == 0 || o.auth == "" {
		return nil // as deployed agents do: a start without the four does nothing
	}
	withService := !o.noService && o.config == config.DefaultPath
	if withService {
		if err := install.RequireAdministrator(); err != nil {
			return err
		}
	}
	opts := install.Options{
		API: o.api, SiteID: o.siteID, Auth: o.auth, AgentType: o.agentType, Description: o.desc, MeshNodeID: o.meshNode,
		Version: p.env.Version, ConfigPath: o.config, Timeout: o.timeout, Cert: o.cert, Proxy: o.proxy, MeshDir: o.meshDir,
		NATSPort: o.natsPort, NATSURL: o.natsURL, TmpDir: o.tmpDir, StateDir: o.stateDir, Insecure: o.insecure,
	}
	if o.noPower {
		opts.Power = "off"
	}
	cfg, err := install.Enrol(ctx, opts)
	if err != nil {
		return err
	}
	p.say("enrolled as %s", cfg.AgentID)
	// The agent is enrolled whether or not this first round gets through; the service goes on trying.
	if err := runCheckIn(ctx, p); err != nil {
		fmt.Fprintln(p.env.Stderr, "gueen-agent: first check-in not sent:", err)
	}
	if !withService {
		p.say("configuration written to %s", o.config)
		return nil
	}
	if err := p.installService(); err != nil {
		return fmt.Errorf("the agent is enrolled, but %w; start it with: %s -m svc", err, install.BinaryPath())
	}
	p.say("the agent is installed and running")
	return nil
}

func (p *program) installService() error {
	binary, err := install.PlaceBinary()
	if err != nil {
		return err
	}
	svc, err := install.NewService(binary, p.opts.config)
	if err != nil {
		return err
	}
	return svc.Install()
}

// runInstallService creates the service of an enrolled agent when it is missing.
func runInstallService(_ context.Context, p *program) error {
	if _, err := p.load(); err != nil {
		return err
	}
	if err := install.RequireAdministrator(); err != nil {
		return err
	}
	svc, err := install.NewService(install.BinaryPath(), p.opts.config)
	if err != nil {
		return err
	}
	if svc.Installed() {
		p.say("the service exists")
		return nil
	}
	return p.installService()
}

// runRemove takes the agent off this machine. The server is not told: there the agent is deleted by an administrator.
func runRemove(_ context.Context, p *program) error {
	cfg, loadErr := config.Load(p.opts.config)
	if p.opts.stateDir != "" {
		cfg.StateDir = p.opts.stateDir
	}
	if p.opts.config == config.DefaultPath {
		if err := install.RequireAdministrator(); err != nil {
			return err
		}
	}
	if err := install.Remove(p.opts.config, cfg, p.logPath(cfg), true); err != nil {
		return errors.Join(err, loadErr)
	}
	p.say("the agent is removed")
	return nil
}
