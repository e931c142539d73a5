// Package queue is the background work of the product on Redis (asynq): named kinds of tasks in three queues, retries with
// back-off and jitter, deadlines, a dead-letter list, and connections that come up late and recover alone.
//
// A task is handed over at least once. Work that must not happen twice, and work that must not be lost with Redis, goes
// through pkg/outbox, which remembers in Postgres what is done.
package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hibiken/asynq"
)

// The queues. Their tasks share the workers 6:3:1, so that none starves.
const (
	Critical = "critical"
	Default  = "default"
	Low      = "low"
)

// Names lists the queues, the most important first.
func Names() []string { return []string{Critical, Default, Low} }

// Weights is how the workers are shared while all queues have tasks.
func Weights() map[string]int { return map[string]int{Critical: 6, Default: 3, Low: 1} }

// Defaults of a Kind.
const (
	DefaultTimeout  = time.Minute
	DefaultMaxRetry = 12
)

// Kind is what producers and workers agree on for tasks of one sort.
type Kind struct {
	Name string
	// Summary says on the reference page what such a task does: one sentence without a full stop.
	Summary string
	// Timeout is the deadline of one attempt; default one minute.
	Timeout time.Duration
	// MaxRetry is how often a failed task is tried again before it is dead; 0 means DefaultMaxRetry, negative none.
	MaxRetry int
}

// WithDefaults returns the kind with the numbers that hold where it declares none.
func (k Kind) WithDefaults() Kind {
	k.Timeout, k.MaxRetry = k.timeout(), k.maxRetry()
	return k
}

// Task is one piece of work.
type Task struct {
	// ID makes the task unique: a second one with the same ID is refused while the first is in the queue. Empty = random.
	ID      string
	Kind    string
	Queue   string // empty = Default
	Payload []byte // JSON
	// RequestID is that of the request which asked for the work; handlers have it in their context. Empty = none.
	RequestID string
	// Attempt counts from 1. Set for handlers only.
	Attempt int
	// Last tells a handler that the task is dead if it fails now.
	Last bool
}

// Handler does the work of one kind. It must be safe to run twice for one task.
type Handler struct {
	Kind
	Do func(ctx context.Context, task Task) error
}

var (
	// ErrExists means that the queue has a task with this ID (or with the same content, for unique tasks).
	ErrExists = errors.New("task is in the queue already")
	// ErrNotFound means that no queue has the task.
	ErrNotFound = errors.New("no such task")
)

// Permanent marks an error that trying again does not cure: the task goes to the dead letters at once.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ err error }

func (e *permanentError) Error() string   { return e.err.Error() }
func (e *permanentError) Unwrap() []error { return []error{e.err, asynq.SkipRetry} }

// NotBegun marks an error that came before the work began, because something that every attempt needs is away: the database,
// the message bus. It is no attempt: the task waits a moment and comes again as often as it takes. Otherwise an outage of two
// minutes would use up the attempts of all tasks.
func NotBegun(err error) error {
	if err == nil {
		return nil
	}
	return &notBegunError{err}
}

type notBegunError struct{ err error }

func (e *notBegunError) Error() string { return e.err.Error() }
func (e *notBegunError) Unwrap() error { return e.err }

// begun says whether an attempt that ended with err counts as one.
func begun(err error) bool {
	var not *notBegunError
	return !errors.As(err, &not)
}

func (k Kind) timeout() time.Duration {
	if k.Timeout <= 0 {
		return DefaultTimeout
	}
	return k.Timeout
}

func (k Kind) maxRetry() int {
	switch {
	case k.MaxRetry == 0:
		return DefaultMaxRetry
	case k.MaxRetry < 0:
		return 0
	}
	return k.MaxRetry
}

// kindsByName refuses two kinds with one name.
func kindsByName(kinds []Kind) (map[string]Kind, error) {
	byName := make(map[string]Kind, len(kinds))
	for _, k := range kinds {
		if k.Name == "" {
			return nil, errors.New("task kind without a name")
		}
		if _, twice := byName[k.Name]; twice {
			return nil, fmt.Errorf("task kind %q is declared twice", k.Name)
		}
		byName[k.Name] = k
	}
	return byName, nil
}

// Backoff is the pause before the n-th retry (from 1): 5 s, 10 s, 20 s … up to 30 minutes, ±25 %.
func Backoff(n int) time.Duration { return backoff(n, 5*time.Second) }

func backoff(n int, first time.Duration) time.Duration {
	const longest = 30 * time.Minute
	d := longest
	if n < 16 {
		d = min(first<<max(n-1, 0), longest)
	}
	return d*3/4 + rand.N(d/2+1)
}
