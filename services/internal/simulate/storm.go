package simulate

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// probeEvery is the pause between two requests of the person who works while the fleet comes back.
const (
	probeEvery  = 20 * time.Millisecond
	probeBefore = 3 * time.Second
)

// probe asks for a page of agents again and again, as a person's browser does, until the context ends.
func (r *run) probe(ctx context.Context, into *series) {
	for wait(ctx, probeEvery) {
		start := time.Now()
		err := r.http.do(ctx, 0, http.MethodGet, "/v1/agents?limit=50", "X-API-KEY", r.opts.Key, nil, nil)
		switch {
		case err == nil:
			into.add(time.Since(start))
		case ctx.Err() == nil:
			into.fail(err)
		}
	}
}

// reconnect cuts every connection at once and waits until all are back, as after a restart of the bus. With an API key,
// requests of a person before and meanwhile show whether others suffer.
func (r *run) reconnect(ctx context.Context) error {
	if r.opts.Key == "" {
		return r.cutAll(ctx)
	}
	calm, cancel := context.WithTimeout(ctx, min(probeBefore, r.opts.Duration/4))
	r.probe(calm, r.calm)
	cancel()
	probing, stop := context.WithCancel(ctx)
	var person sync.WaitGroup
	person.Go(func() { r.probe(probing, r.storm) })
	err := r.cutAll(ctx)
	stop()
	person.Wait()
	return err
}

// cutAll cuts all connections, here or at the server, and waits until all are back. When half of them are is kept too:
// the last ones may have had bad luck more than once.
func (r *run) cutAll(ctx context.Context) error {
	total := r.connected.Load()
	r.comeback.begin(total)
	start := time.Now()
	if r.opts.Cut != nil {
		if err := r.opts.Cut(ctx); err != nil {
			return fmt.Errorf("cut the connections: %w", err)
		}
	} else {
		for _, a := range r.agents {
			a.wire.cut()
		}
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d connections came back: %w", r.comeback.count(), total, ctx.Err())
		case <-tick.C:
			if r.comeback.count() >= total && r.connected.Load() >= total {
				r.sent.add(time.Since(start))
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

func (c *comeback) count() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.back
}
