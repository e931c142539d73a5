// Package lifecycle starts the parts of a program in order and stops them in reverse, each with a deadline, and tells
// systemd about it.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Component is a part of a program. Start returns when the part works or has begun to work in the background; it must
// not wait for a dependency that may be away. Stop returns when nothing of the part runs any more.
type Component interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
}

// Deadlines of a component that gives none of its own.
const (
	DefaultStart = 30 * time.Second
	DefaultStop  = 10 * time.Second
)

// Funcs makes a component of two functions; either may be nil.
type Funcs struct {
	OnStart func(ctx context.Context) error
	OnStop  func(ctx context.Context) error
}

// Start calls OnStart.
func (f Funcs) Start(ctx context.Context) error {
	if f.OnStart == nil {
		return nil
	}
	return f.OnStart(ctx)
}

// Stop calls OnStop.
func (f Funcs) Stop(ctx context.Context) error {
	if f.OnStop == nil {
		return nil
	}
	return f.OnStop(ctx)
}

// loop runs a function in the background from Start to Stop.
type loop struct {
	run    func(ctx context.Context) error
	failed func(error)

	mu     sync.Mutex
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

// Loop makes a component of a function that works until its context ends. The context keeps the values of the one given
// to Start but not its deadline. A function that returns before Stop is a failure of the program.
func Loop(run func(ctx context.Context) error) Component { return &loop{run: run} }

func (l *loop) Start(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done != nil {
		return errors.New("started twice")
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	l.cancel, l.done = cancel, done
	failed := l.failed
	go func() {
		defer close(done)
		err := l.run(ctx)
		if ctx.Err() != nil {
			if err != nil && !errors.Is(err, context.Canceled) {
				l.mu.Lock()
				l.err = err
				l.mu.Unlock()
			}
			return
		}
		if err == nil {
			err = errors.New("ended by itself")
		}
		if failed != nil {
			failed(err)
		}
	}()
	return nil
}

func (l *loop) Stop(ctx context.Context) error {
	l.mu.Lock()
	cancel, done := l.cancel, l.done
	l.mu.Unlock()
	if done == nil {
		return nil
	}
	cancel()
	select {
	case <-done:
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.err
	case <-ctx.Done():
		return fmt.Errorf("did not end in time: %w", context.Cause(ctx))
	}
}
