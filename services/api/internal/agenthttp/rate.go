package agenthttp

import (
	"sync"
	"time"
)

const rateWindow = time.Minute

// rate bounds the results of each agent, so that one that runs wild does not fill the result stream for all. The count is
// this replica's.
type rate struct {
	limits Limits
	now    func() time.Time

	mu    sync.Mutex
	until time.Time
	used  map[string]use // bounded by the agents, emptied with each window
}

type use struct {
	results int
	bytes   int64
}

func newRate(limits Limits, now func() time.Time) *rate {
	return &rate{limits: limits, now: now, used: map[string]use{}}
}

// take counts one result; it returns 0, or how long the agent must wait.
func (r *rate) take(agentID string) time.Duration {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.Before(r.until) || r.until.Sub(now) > rateWindow { // also when the clock was set back
		clear(r.used)
		r.until = now.Add(rateWindow)
	}
	u := r.used[agentID]
	if u.results >= r.limits.PerMinute || u.bytes >= r.limits.BytesPerMinute {
		return r.until.Sub(now)
	}
	u.results++
	r.used[agentID] = u
	return 0
}

// charge counts what a result weighed, which is known when it has been read.
func (r *rate) charge(agentID string, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.used[agentID]
	u.bytes += bytes
	r.used[agentID] = u
}
