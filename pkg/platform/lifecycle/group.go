package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

// Group is the parts of a program in the order in which they start. It is filled before Run and not used concurrently.
type Group struct {
	logger  *zap.Logger
	notify  *Notifier
	entries []entry
	failure chan error
}

type entry struct {
	name        string
	component   Component
	start, stop time.Duration
}

// Option changes how one component is run.
type Option func(*entry)

// StartWithin sets the deadline of Start.
func StartWithin(d time.Duration) Option { return func(e *entry) { e.start = d } }

// StopWithin sets the deadline of Stop.
func StopWithin(d time.Duration) Option { return func(e *entry) { e.stop = d } }

// New returns an empty group; notify may be nil.
func New(logger *zap.Logger, notify *Notifier) *Group {
	return &Group{logger: logger, notify: notify, failure: make(chan error, 1)}
}

// Add appends a component. It starts after and stops before everything added earlier.
func (g *Group) Add(name string, c Component, opts ...Option) {
	e := entry{name: name, component: c, start: DefaultStart, stop: DefaultStop}
	for _, o := range opts {
		o(&e)
	}
	if l, ok := c.(*loop); ok {
		l.failed = func(err error) { g.Fail(fmt.Errorf("%s: %w", name, err)) }
	}
	g.entries = append(g.entries, e)
}

// Go appends a function that works in the background until its context ends.
func (g *Group) Go(name string, run func(ctx context.Context) error, opts ...Option) {
	g.Add(name, Loop(run), opts...)
}

// Fail ends Run with an error: something the program cannot work without is gone for good. Only the first counts.
func (g *Group) Fail(err error) {
	select {
	case g.failure <- err:
	default:
	}
}

// Run starts everything, waits until the context ends or a component fails, and stops everything in reverse order. It
// returns the failure and all errors of stopping; a context that ended is not an error.
func (g *Group) Run(ctx context.Context) error {
	started, err := g.startAll(ctx)
	if err == nil {
		g.tell(g.notify.Ready())
		watchdog := g.notify.startWatchdog(ctx, g.logger)
		select {
		case <-ctx.Done():
		case err = <-g.failure:
			g.logger.Error("component failed, the program stops", zap.Error(err))
		}
		watchdog()
	}
	g.tell(g.notify.Stopping())
	// Stopping goes on although the context that asked for it has ended.
	return errors.Join(err, g.stopAll(context.WithoutCancel(ctx), started))
}

// startAll returns how many components were started. One whose Start failed is not among them and must have cleaned up.
func (g *Group) startAll(ctx context.Context) (int, error) {
	for i, e := range g.entries {
		if ctx.Err() != nil {
			return i, nil //nolint:nilerr // told to stop, which is no failure
		}
		sctx, cancel := context.WithTimeoutCause(ctx, e.start, fmt.Errorf("start of %s took longer than %s", e.name, e.start))
		err := e.component.Start(sctx)
		cancel()
		if err != nil {
			if ctx.Err() != nil && errors.Is(err, context.Canceled) {
				return i, nil
			}
			return i, fmt.Errorf("start %s: %w", e.name, err)
		}
	}
	return len(g.entries), nil
}

func (g *Group) stopAll(ctx context.Context, started int) error {
	var errs []error
	for _, e := range slices.Backward(g.entries[:started]) {
		sctx, cancel := context.WithTimeoutCause(ctx, e.stop, fmt.Errorf("stop of %s took longer than %s", e.name, e.stop))
		if err := e.component.Stop(sctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", e.name, err))
			g.logger.Warn("component did not stop cleanly", zap.String(log.FieldComponent, e.name), zap.Error(err))
		}
		cancel()
	}
	return errors.Join(errs...)
}

func (g *Group) tell(err error) {
	if err != nil {
		g.logger.Warn("service manager could not be told", zap.Error(err))
	}
}
