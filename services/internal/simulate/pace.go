package simulate

import (
	"context"
	"sync"
	"time"
)

// pacer hands out starts at a rate; a rate of 0 hands them out at once. A slow consumer does not get a burst afterwards
// that is longer than a tenth of a second.
type pacer struct {
	mu       sync.Mutex
	interval time.Duration
	next0    time.Time
}

func newPacer(rate float64) *pacer {
	p := &pacer{next0: time.Now()}
	if rate > 0 {
		p.interval = time.Duration(float64(time.Second) / rate)
	}
	return p
}

func (p *pacer) next(ctx context.Context) bool {
	if p.interval == 0 {
		return ctx.Err() == nil
	}
	p.mu.Lock()
	now := time.Now()
	if oldest := now.Add(-100 * time.Millisecond); p.next0.Before(oldest) {
		p.next0 = oldest
	}
	at := p.next0
	p.next0 = p.next0.Add(p.interval)
	p.mu.Unlock()
	if d := at.Sub(now); d > time.Millisecond {
		return wait(ctx, d)
	}
	return ctx.Err() == nil
}
