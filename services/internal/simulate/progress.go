package simulate

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// status is what the progress display shows. It travels as JSON from the processes of a fleet to the one that shows it.
type status struct {
	Phase     string        `json:"phase"`
	Done      int64         `json:"done"`
	Total     int64         `json:"total"` // 0: not known
	PerSecond int64         `json:"per_second"`
	Failed    int64         `json:"failed"` // since the start of the run
	Connected int64         `json:"connected"`
	Elapsed   time.Duration `json:"elapsed"` // in this phase
	Bound     time.Duration `json:"bound"`   // how long the phase lasts at most; 0: until it is done
}

// String is the line for people.
func (s status) String() string {
	var b strings.Builder
	b.WriteString(s.Phase)
	fmt.Fprintf(&b, " %s", s.Elapsed.Truncate(time.Second))
	if s.Bound > 0 {
		fmt.Fprintf(&b, " of %s", s.Bound)
	}
	fmt.Fprintf(&b, ": %d", s.Done)
	if s.Total > 0 {
		fmt.Fprintf(&b, " of %d", s.Total)
	}
	fmt.Fprintf(&b, " done, %d per s, %d failed, %d connected", s.PerSecond, s.Failed, s.Connected)
	return b.String()
}

// together makes one status of those of several processes: the phase of the first one, with what those in the same phase do.
func together(parts []status) (sum status) {
	for _, p := range parts {
		if p.Phase == "" {
			continue // has not said anything yet
		}
		if sum.Phase == "" {
			sum.Phase, sum.Bound = p.Phase, p.Bound
		}
		sum.Failed += p.Failed
		sum.Connected += p.Connected
		if p.Phase != sum.Phase {
			continue
		}
		sum.Elapsed = max(sum.Elapsed, p.Elapsed)
		sum.Done += p.Done
		sum.Total += p.Total
		sum.PerSecond += p.PerSecond
	}
	return sum
}

// How often the display is renewed: a terminal each second, a file or pipe with one line now and then.
const (
	showEvery  = time.Second
	printEvery = 10 * time.Second
)

// display writes statuses: on a terminal one line that is written over, as wide as the terminal; else lines.
type display struct {
	out      io.Writer
	terminal bool
	columns  func() int
	printed  time.Time
	phase    string
}

func newDisplay(out io.Writer) *display {
	columns, terminal := terminalOf(out)
	return &display{out: out, terminal: terminal, columns: columns}
}

// show writes the status when it is time.
func (d *display) show(s status, now time.Time) {
	if s.Phase == "" {
		return
	}
	if d.terminal {
		line := s.String()
		if n := d.columns(); n > 1 && len(line) >= n {
			line = line[:n-1]
		}
		fmt.Fprintf(d.out, "\r\033[K%s", line)
		return
	}
	if s.Phase == d.phase && now.Sub(d.printed) < printEvery {
		return
	}
	d.phase, d.printed = s.Phase, now
	fmt.Fprintln(d.out, s)
}

// clear takes the line off the terminal.
func (d *display) clear() {
	if d.terminal {
		fmt.Fprint(d.out, "\r\033[K")
	}
}

// progress keeps the status of this process and shows it each second.
type progress struct {
	show  func(status, time.Time)
	clear func()
	extra func() (connected, failed int64)
	done  atomic.Int64

	mu    sync.Mutex
	now   status
	began time.Time
	quit  chan struct{}
	ended sync.WaitGroup
}

// newProgress shows on out, which may be nil. With asPart it writes the status as JSON for the process that started this one.
func newProgress(out io.Writer, asPart bool, extra func() (connected, failed int64)) *progress {
	p := &progress{extra: extra, quit: make(chan struct{}), clear: func() {}}
	switch {
	case out == nil:
		return p
	case asPart:
		enc := json.NewEncoder(out)
		p.show = func(s status, _ time.Time) {
			if enc.Encode(s) != nil {
				p.show = func(status, time.Time) {} // nobody reads any more
			}
		}
	default:
		d := newDisplay(out)
		p.show, p.clear = d.show, d.clear
	}
	p.ended.Go(p.loop)
	return p
}

// phase begins a phase with so many steps, 0 when that is not known, that lasts at most so long, 0 when it has no bound.
func (p *progress) phase(name string, total int, bound time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now, p.began = status{Phase: name, Total: int64(total), Bound: bound}, time.Now()
	p.done.Store(0)
}

func (p *progress) step() { p.done.Add(1) }

// where is the name of the phase.
func (p *progress) where() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now.Phase
}

func (p *progress) loop() {
	tick := time.NewTicker(showEvery)
	defer tick.Stop()
	var last int64
	var phase string
	for {
		var now time.Time
		select {
		case <-p.quit:
			p.clear()
			return
		case now = <-tick.C:
		}
		p.mu.Lock()
		s, began := p.now, p.began
		p.mu.Unlock()
		if s.Phase != phase {
			phase, last = s.Phase, 0
		}
		s.Done = p.done.Load()
		s.PerSecond = max(0, s.Done-last)
		last = s.Done
		s.Connected, s.Failed = p.extra()
		s.Elapsed = now.Sub(began)
		p.show(s, now)
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
