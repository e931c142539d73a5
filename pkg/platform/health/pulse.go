package health

import (
	"fmt"
	"sync/atomic"
	"time"
)

// Pulse is the sign of life of a loop. While a dependency is away a loop goes on turning, so silence means that it hangs:
// the program is then not alive and the service manager starts it anew.
type Pulse struct {
	last   atomic.Pointer[time.Time] // with its monotonic clock: a corrected wall clock is no silence
	within time.Duration
	now    func() time.Time
}

// Pulse registers a loop of the program that beats at least every so often.
func (r *Registry) Pulse(name string, within time.Duration) *Pulse {
	p := &Pulse{within: within, now: r.now}
	p.Beat()
	r.Alive(name, p.check)
	return p
}

// Beat says that the loop turns. A nil Pulse says nothing.
func (p *Pulse) Beat() {
	if p != nil {
		now := p.now()
		p.last.Store(&now)
	}
}

func (p *Pulse) check() error {
	if silent := p.now().Sub(*p.last.Load()); silent > p.within {
		return fmt.Errorf("has not turned for %s", silent.Truncate(time.Second))
	}
	return nil
}
