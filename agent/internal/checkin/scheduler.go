// Package checkin sends the agent's regular reports (agent-protocol.md §2). Each has a timer of its own and a time limit,
// so that a slow one never holds back the sign of life.
package checkin

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Source looks at the machine.
type Source interface {
	Hello() agentwire.Hello
	AgentInfo(ctx context.Context) agentwire.AgentInfo
	Disks(ctx context.Context) (agentwire.Disks, error)
	WinServices() agentwire.WinServices
	PublicIP(ctx context.Context) agentwire.PublicIP
	WMI(ctx context.Context) agentwire.WMI
}

// Publisher sends a report. It fails when there is no connection.
type Publisher interface {
	CheckIn(msg agentwire.CheckIn) error
}

// Server gives the intervals.
type Server interface {
	Config(ctx context.Context) (agentwire.Config, error)
}

// Mesh reports the node id of the remote-desktop agent.
type Mesh interface {
	Sync(ctx context.Context) error
}

// ErrBusy means that the previous collection of the same kind has not ended.
var ErrBusy = errors.New("previous collection still runs")

// collectLimit is the time one collection may take.
const collectLimit = 30 * time.Second

// Scheduler sends the reports of one agent.
type Scheduler struct {
	source Source
	pub    Publisher
	server Server
	mesh   Mesh
	log    *zap.Logger

	cfg       atomic.Pointer[agentwire.Config]
	connected chan struct{}

	mu      sync.Mutex
	changed chan struct{} // closed when the intervals changed
	busy    map[agentwire.Kind]bool
	sent    map[agentwire.Kind]bool
}

// New makes a scheduler; until the server is asked it uses the contract's intervals.
func New(source Source, pub Publisher, server Server, mesh Mesh, log *zap.Logger) *Scheduler {
	s := &Scheduler{
		source: source, pub: pub, server: server, mesh: mesh, log: log,
		connected: make(chan struct{}, 1), changed: make(chan struct{}),
		busy: map[agentwire.Kind]bool{}, sent: map[agentwire.Kind]bool{},
	}
	cfg := Defaults()
	s.cfg.Store(&cfg)
	return s
}

// Defaults draws intervals from the contract's ranges.
func Defaults() agentwire.Config { return agentwire.DefaultRanges().Draw(agentwire.Config{}) }

// Config is what the server said last, or the defaults.
func (s *Scheduler) Config() agentwire.Config { return *s.cfg.Load() }

// Connected tells the scheduler that a connection has come up.
func (s *Scheduler) Connected() {
	select {
	case s.connected <- struct{}{}:
	default:
	}
}

// Run reports until the context ends.
func (s *Scheduler) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	start := func(f func(context.Context)) { wg.Go(func() { f(ctx) }) }
	start(s.follow)
	start(s.greet)
	for kind, interval := range intervals() {
		start(func(ctx context.Context) {
			s.every(ctx, interval, func() { s.report(ctx, kind) })
		})
	}
	start(func(ctx context.Context) {
		s.every(ctx, func(c agentwire.Config) int { return c.SyncMesh }, func() {
			if err := s.mesh.Sync(ctx); err != nil {
				s.log.Debug("node id not reported", zap.Error(err))
			}
		})
	})
	wg.Wait()
	return nil
}

func intervals() map[agentwire.Kind]func(agentwire.Config) int {
	return map[agentwire.Kind]func(agentwire.Config) int{
		agentwire.KindHello:       func(c agentwire.Config) int { return c.Hello },
		agentwire.KindAgentInfo:   func(c agentwire.Config) int { return c.AgentInfo },
		agentwire.KindWinServices: func(c agentwire.Config) int { return c.WinServices },
		agentwire.KindPublicIP:    func(c agentwire.Config) int { return c.PublicIP },
		agentwire.KindDisks:       func(c agentwire.Config) int { return c.Disks },
		agentwire.KindWMI:         func(c agentwire.Config) int { return c.WMI },
	}
}

