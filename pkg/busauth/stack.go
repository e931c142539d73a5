package busauth

import (
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// stack holds questions that wait for a worker, newest first: when more agents come than can be answered, some are served
// in time instead of all too late.
type stack struct {
	now    func() time.Time
	limits Limits

	mu     sync.Mutex
	items  []question
	closed bool
	ready  *sync.Cond
}

type question struct {
	m  *nats.Msg
	at time.Time
}

func newStack(now func() time.Time, limits Limits) *stack {
	s := &stack{now: now, limits: limits}
	s.ready = sync.NewCond(&s.mu)
	return s
}

// push adds a question. It returns the oldest one when too many wait, nil otherwise.
func (s *stack) push(m *nats.Msg) (surplus *nats.Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.items) >= s.limits.Waiting {
		surplus = s.items[0].m
		s.items[0].m = nil
		s.items = s.items[1:]
	}
	s.items = append(s.items, question{m, s.now()})
	s.ready.Signal()
	return surplus
}

// pop waits for the newest question. It returns with it, or instead of it, those that have waited too long, and false when
// the stack is closed and empty.
func (s *stack) pop() (m *nats.Msg, late []question, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.items) == 0 {
		if s.closed {
			return nil, nil, false
		}
		s.ready.Wait()
	}
	last := len(s.items) - 1
	q := s.items[last]
	if s.now().Sub(q.at) > s.limits.Patience {
		late, s.items = s.items, nil // all others are older
		return nil, late, true
	}
	s.items[last].m = nil
	s.items = s.items[:last]
	return q.m, s.takeLate(), true
}

// takeLate removes what has waited too long from the old end, so that its agents hear of it before they give up.
func (s *stack) takeLate() []question {
	limit, n := s.now().Add(-s.limits.Patience), 0
	for n < len(s.items) && s.items[n].at.Before(limit) {
		n++
	}
	if n == 0 {
		return nil
	}
	late := s.items[:n:n]
	s.items = s.items[n:]
	return late
}

// close lets pop return false once the stack is empty.
func (s *stack) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.ready.Broadcast()
}
