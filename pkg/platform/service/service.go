// Package service is what every service does around its own work: settings, log, metrics, private port, ordered start and
// stop, signals and the service manager.
package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/lifecycle"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/platform/metrics"
)

// Base holds the settings of every service. Embed it in the service's settings struct.
type Base struct {
	Log     config.Log
	Private config.PrivateListen
}

func (b *Base) base() *Base { return b }

// Spec describes one service. C is its settings struct, which embeds Base.
type Spec[C any] struct {
	Name     string            // "api"
	Summary  string            // one line for --help
	Defaults map[string]string // defaults of shared settings that differ here, for example "private.listen"
	// Wire builds the service and adds its parts to the runtime's lifecycle, in the order in which they start. It must not
	// wait for a dependency.
	Wire func(ctx context.Context, cfg *C, rt *Runtime) error
	// Output gets log, help and version; nil means standard output.
	Output io.Writer
}

// Runtime is what a service is built on.
type Runtime struct {
	Name      string
	Version   string
	Log       *zap.Logger
	Metrics   *metrics.Registry
	Health    *health.Registry
	Lifecycle *lifecycle.Group
	Private   *health.Server
	Env       []string
	// Reference is what the service tells of itself on its reference pages, by page: values that encode as JSON.
	Reference map[string]any
}

// Main runs a program with the process's arguments, environment and signals and returns its exit code.
func Main(ctx context.Context, run func(ctx context.Context, args, env []string) error) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Environ()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Run loads the settings, builds the service and runs it until the context ends.
func Run[C any](ctx context.Context, args, env []string, spec Spec[C]) error {
	if spec.Output == nil {
		spec.Output = os.Stdout
	}
	cfg := new(C)
	based, ok := any(cfg).(interface{ base() *Base })
	if !ok {
		return fmt.Errorf("settings %T do not embed service.Base", cfg)
	}
	loaded, err := config.Load(cfg, config.Options{
		Program: spec.Name, Summary: spec.Summary, Args: args, Env: env, Defaults: spec.Defaults, Output: spec.Output,
	})
	switch {
	case errors.Is(err, config.ErrVersion):
		_, err = fmt.Fprintln(spec.Output, spec.Name, Version())
		return err
	case errors.Is(err, config.ErrHelp), errors.Is(err, config.ErrDescribe):
		return nil
	case err != nil:
		return err
	}
	if loaded.Describe {
		return describe(ctx, cfg, env, spec)
	}
	rt, err := newRuntime(spec.Name, env, based.base(), spec.Output)
	if err != nil {
		return err
	}
	logSettings(rt.Log, loaded.Effective())
	if err := spec.Wire(ctx, cfg, rt); err != nil {
		return fmt.Errorf("build %s: %w", spec.Name, err)
	}
	// Last up and first down: ready is who serves.
	rt.Lifecycle.Add("readiness", lifecycle.Funcs{
		OnStart: func(context.Context) error { rt.Health.Enter(health.Serving); return nil },
		OnStop:  func(context.Context) error { rt.Health.Enter(health.Stopping); return nil },
	})
	rt.Log.Info("service starts")
	err = rt.Lifecycle.Run(ctx)
	rt.Log.Info("service stopped", zap.Error(err))
	return err
}

// logSettings prints all settings in one line, and where those come from that are not defaults.
func logSettings(logger *zap.Logger, effective []config.Effective) {
	values, sources := map[string]string{}, map[string]string{}
	for _, e := range effective {
		values[e.Key] = e.Value
		if e.Source != config.SourceDefault {
			sources[e.Key] = e.Source
		}
	}
	logger.Info("effective settings", zap.Any("settings", values), zap.Any("sources", sources))
}

func newRuntime(name string, env []string, base *Base, out io.Writer) (*Runtime, error) {
	logger, err := log.New(log.Options{Service: name, Version: Version(), Level: base.Log.Level, Output: out})
	if err != nil {
		return nil, err
	}
	registry, err := newMetrics(name)
	if err != nil {
		return nil, err
	}
	reg, err := health.New(logger, registry)
	if err != nil {
		return nil, fmt.Errorf("register health metrics: %w", err)
	}
	rt := &Runtime{
		Name: name, Version: Version(), Log: logger, Metrics: registry, Health: reg, Env: env, Reference: map[string]any{},
		Lifecycle: lifecycle.New(logger, lifecycle.NewNotifier(env, reg.CheckAlive)),
		Private:   health.NewServer(base.Private.Address, reg, registry, logger),
	}
	if base.Private.Profiling {
		rt.Private.Profile()
	}
	// First up and last down, so that a start that hangs can be looked into.
	rt.Lifecycle.Add("private port", rt.Private)
	return rt, nil
}

func newMetrics(name string) (*metrics.Registry, error) {
	reg := metrics.NewRegistry()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "gueen_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"service": name, "version": Version(), "commit": Commit()},
	})
	info.Set(1)
	for _, c := range []prometheus.Collector{
		info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector(),
	} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return reg, nil
}
