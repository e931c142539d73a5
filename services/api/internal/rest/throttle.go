package rest

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// ThrottleStore counts calls in sliding windows. Take counts one call of key and returns 0, or how long to wait when the
// window already holds limit calls; a refused call is not counted.
type ThrottleStore interface {
	Take(ctx context.Context, key string, limit int, window time.Duration, now time.Time) (wait time.Duration, err error)
	Reset(ctx context.Context) error
}

// throttle refuses an anonymous caller who is too fast. The windows are asked from the longest to the shortest, and a call
// counts in each window that it passes (rest-1.md §1.8).
func (r *Router) throttle(ctx context.Context, op *Operation, p *access.Principal) error {
	t := op.Throttle
	if t == nil || p.Authenticated() {
		return nil
	}
	now, caller := r.options.Now(), throttled(p.IP)
	for _, w := range []struct {
		name   string
		limit  int
		window time.Duration
	}{{"minute", t.PerMinute, time.Minute}, {"day", t.PerDay, 24 * time.Hour}} {
		if w.limit <= 0 {
			continue
		}
		wait, err := r.options.Throttle.Take(ctx, fmt.Sprintf("%s:%s:%s", t.Name, w.name, caller), w.limit, w.window, now)
		if err != nil {
			r.options.Log.Warn("throttle counters are away", zap.Error(err))
			continue
		}
		if wait > 0 {
			return fault.Throttled(wait)
		}
	}
	return nil
}

// throttled is what a throttle counts by: the address, or the network of an IPv6 one, as whoever has one has 2^64 of them.
func throttled(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil || !a.Is6() {
		return ip
	}
	network, err := a.Prefix(64)
	if err != nil {
		return ip
	}
	return network.String()
}

// MemoryThrottle counts in this process. It is the fallback while Redis is away and the store of tests.
type MemoryThrottle struct {
	mu    sync.Mutex
	calls map[string][]time.Time
}

const maxThrottleKeys = 100_000 // addresses held at most; beyond that the map starts anew

// NewMemoryThrottle returns an empty store.
func NewMemoryThrottle() *MemoryThrottle { return &MemoryThrottle{calls: map[string][]time.Time{}} }

// Take implements ThrottleStore.
func (m *MemoryThrottle) Take(_ context.Context, key string, limit int, window time.Duration, now time.Time) (time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls[key]
	for len(calls) > 0 && !calls[0].After(now.Add(-window)) {
		calls = calls[1:]
	}
	if len(calls) >= limit {
		m.calls[key] = calls
		return calls[len(calls)-limit].Add(window).Sub(now), nil
	}
	if len(m.calls) >= maxThrottleKeys && m.calls[key] == nil {
		clear(m.calls)
	}
	m.calls[key] = append(calls, now)
	return 0, nil
}

// Reset implements ThrottleStore.
func (m *MemoryThrottle) Reset(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.calls)
	return nil
}
