package heartbeats

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// item is the latest message of one agent in one lane.
type item[V any] struct {
	agentID  string
	received time.Time
	size     int
	value    V
}

// writer stores a batch in one statement and returns the facts to publish after it.
type writer[V any] func(ctx context.Context, batch []item[V]) ([]bus.Fact, error)

// lane holds the latest message of one kind per agent until it is written. A newer message replaces an older one that is
// still waiting, so its size is bounded by the number of agents, whatever they send and however long the database is away;
// maxBytes bounds the lanes whose messages are large.
type lane[V any] struct {
	name     string
	write    writer[V]
	maxBatch int
	maxBytes int // of all waiting messages; 0 for no limit
	batchMax int // bytes of one batch; 0 for no limit

	mu    sync.Mutex
	items map[string]item[V]
	bytes int
	full  chan struct{} // has a token while a whole batch waits
}

func newLane[V any](name string, maxBatch int, write writer[V]) *lane[V] {
	return &lane[V]{name: name, write: write, maxBatch: maxBatch, items: map[string]item[V]{}, full: make(chan struct{}, 1)}
}

// put keeps the message and says what became of it: "" for nothing special, "coalesced" when it replaced one, "full"
// when there is no room.
func (l *lane[V]) put(it item[V]) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	old, replaced := l.items[it.agentID]
	if l.maxBytes > 0 && l.bytes-old.size+it.size > l.maxBytes {
		return "full"
	}
	l.items[it.agentID] = it
	l.bytes += it.size - old.size
	if len(l.items) >= l.maxBatch {
		select {
		case l.full <- struct{}{}:
		default:
		}
	}
	if replaced {
		return "coalesced"
	}
	return ""
}

// take removes and returns up to a batch.
func (l *lane[V]) take() []item[V] {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch := make([]item[V], 0, min(l.maxBatch, len(l.items)))
	bytes := 0
	for id, it := range l.items {
		if len(batch) == l.maxBatch || (l.batchMax > 0 && len(batch) > 0 && bytes+it.size > l.batchMax) {
			break
		}
		bytes += it.size
		batch = append(batch, it)
		delete(l.items, id)
	}
	l.bytes -= bytes
	return batch
}

// restore puts back what could not be written, unless something newer has come meanwhile.
func (l *lane[V]) restore(batch []item[V]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, it := range batch {
		if _, newer := l.items[it.agentID]; !newer {
			l.items[it.agentID] = it
			l.bytes += it.size
		}
	}
}

func (l *lane[V]) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.items)
}

const (
	retryFirst   = 100 * time.Millisecond
	retryLongest = 5 * time.Second
	writeWithin  = 30 * time.Second
)

// run writes batches until the context ends: when one is full, and what waits at every tick of the interval. A database
// that is away costs lateness only.
func (l *lane[V]) run(ctx context.Context, in *Ingest) {
	timer := time.NewTimer(in.interval)
	defer timer.Stop()
	retry := retryFirst
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-l.full:
		}
		if err := l.flush(ctx, in); err != nil {
			if ctx.Err() != nil {
				return
			}
			in.limited.Warn(l.name, "check-ins wait for the database", zap.String("kind", l.name), zap.Int(log.FieldCount, l.waiting()), zap.Error(err))
			if !pause(ctx, health.Jitter(retry)) {
				return
			}
			retry = min(2*retry, retryLongest)
		} else {
			retry = retryFirst
		}
		timer.Reset(in.interval)
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// flush writes everything that waits.
func (l *lane[V]) flush(ctx context.Context, in *Ingest) error {
	for rounds := l.waiting()/l.maxBatch + 1; rounds > 0; rounds-- {
		batch := l.take()
		if len(batch) == 0 {
			return nil
		}
		left, err := l.store(ctx, in, batch)
		if err != nil {
			l.restore(left)
			return err
		}
	}
	return nil
}

// store writes one batch. A batch that the database refuses for its content is cut in halves until the one message that
// is to blame is found and dropped. What could not be written is returned with the error.
func (l *lane[V]) store(ctx context.Context, in *Ingest, batch []item[V]) ([]item[V], error) {
	start := in.now()
	limited, cancel := context.WithTimeout(ctx, writeWithin)
	facts, err := l.write(limited, batch)
	cancel()
	switch {
	case err == nil:
		in.stored(l.name, len(batch), oldest(batch), start)
		in.publish(facts)
		return nil, nil
	case !refusedContent(err):
		return batch, err
	case len(batch) == 1:
		in.refuse(l.name, batch[0].agentID, reasonRefusedByDatabase, err)
		return nil, nil
	}
	half := len(batch) / 2
	if left, err := l.store(ctx, in, batch[:half]); err != nil {
		return append(left, batch[half:]...), err
	}
	return l.store(ctx, in, batch[half:])
}

// refusedContent says whether the database will never take the batch: data exception, integrity constraint.
func refusedContent(err error) bool {
	code := postgres.Code(err)
	return len(code) == 5 && (code[:2] == "22" || code[:2] == "23") || errors.Is(err, errContent)
}

// errContent marks a batch that cannot be rendered for the database.
var errContent = errors.New("message cannot be stored")

func oldest[V any](batch []item[V]) time.Time {
	first := batch[0].received
	for _, it := range batch[1:] {
		if it.received.Before(first) {
			first = it.received
		}
	}
	return first
}
