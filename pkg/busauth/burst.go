package busauth

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

// A burst of refusals is over when none came for this long.
const burstEnds = 5 * time.Second

// burst counts the agents that were told to come again, from the first of them until the storm is over, for one line in the log.
type burst struct {
	logger *zap.Logger
	now    func() time.Time

	mu          sync.Mutex
	refused     int
	first, last time.Time
}

func (b *burst) add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = b.now()
	if b.refused == 0 {
		b.first = b.last
	}
	b.refused += n
}

// tell writes the line when the burst is over, or when it must be told now.
func (b *burst) tell(must bool) {
	b.mu.Lock()
	refused, took := b.refused, b.last.Sub(b.first)
	over := refused > 0 && (must || b.now().Sub(b.last) >= burstEnds)
	if over {
		b.refused = 0
	}
	b.mu.Unlock()
	if over {
		b.logger.Warn("more agents connected at once than could be admitted in time, they were told to come again",
			zap.Int(log.FieldCount, refused), zap.Int64(log.FieldDurationMS, took.Milliseconds()))
	}
}

// run tells of every burst until the context ends.
func (b *burst) run(ctx context.Context) {
	tick := time.NewTicker(burstEnds / 5)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			b.tell(true)
			return
		case <-tick.C:
			b.tell(false)
		}
	}
}
