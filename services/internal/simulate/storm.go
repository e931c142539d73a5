package simulate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// reconnect cuts every connection at once and waits until all are back, as after a restart of the bus. With an API key,
// requests of a person before and meanwhile show whether others suffer.
func (r *run) reconnect(ctx context.Context) error {
	if r.opts.word != nil { // who started this process watches the person
		// Whom it waits for stands before: the server may cut some before the word is heard.
		r.comeback.begin(r.connected.Load())
		r.progress.phase(phaseReady, 0, 0)
		if err := r.opts.word(ctx); err != nil {
			return fmt.Errorf("wait for the word: %w", err)
		}
		r.progress.phase(string(Reconnect), 0, 0)
		r.comeback.cut()
		if !r.opts.Spare {
			r.cutSockets()
		}
		return r.allBack(ctx)
	}
	return r.opts.storm(ctx, r.calm, r.during, r.cutAll)
}

// storm lets a person work, before the connections are cut and until all are back; without an API key there is no person.
func (o *Options) storm(ctx context.Context, calm, during *series, cutAll func(context.Context) error) error {
	if o.Key == "" {
		return cutAll(ctx)
	}
	err := o.watched(ctx, calm, func(ctx context.Context) error {
		wait(ctx, min(probeBefore, o.Duration/4))
		return nil
	})
	if err != nil {
		return err
	}
	return o.watched(ctx, during, cutAll)
}

// watched does something while a person works. It begins when the person has had their first answer: a process takes its time to
// start, and on a busy machine it would not have begun before everything is over.
func (o *Options) watched(ctx context.Context, into *series, do func(ctx context.Context) error) error {
	probing, stop := context.WithCancel(ctx)
	defer stop()
	felt := make(chan error, 1)
	go func() { felt <- o.probe(probing, into) }()
	for into.count.Load()+into.failed.Load() == 0 {
		select {
		case err := <-felt: // it ended by itself
			if err != nil {
				return err
			}
			return do(ctx)
		default:
		}
		if !wait(ctx, probeEvery) {
			break
		}
	}
	err := do(ctx)
	stop()
	return errors.Join(err, <-felt)
}

// cutAll cuts all connections, here or at the server, and waits until all are back. When half of them are is kept too:
// the last ones may have had bad luck more than once.
func (r *run) cutAll(ctx context.Context) error {
	r.comeback.begin(r.connected.Load())
	if r.opts.Cut == nil {
		r.cutSockets()
	} else if err := r.opts.Cut(ctx); err != nil {
		return fmt.Errorf("cut the connections: %w", err)
	}
	return r.allBack(ctx)
}

func (r *run) cutSockets() {
	for _, a := range r.agents {
		a.wire.cut()
	}
}

func (r *run) allBack(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		total, back, since := r.comeback.state()
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d connections came back: %w", back, total, ctx.Err())
		case <-tick.C:
			if back >= total && r.connected.Load() >= total {
				r.sent.add(since)
				return nil
			}
		}
	}
}

// returned is called whenever an agent is connected again.
func (r *run) returned() {
	if took, counts := r.comeback.add(); counts {
		r.returns.add(took)
	}
}

// comeback counts the agents that are connected again since the cut.
type comeback struct {
	mu    sync.Mutex
	start time.Time
	total int64
	back  int64
}

func (c *comeback) begin(total int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.start, c.total, c.back = time.Now(), total, 0
}

func (c *comeback) add() (took time.Duration, counts bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.back++
	return time.Since(c.start), c.total > 0
}

// cut is called when the connections are cut, if that is not when it begins.
func (c *comeback) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.start = time.Now()
}

func (c *comeback) state() (total, back int64, since time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total, c.back, time.Since(c.start)
}
