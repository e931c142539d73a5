package presence

import (
	"sync"
	"time"
)

// span is one connection: when it began and, when it is over, ended.
type span struct{ start, end time.Time }

// pending holds the latest connect and disconnect of each agent until they are written: two maps bounded by the number
// of agents.
type pending struct {
	mu           *sync.Mutex
	connected    map[string]time.Time
	disconnected map[string]span
}

func newPending() pending {
	return pending{mu: &sync.Mutex{}, connected: map[string]time.Time{}, disconnected: map[string]span{}}
}

func (p *pending) connect(c connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.Start.After(p.connected[c.AgentID]) {
		p.connected[c.AgentID] = c.Start
	}
}

func (p *pending) disconnect(c connection, end time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old, have := p.disconnected[c.AgentID]; !have || c.Start.After(old.start) {
		p.disconnected[c.AgentID] = span{c.Start, end}
	}
}

// take removes and returns everything.
func (p *pending) take() (connected map[string]time.Time, disconnected map[string]span) {
	p.mu.Lock()
	defer p.mu.Unlock()
	connected, disconnected = p.connected, p.disconnected
	p.connected, p.disconnected = map[string]time.Time{}, map[string]span{}
	return connected, disconnected
}

// restore puts back what could not be written, unless later events have come meanwhile.
func (p *pending) restore(connected map[string]time.Time, disconnected map[string]span) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, start := range connected {
		if start.After(p.connected[id]) {
			p.connected[id] = start
		}
	}
	for id, s := range disconnected {
		if old, have := p.disconnected[id]; !have || s.start.After(old.start) {
			p.disconnected[id] = s
		}
	}
}
