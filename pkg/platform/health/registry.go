// Package health knows which dependencies of a program work, says so on the private port and logs each change once.
package health

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

// errStarting is the state of a dependency before its first report.
var errStarting = errors.New("not reached yet")

// Registry holds the dependencies of one program by name.
type Registry struct {
	logger *zap.Logger
	gauge  *prometheus.GaugeVec
	now    func() time.Time

	mu    sync.Mutex
	deps  map[string]*Dependency
	alive map[string]func() error
	phase Phase
}

// Phase is where a program is in its life.
type Phase string

// The phases. A program that starts has not subscribed to everything yet, one that stops takes nothing new: neither is ready,
// whatever its dependencies.
const (
	Starting Phase = "starting"
	Serving  Phase = "serving"
	Stopping Phase = "stopping"
)

// Enter tells the registry that the program has come into a phase.
func (r *Registry) Enter(p Phase) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase = p
}

// Phase is the one that the program is in.
func (r *Registry) Phase() Phase {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.phase
}

// New returns an empty registry; its gauge is registered with reg.
func New(logger *zap.Logger, reg prometheus.Registerer) (*Registry, error) {
	r := &Registry{
		logger: logger, now: time.Now, phase: Starting, deps: map[string]*Dependency{}, alive: map[string]func() error{},
		gauge: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "gueen_dependency_up", Help: "1 when the dependency works, else 0.",
		}, []string{"dependency"}),
	}
	if err := reg.Register(r.gauge); err != nil {
		return nil, err
	}
	return r, nil
}

// Dependency is one thing the program needs. Whoever owns the connection reports to it.
type Dependency struct {
	registry *Registry
	name     string
	optional bool

	mu       sync.Mutex
	err      error
	since    time.Time
	reported bool
}

// Option changes a dependency when it is registered.
type Option func(*Dependency)

// Optional keeps the dependency out of readiness: the program serves without it.
func Optional() Option { return func(d *Dependency) { d.optional = true } }

// Dependency registers a name, or returns what is registered under it.
func (r *Registry) Dependency(name string, opts ...Option) *Dependency {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.deps[name]; d != nil {
		return d
	}
	d := &Dependency{registry: r, name: name, err: errStarting, since: r.now()}
	for _, o := range opts {
		o(d)
	}
	r.deps[name] = d
	r.gauge.WithLabelValues(name).Set(0)
	return d
}

// Report says that the dependency works (nil) or why not. Only a change is logged: one line at loss, one at recovery.
func (d *Dependency) Report(err error) {
	if err != nil && errors.Is(err, context.Canceled) {
		return // the program stops; that says nothing about the dependency
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	changed := !d.reported || (err == nil) != (d.err == nil)
	first, before := !d.reported, d.since
	d.err, d.reported = err, true
	if !changed {
		return
	}
	now := d.registry.now()
	d.since = now
	logger := d.registry.logger.With(zap.String(log.FieldDependency, d.name))
	up := 0.0
	switch {
	case err != nil:
		logger.Warn("dependency is away", zap.Error(err))
	case first:
		up = 1
		logger.Info("dependency works")
	default:
		up = 1
		logger.Info("dependency is back", zap.Int64(log.FieldDurationMS, now.Sub(before).Milliseconds()))
	}
	d.registry.gauge.WithLabelValues(d.name).Set(up)
}

// Up says whether the last report was good.
func (d *Dependency) Up() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err == nil
}

// Err returns the last report.
func (d *Dependency) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// State is a dependency as /readyz shows it.
type State struct {
	Name     string    `json:"-"`
	Up       bool      `json:"up"`
	Optional bool      `json:"optional,omitempty"`
	Since    time.Time `json:"since"`
	Error    string    `json:"error,omitempty"`
}

// Ready returns all states by name and whether the program serves and everything that is not optional works.
func (r *Registry) Ready() (bool, []State) {
	r.mu.Lock()
	ready := r.phase == Serving
	deps := make([]*Dependency, 0, len(r.deps))
	for _, d := range r.deps {
		deps = append(deps, d)
	}
	r.mu.Unlock()
	slices.SortFunc(deps, func(a, b *Dependency) int { return strings.Compare(a.name, b.name) })
	out := make([]State, 0, len(deps))
	for _, d := range deps {
		d.mu.Lock()
		s := State{Name: d.name, Up: d.err == nil, Optional: d.optional, Since: d.since.UTC()}
		if d.err != nil {
			s.Error = d.err.Error()
		}
		d.mu.Unlock()
		ready = ready && (s.Up || s.Optional)
		out = append(out, s)
	}
	return ready, out
}

// Alive registers a check of the program itself: a loop that has not turned for too long, a full queue that nothing
// drains. It must answer at once. While one errs /healthz fails and the watchdog is not answered.
func (r *Registry) Alive(name string, check func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alive[name] = check
}

// CheckAlive asks all checks of the program itself.
func (r *Registry) CheckAlive() error {
	r.mu.Lock()
	checks := make(map[string]func() error, len(r.alive))
	for name, c := range r.alive {
		checks[name] = c
	}
	r.mu.Unlock()
	var errs []error
	for name, c := range checks {
		if err := c(); err != nil {
			errs = append(errs, &aliveError{name: name, err: err})
		}
	}
	return errors.Join(errs...)
}

type aliveError struct {
	name string
	err  error
}

func (e *aliveError) Error() string { return e.name + ": " + e.err.Error() }
func (e *aliveError) Unwrap() error { return e.err }
