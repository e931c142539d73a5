package presence

import (
	"slices"
	"sync"
	"time"
)

// tracker knows the connections of every agent. Each replica keeps one from the events all of them get.
type tracker struct {
	mu   sync.Mutex
	byID map[string][]connection
	// replaced is when an agent's connection was last taken over by a newer one: a second time soon after means that two
	// machines use the same token.
	replaced map[string]time.Time
}

const (
	// Two machines with one token take the connection from each other every few seconds; a single one that changes its
	// network does it once.
	contestWindow = 2 * time.Minute
	// A connection that is replaced sooner than any agent comes again was given up by its agent before it was admitted, as
	// happens when a whole fleet returns: it never stood, and nobody took it from anybody.
	stood       = 1500 * time.Millisecond
	maxReplaced = 10_000
)

func newTracker() *tracker {
	return &tracker{byID: map[string][]connection{}, replaced: map[string]time.Time{}}
}

// connected adds a connection and returns the older ones of the same agent, which have to go, and whether two machines
// seem to contest the agent's identity.
func (t *tracker) connected(c connection, now time.Time) (older []connection, contested bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	have := t.byID[c.AgentID]
	if slices.ContainsFunc(have, func(o connection) bool { return same(o, c) }) {
		return nil, false
	}
	c.seen = now
	t.byID[c.AgentID] = append(have, c)
	older = allButLatest(t.byID[c.AgentID])
	if len(older) == 0 {
		return nil, false
	}
	if !slices.ContainsFunc(older, func(o connection) bool { return now.Sub(o.seen) >= stood }) {
		return older, false
	}
	last, before := t.replaced[c.AgentID]
	if len(t.replaced) >= maxReplaced {
		clear(t.replaced)
	}
	t.replaced[c.AgentID] = now
	return older, before && now.Sub(last) < contestWindow
}

func (t *tracker) disconnected(c connection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rest := slices.DeleteFunc(t.byID[c.AgentID], func(o connection) bool { return same(o, c) })
	if len(rest) == 0 {
		delete(t.byID, c.AgentID)
		return
	}
	t.byID[c.AgentID] = rest
}

// of returns the connections of an agent.
func (t *tracker) of(agentID string) []connection {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.byID[agentID])
}

// replace takes a complete listing over; connections that began after it was taken stay.
func (t *tracker) replace(l listing) {
	byID := make(map[string][]connection, len(l.connections))
	for _, c := range l.connections {
		byID[c.AgentID] = append(byID[c.AgentID], c)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, have := range t.byID {
		for _, c := range have {
			if c.Start.After(l.taken) && !slices.ContainsFunc(byID[id], func(o connection) bool { return same(o, c) }) {
				byID[id] = append(byID[id], c)
			}
		}
	}
	t.byID = byID
}

func (t *tracker) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID)
}

// surplus returns the connections that a newer one of the same agent has replaced.
func (t *tracker) surplus() []connection {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []connection
	for _, have := range t.byID {
		out = append(out, allButLatest(have)...)
	}
	return out
}

func allButLatest(cs []connection) []connection {
	if len(cs) < 2 {
		return nil
	}
	latest := slices.MaxFunc(cs, func(a, b connection) int { return a.Start.Compare(b.Start) })
	return slices.DeleteFunc(slices.Clone(cs), func(c connection) bool { return same(c, latest) })
}

func same(a, b connection) bool { return a.ServerID == b.ServerID && a.CID == b.CID }
