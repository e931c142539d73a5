package heartbeats

import (
	"sync"
	"time"
)

const (
	// A start of the service sends six messages and a requested refresh four; ten times that in ten seconds is a fault.
	rateMessages = 60
	rateWindow   = 10 * time.Second
)

// rate bounds the messages of one agent, so that one that sends a thousand times its rate costs a map look-up each.
type rate struct {
	now func() time.Time

	mu    sync.Mutex
	until time.Time
	seen  map[string]int // bounded by the connected agents, emptied with each window
}

func newRate(now func() time.Time) *rate { return &rate{now: now, seen: map[string]int{}} }

func (r *rate) allow(agentID string) bool {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.After(r.until) {
		clear(r.seen)
		r.until = now.Add(rateWindow)
	}
	r.seen[agentID]++
	return r.seen[agentID] <= rateMessages
}
