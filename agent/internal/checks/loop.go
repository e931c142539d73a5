// Package checks runs the checks the server assigns (agent-protocol.md §5.1-5.2).
package checks

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/rest"
	"github.com/gueencode/gueenrmm/agent/internal/script"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Server hands out the checks.
type Server interface {
	CheckInterval(ctx context.Context) (agentwire.CheckInterval, error)
	DueChecks(ctx context.Context) (agentwire.CheckRun, error)
	AllChecks(ctx context.Context) (agentwire.CheckRun, error)
}

// Results takes what checks found; it fails only when a result cannot be stored.
type Results interface {
	Submit(method, path string, body any) error
}

// Scripts runs scripts.
type Scripts interface {
	Run(ctx context.Context, s script.Script) script.Result
}

// Probes measure the machine and the network.
type Probes interface {
	CPUPercent(ctx context.Context) (int, error)
	MemoryPercent(ctx context.Context) (int, error)
	DiskUsage(ctx context.Context, path string) (Usage, error)
	Ping(ctx context.Context, host string) (passing bool, output string)
}

// Usage of one file system, in bytes; Percent is used/(used+available).
type Usage struct {
	Total, Free uint64
	Percent     float64
}

const (
	firstDelay    = 14 * time.Second
	firstJitter   = 7 * time.Second
	failurePause  = 120 * time.Second
	maxInterval   = 24 * time.Hour
	probeLimit    = 20 * time.Second
	maxScripts    = 8   // scripts at the same time
	maxConcurrent = 64  // checks of other kinds at the same time
	startSpread   = 650 // milliseconds over which the start of checks is spread, after the first 300
)

// Options of a loop; the zero value is the contract's behaviour.
type Options struct {
	FirstDelay  time.Duration // fixed delay before the first run instead of 14 to 21 s
	NoSpread    bool          // start checks of a run at once
	FailedPause time.Duration // pause after a failed request instead of 120 s
}

// Loop runs checks of one agent; at most one run is active.
type Loop struct {
	agentID string
	server  Server
	results Results
	scripts Scripts
	probes  Probes
	log     *zap.Logger
	opts    Options

	run  sync.Mutex    // held during a run
	slot chan struct{} // scripts
	gate chan struct{} // other checks
	wait chan struct{} // at most one requested run waits
}

// New makes a loop.
func New(agentID string, server Server, results Results, scripts Scripts, probes Probes, log *zap.Logger, opts Options) *Loop {
	if opts.FailedPause <= 0 {
		opts.FailedPause = failurePause
	}
	return &Loop{
		agentID: agentID, server: server, results: results, scripts: scripts, probes: probes, log: log, opts: opts,
		slot: make(chan struct{}, maxScripts), gate: make(chan struct{}, maxConcurrent), wait: make(chan struct{}, 1),
	}
}

// Run asks for the interval and runs due checks until the context ends.
func (l *Loop) Run(ctx context.Context) error {
	delay := l.opts.FirstDelay
	if delay <= 0 {
		delay = firstDelay + rand.N(firstJitter)
	}
	for sleep(ctx, delay) {
		delay = l.opts.FailedPause
		iv, err := l.server.CheckInterval(ctx)
		if err != nil {
			l.log.Warn("no check interval from the server", zap.Error(err))
			continue
		}
		delay = min(max(time.Duration(iv.CheckInterval)*time.Second, time.Second), maxInterval)
		if !l.run.TryLock() {
			continue // a requested run is active
		}
		run, err := l.server.DueChecks(ctx)
		if err != nil {
			l.log.Warn("no checks from the server", zap.Error(err))
		} else {
			l.runList(ctx, run)
		}
		l.run.Unlock()
	}
	return nil
}

// RunDue runs the due checks once.
func (l *Loop) RunDue(ctx context.Context) error { return l.once(ctx, l.server.DueChecks) }

// RunAll runs every check once. While a run is active one further waits; more are dropped, because the waiting one will
// do the same.
func (l *Loop) RunAll(ctx context.Context) error {
	select {
	case l.wait <- struct{}{}:
	default:
		return nil
	}
	l.run.Lock()
	<-l.wait
	defer l.run.Unlock()
	return l.fetchAndRun(ctx, l.server.AllChecks)
}

func (l *Loop) once(ctx context.Context, fetch func(context.Context) (agentwire.CheckRun, error)) error {
	l.run.Lock()
	defer l.run.Unlock()
	return l.fetchAndRun(ctx, fetch)
}

func (l *Loop) fetchAndRun(ctx context.Context, fetch func(context.Context) (agentwire.CheckRun, error)) error {
	run, err := fetch(ctx)
	if err != nil {
		return err
	}
	l.runList(ctx, run)
	return nil
}

// runList runs the checks of one list side by side and returns when all are done.
func (l *Loop) runList(ctx context.Context, run agentwire.CheckRun) {
	var wg sync.WaitGroup
	for _, raw := range run.Checks {
		var c agentwire.Check
		if err := json.Unmarshal(raw, &c); err != nil {
			// One check with a wrong type must not cost the others.
			l.log.Error("check from the server cannot be read", zap.Int64("check_id", c.ID), zap.Error(err))
			continue
		}
		wg.Go(func() {
			gate := l.gate
			if c.CheckType == agentwire.CheckScript {
				gate = l.slot
			}
			select {
			case gate <- struct{}{}:
			case <-ctx.Done():
				return
			}
			defer func() { <-gate }()
			l.runOne(ctx, c)
		})
	}
	wg.Wait()
}

func (l *Loop) runOne(ctx context.Context, c agentwire.Check) {
	if c.CheckType != agentwire.CheckCPULoad && !l.opts.NoSpread {
		if !sleep(ctx, time.Duration(300+rand.IntN(startSpread))*time.Millisecond) {
			return
		}
	}
	body := l.result(ctx, c)
	if body == nil || ctx.Err() != nil { // what was cut short by stopping is no result
		return
	}
	if err := l.results.Submit(http.MethodPatch, rest.CheckResultPath, body); err != nil {
		l.log.Error("check result cannot be stored", zap.Int64("check_id", c.ID), zap.Error(err))
	}
}

// sleep waits; it returns false when the context ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
