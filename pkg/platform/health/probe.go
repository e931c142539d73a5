package health

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Probe asks a dependency again and again and reports what it hears: every Every while it works, with exponential
// back-off and jitter from Retry to MaxRetry while it is away.
type Probe struct {
	Dependency *Dependency
	Check      func(ctx context.Context) error
	Every      time.Duration // default 5 s
	Within     time.Duration // deadline of one check, default 5 s
	Retry      time.Duration // first pause after a failure, default 200 ms
	MaxRetry   time.Duration // longest pause, default 5 s
	// Doubt asks at once while the dependency counts as working: somebody met an error that may be that of the dependency. May be nil.
	Doubt <-chan struct{}
}

// Run asks until the context ends. Use it with lifecycle.Group.Go.
func (p Probe) Run(ctx context.Context) error {
	p = p.withDefaults()
	pause := p.Retry
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var doubt <-chan struct{}
		if p.Dependency.Up() {
			doubt = p.Doubt
		}
		select {
		case <-ctx.Done():
			return nil
		case <-doubt:
		case <-timer.C:
		}
		err := p.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		p.Dependency.Report(err)
		if err == nil {
			pause = p.Retry
			timer.Reset(p.Every)
			continue
		}
		timer.Reset(Jitter(pause))
		pause = min(pause*2, p.MaxRetry)
	}
}

func (p Probe) once(ctx context.Context) error {
	cctx, cancel := context.WithTimeoutCause(ctx, p.Within, fmt.Errorf("no answer within %s", p.Within))
	defer cancel()
	err := p.Check(cctx)
	if err != nil && cctx.Err() != nil && ctx.Err() == nil {
		return context.Cause(cctx)
	}
	return err
}

func (p Probe) withDefaults() Probe {
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{{&p.Every, 5 * time.Second}, {&p.Within, 5 * time.Second}, {&p.Retry, 200 * time.Millisecond}, {&p.MaxRetry, 5 * time.Second}} {
		if *d.value <= 0 {
			*d.value = d.def
		}
	}
	return p
}

// Jitter returns a time between 75 % and 125 % of d, so that many programs do not come back in step.
func Jitter(d time.Duration) time.Duration {
	return d*3/4 + time.Duration(rand.Int64N(int64(d)/2+1))
}
