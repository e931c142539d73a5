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
	if r.opts.Key == "" {
		return r.cutAll(ctx)
	}
	calm, cancel := context.WithTimeout(ctx, min(probeBefore, r.opts.Duration/4))
	err := r.probe(calm, r.calm)
	cancel()
	if err != nil {
		return err
	}
	probing, stop := context.WithCancel(ctx)
	felt := make(chan error, 1)
	go func() { felt <- r.probe(probing, r.storm) }()
	err = r.cutAll(ctx)
	stop()
	return errors.Join(err, <-felt)
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