// every calls f each time the interval has passed; new intervals count from when they arrive.
func (s *Scheduler) every(ctx context.Context, interval func(agentwire.Config) int, f func()) {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		t := time.NewTimer(time.Duration(interval(s.Config())) * time.Second)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-changed:
			t.Stop()
		case <-t.C:
			f()
		}
	}
}

// follow asks the server for the intervals: at start, again soon when that fails, and about every hour.
func (s *Scheduler) follow(ctx context.Context) {
	failures := 0
	for {
		next := time.Hour + rand.N(10*time.Minute)
		cfg, err := s.server.Config(ctx)
		switch {
		case err == nil && cfg.Valid():
			failures = 0
			s.use(cfg)
		case ctx.Err() != nil:
			return
		default:
			failures = min(failures+1, 6)
			next = 10*time.Second<<failures/2 + rand.N(10*time.Second<<failures/2)
			s.log.Warn("no valid configuration from the server, own intervals stay", zap.Error(err))
		}
		t := time.NewTimer(next)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

func (s *Scheduler) use(cfg agentwire.Config) {
	if old := s.cfg.Swap(&cfg); *old == cfg {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// greet says hello on each connection at once, and sends what has never got through since the start.
func (s *Scheduler) greet(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.connected:
		}
		for _, kind := range agentwire.Kinds() {
			heavy := kind == agentwire.KindWinServices || kind == agentwire.KindWMI
			s.mu.Lock()
			skip := s.sent[kind] && kind != agentwire.KindHello || heavy && s.Config().LimitData
			s.mu.Unlock()
			if skip || ctx.Err() != nil {
				continue
			}
			s.report(ctx, kind)
			pause := time.NewTimer(100*time.Millisecond + rand.N(300*time.Millisecond))
			select {
			case <-ctx.Done():
				pause.Stop()
			case <-pause.C:
			}
		}
	}
}

// report sends one kind and logs what goes wrong; the next timer tries again.
func (s *Scheduler) report(ctx context.Context, kind agentwire.Kind) {
	if err := s.Send(ctx, kind); err != nil && ctx.Err() == nil {
		s.log.Warn("check-in not sent", zap.String("kind", string(kind)), zap.Error(err))
	}
}

// Send collects and publishes one kind within the time limit. A collection that does not come back (a dead network file
// system blocks in the kernel) is left behind, and no second one is started meanwhile.
func (s *Scheduler) Send(ctx context.Context, kind agentwire.Kind) error {
	s.mu.Lock()
	if s.busy[kind] {
		s.mu.Unlock()
		return ErrBusy
	}
	s.busy[kind] = true
	s.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, collectLimit)
	type outcome struct {
		msg agentwire.CheckIn
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		defer cancel()
		msg, err := s.collect(ctx, kind)
		s.mu.Lock()
		s.busy[kind] = false
		s.mu.Unlock()
		done <- outcome{msg, err}
	}()
	select {
	case <-ctx.Done():
		// The collector may have ended in the same instant: its answer counts.
		select {
		case o := <-done:
			return s.publish(o.msg, o.err)
		default:
			return ctx.Err()
		}
	case o := <-done:
		return s.publish(o.msg, o.err)
	}
}

func (s *Scheduler) publish(msg agentwire.CheckIn, err error) error {
	if err != nil {
		return err
	}
	if err := s.pub.CheckIn(msg); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[msg.Kind()] = true
	return nil
}

func (s *Scheduler) collect(ctx context.Context, kind agentwire.Kind) (agentwire.CheckIn, error) {
	switch kind {
	case agentwire.KindHello:
		return s.source.Hello(), nil
	case agentwire.KindAgentInfo:
		return s.source.AgentInfo(ctx), nil
	case agentwire.KindDisks:
		return s.source.Disks(ctx)
	case agentwire.KindWinServices:
		return s.source.WinServices(), nil
	case agentwire.KindPublicIP:
		return s.source.PublicIP(ctx), nil
	case agentwire.KindWMI:
		return s.source.WMI(ctx), nil
	}
	return nil, errors.New("unknown kind of check-in")
}
