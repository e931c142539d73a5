package agenthttp

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Limits bound what results may take. The zero value takes the defaults.
type Limits struct {
	// PerMinute is how many results one agent may send in a minute. A machine with five hundred checks that runs all of
	// them every minute stays well below; one that runs wild costs a map look-up for each. Default 3000.
	PerMinute int
	// BytesPerMinute is how much one agent may send in a minute. Default 512 MiB.
	BytesPerMinute int64
	// PerAgent is how many results of one agent are worked on at the same time. Agents send what their checks find as it
	// comes, a few at once. Default 32.
	PerAgent int
	// Memory is what the results of all agents that are worked on at the same time may take, in bytes; each counts for at
	// least minWeight. Others wait with their body unread. Default 128 MiB, which is 2,048 small results.
	Memory int64
	// Wait is how long a result waits for its turn before the agent is asked to come again: stock agents post once and do
	// not come again, so that waiting is better than refusing. Default 5 s.
	Wait time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.PerMinute <= 0 {
		l.PerMinute = 3000
	}
	if l.BytesPerMinute <= 0 {
		l.BytesPerMinute = 512 << 20
	}
	if l.PerAgent <= 0 {
		l.PerAgent = 32
	}
	if l.Memory <= 0 {
		l.Memory = 128 << 20
	}
	l.Memory = max(l.Memory, maxResult) // one result of any size must fit
	if l.Wait <= 0 {
		l.Wait = 5 * time.Second
	}
	return l
}

// minWeight is what a small result counts for: its body, what is decoded of it, and its request.
const minWeight = 64 << 10

// busyFor is when an agent with too many results under way may come again.
const busyFor = 2 * time.Second

// gate admits results to be worked on.
type gate struct {
	limits Limits
	memory *semaphore.Weighted

	mu     sync.Mutex
	agents map[string]int // results under way, bounded by them
}

func newGate(limits Limits) *gate {
	return &gate{limits: limits, memory: semaphore.NewWeighted(limits.Memory), agents: map[string]int{}}
}

// pass is the permission to work on a result; leave gives it back.
type pass struct {
	gate    *gate
	agentID string
	weight  int64
}

// enterAgent counts one more result of the agent, or says that it has too many under way.
func (g *gate) enterAgent(agentID string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.agents[agentID] >= g.limits.PerAgent {
		return false
	}
	g.agents[agentID]++
	return true
}

func (g *gate) leaveAgent(agentID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.agents[agentID]--; g.agents[agentID] <= 0 {
		delete(g.agents, agentID)
	}
}

// enter waits for memory for a body of the given length, which is negative when the agent did not tell. The caller has
// entered the agent.
func (g *gate) enter(ctx context.Context, agentID string, length int64) (pass, error) {
	p := pass{gate: g, agentID: agentID, weight: min(max(length, minWeight), maxResult)}
	if length < 0 {
		p.weight = maxResult
	}
	if g.memory.TryAcquire(p.weight) {
		return p, nil
	}
	ctx, cancel := context.WithTimeout(ctx, g.limits.Wait)
	defer cancel()
	if err := g.memory.Acquire(ctx, p.weight); err != nil {
		return pass{}, err //nolint:wrapcheck // the context's error; the caller knows what for
	}
	return p, nil
}

func (p pass) leave() {
	p.gate.memory.Release(p.weight)
	p.gate.leaveAgent(p.agentID)
}
