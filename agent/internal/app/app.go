// Package app is the agent as a program: its command line, its modes, and how its parts are put together.
package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sort"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/config"
	"github.com/gueencode/gueenrmm/agent/internal/logging"
)

// Env is what the program takes from its surroundings.
type Env struct {
	Version string
	Args    []string // without the program's name
	Getenv  func(string) string
	Stdout  io.Writer
	Stderr  io.Writer
}

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// mode is one way to start the program.
type mode func(ctx context.Context, p *program) error

// program is one run of the binary.
type program struct {
	env  Env
	opts options
}

func modes() map[string]mode {
	return map[string]mode{
		"svc":            runService,
		"rpc":            runService,
		"checkin":        runCheckIn,
		"runchecks":      runChecks(true),
		"checkrunner":    runChecks(false),
		"taskrunner":     runTask,
		"install":        runInstall,
		"installsvc":     runInstallService,
		"uninstall":      runRemove,
		"cleanup":        runRemove,
		"recovermesh":    runRecoverMesh,
		"nixmeshnodeid":  runNodeID,
		"publicip":       runPublicIP,
		"pk":             runPK,
		"getenv":         runGetenv,
		"software":       nothingToDo("no software inventory on this system"),
		"runmigrations":  nothingToDo("nothing to migrate"),
		"macventurafix":  nothingToDo("nothing to fix"),
		"winagentsvc":    nothingToDo("winagentsvc is deprecated"),
		"getpython":      unsupported("python"),
		"installnushell": unsupported("nushell"),
		"installdeno":    unsupported("deno"),
	}
}

func modeNames() []string {
	var names []string
	for name := range modes() {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Run runs the program and returns its exit code.
func Run(ctx context.Context, env Env) int {
	opts, err := parseFlags(env.Args, env.Getenv, env.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		fmt.Fprintln(env.Stderr, "gueen-agent:", err)
		return exitUsage
	}
	p := &program{env: env, opts: opts}
	if opts.version {
		p.printVersion(true)
		return exitOK
	}
	run, known := modes()[opts.mode]
	if !known {
		p.printVersion(len(env.Args) == 0)
		return exitOK
	}
	if err := run(ctx, p); err != nil {
		fmt.Fprintln(env.Stderr, "gueen-agent:", err)
		return exitError
	}
	return exitOK
}

func (p *program) printVersion(build bool) {
	fmt.Fprintf(p.env.Stdout, "Gueen RMM agent %s\n%s/%s\n", p.env.Version, runtime.GOOS, runtime.GOARCH)
	if !build {
		return
	}
	fmt.Fprintln(p.env.Stdout, runtime.Version())
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" || s.Key == "vcs.time" || s.Key == "vcs.modified" {
				fmt.Fprintf(p.env.Stdout, "%s %s\n", s.Key, s.Value)
			}
		}
	}
}

// say prints unless the run is silent.
func (p *program) say(format string, args ...any) {
	if !p.opts.silent {
		fmt.Fprintf(p.env.Stdout, format+"\n", args...)
	}
}

// load reads the configuration and makes sure that an agent can work with it.
func (p *program) load() (config.Config, error) {
	cfg, err := config.Load(p.opts.config)
	if err != nil {
		return config.Config{}, err
	}
	if p.opts.natsURL != "" {
		cfg.NATSURL = p.opts.natsURL
	}
	if p.opts.stateDir != "" {
		cfg.StateDir = p.opts.stateDir
	}
	if err := cfg.Validate(); err != nil {
		return config.Config{}, fmt.Errorf("%s: %w", p.opts.config, err)
	}
	return cfg, nil
}

// logPath is the log of the installed agent, or one beside the state of an agent with a configuration of its own.
func (p *program) logPath(cfg config.Config) string {
	if p.opts.config == config.DefaultPath {
		return "/var/log/tacticalagent.log"
	}
	return filepath.Join(cfg.State(p.opts.config), "agent.log")
}

// logger opens the log; the returned function closes it.
func (p *program) logger(cfg config.Config) (*zap.Logger, func() error, error) {
	if p.opts.logTo == "stdout" {
		log, err := logging.New(p.env.Stdout, p.opts.logLevel)
		return log, func() error { return nil }, err
	}
	file, err := logging.OpenFile(p.logPath(cfg))
	if err != nil {
		return nil, nil, err
	}
	log, err := logging.New(file, p.opts.logLevel)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return log, file.Close, nil
}

func nothingToDo(text string) mode {
	return func(_ context.Context, p *program) error {
		p.say("%s", text)
		return nil
	}
}

func unsupported(what string) mode {
	return func(context.Context, *program) error {
		return fmt.Errorf("this agent does not install %s: downloads are not signed yet", what)
	}
}
