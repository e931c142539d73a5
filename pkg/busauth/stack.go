package busauth

import (
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// Deployed agents give up a connection after two seconds. An answer that comes later is work for nothing, and a queue
	// that is worked off in order would give everybody such an answer once it is two seconds long.
	useful = 1800 * time.Millisecond
	// maxWaiting bounds the questions that wait.
	maxWaiting = 16384
)

// stack holds questions that wait for a worker, newest first: when more agents come than can be answered, some are served
// in time instead of all too late.
type stack struct {
	now func() time.Time

	mu     sync.Mutex
	items  []question
	closed bool
	ready  *sync.Cond
}

type question struct {
	m  *nats.Msg
	at time.Time
}

func newStack(now func() time.Time) *stack {
	s := &stack{now: now}
	s.ready = sync.NewCond(&s.mu)
	return s
}

// push adds a question and returns how many were given up for it.
func (s *stack) push(m *nats.Msg) (dropped int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.items) >= maxWaiting {
		dropped = s.dropStale()
		if dropped == 0 {
			s.items, dropped = s.items[1:], 1
		}
	}
	s.items = append(s.items, question{m, s.now()})
	s.ready.Signal()
	return dropped
}

// pop waits for the newest question. It returns how many older ones nobody waits for any more, and false when the stack
// is closed and empty.
func (s *stack) pop() (m *nats.Msg, dropped int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.items) == 0 {
		if s.closed {
			return nil, 0, false
		}
		s.ready.Wait()
	}
	last := len(s.items) - 1
	q := s.items[last]
	s.items = s.items[:last]
	if s.now().Sub(q.at) > useful {
		dropped = len(s.items) + 1 // all others are older
		s.items = s.items[:0]
		return nil, dropped, true
	}
	return q.m, 0, true
}

func (s *stack) dropStale() int {
	limit, n := s.now().Add(-useful), 0
	for n < len(s.items) && s.items[n].at.Before(limit) {
		n++
	}
	s.items = s.items[n:]
	return n
}

// close lets pop return false once the stack is empty.
func (s *stack) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.ready.Broadcast()
}
