package simulate

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// progress is the live line: phase, steps done, rate of the last second, connections. It writes to a terminal by returning to the
// start of the line.
type progress struct {
	out   io.Writer
	extra func() string // what the line ends with
	done  atomic.Int64

	mu    sync.Mutex
	name  string
	total int
	quit  chan struct{}
	ended sync.WaitGroup
}

func newProgress(out io.Writer, extra func() string) *progress {
	p := &progress{out: out, extra: extra, quit: make(chan struct{})}
	if out != nil {
		p.ended.Go(p.loop)
	}
	return p
}

func (p *progress) phase(name string, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.name, p.total = name, total
	p.done.Store(0)
}

func (p *progress) step() { p.done.Add(1) }

func (p *progress) loop() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var last int64
	for {
		select {
		case <-p.quit:
			fmt.Fprint(p.out, "\r\033[K")
			return
		case <-tick.C:
		}
		p.mu.Lock()
		name, total := p.name, p.total
		p.mu.Unlock()
		done := p.done.Load()
		rate := max(0, done-last)
		last = done
		if total > 0 {
			fmt.Fprintf(p.out, "\r\033[K%s %d of %d, %d per s, %s", name, done, total, rate, p.extra())
		} else {
			fmt.Fprintf(p.out, "\r\033[K%s %d, %d per s, %s", name, done, rate, p.extra())
		}
	}
}

func (p *progress) stop() {
	p.mu.Lock()
	select {
	case <-p.quit:
	default:
		close(p.quit)
	}
	p.mu.Unlock()
	p.ended.Wait()
}
