package simulate

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func (r *run) scenario(ctx context.Context) error {
	switch r.opts.Scenario {
	case Heartbeats:
		return r.flood(ctx, r.offered(), func(_ context.Context, a *agent) error { return a.checkIn(agentwire.KindHello) }, r.sent)
	case Inventory:
		return r.flood(ctx, r.offered(), func(_ context.Context, a *agent) error {
			a.mu.Lock()
			changed := a.rng.Float64() < r.opts.Changed
			a.mu.Unlock()
			return a.reportHardware(changed)
		}, r.sent)
	case Results:
		return r.flood(ctx, r.offered(), r.postResult, r.posts)
	case Reconnect:
		return r.reconnect(ctx)
	case BulkScript:
		return r.bulk(ctx)
	case Ramp:
		return r.ramp(ctx)
	case Steady, Enrolment:
	}
	return r.steady(ctx)
}

// load is an offered rate per second (0: no limit) and how many goroutines offer it.
type load struct {
	rate    float64
	workers int
}

func (r *run) offered() load { return load{rate: r.opts.Rate, workers: r.opts.Workers} }

// flood offers the work at the load's rate, going round the fleet.
func (r *run) flood(ctx context.Context, l load, work func(ctx context.Context, a *agent) error, into *series) error {
	pace := newPacer(l.rate)
	var next atomic.Int64
	var group sync.WaitGroup
	for range l.workers {
		group.Go(func() {
			for pace.next(ctx) {
				a := r.agents[int(next.Add(1)-1)%len(r.agents)]
				start := time.Now()
				err := work(ctx, a)
				switch {
				case errors.Is(err, errNotYet):
				case err == nil:
					into.add(time.Since(start))
					r.progress.step()
				case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil, errors.Is(err, context.Canceled):
				default:
					into.fail(err)
					wait(ctx, 10*time.Millisecond)
				}
			}
		})
	}
	group.Wait()
	return nil
}

// ramp lets the fleet connect evenly over nine tenths of the duration, while those that are connected do as in steady.
func (r *run) ramp(ctx context.Context) error {
	var group sync.WaitGroup
	var problems collected
	group.Go(func() { problems.add(r.connectAll(ctx, r.opts.Duration*9/10)) })
	problems.add(r.steady(ctx))
	group.Wait()
	return problems.err()
}

// errNotYet says that an agent has not connected for the first time: it does nothing yet.
var errNotYet = errors.New("not connected yet")

// begun wraps work so that agents begin it when they have connected.
func begun(work func(ctx context.Context, a *agent) error) func(ctx context.Context, a *agent) error {
	return func(ctx context.Context, a *agent) error {
		a.mu.Lock()
		conn := a.conn
		a.mu.Unlock()
		if conn == nil {
			return errNotYet
		}
		return work(ctx, a)
	}
}

// steady plays every message of real agents at its mean real interval, evenly spread over the fleet.
func (r *run) steady(ctx context.Context) error {
	type stream struct {
		every time.Duration
		work  func(ctx context.Context, a *agent) error
		into  *series
	}
	checkIn := func(kind agentwire.Kind) func(context.Context, *agent) error {
		return func(_ context.Context, a *agent) error { return a.checkIn(kind) }
	}
	streams := []stream{ // the middles of the ranges of agent-protocol.md §2.5
		{45 * time.Second, checkIn(agentwire.KindHello), r.sent},
		{300 * time.Second, checkIn(agentwire.KindAgentInfo), r.sent},
		{400 * time.Second, checkIn(agentwire.KindPublicIP), r.sent},
		{1500 * time.Second, checkIn(agentwire.KindDisks), r.sent},
		{2700 * time.Second, checkIn(agentwire.KindWinServices), r.sent},
		{3500 * time.Second, checkIn(agentwire.KindWMI), r.sent},
		{3150 * time.Second, r.postSoftware, r.sent},
	}
	if len(r.agents) > 0 && len(r.agents[0].checks) > 0 {
		streams = append(streams, stream{150 * time.Second / time.Duration(len(r.agents[0].checks)), r.postResult, r.posts})
	}
	var group sync.WaitGroup
	var problems collected
	for _, s := range streams {
		rate := float64(len(r.agents)) / s.every.Seconds() * r.opts.Speed
		l := load{rate: rate, workers: max(1, min(r.opts.Workers, int(rate)))}
		group.Go(func() { problems.add(r.flood(ctx, l, begun(s.work), s.into)) })
	}
	group.Wait()
	return problems.err()
}

// postSoftware reports the installed software; only Windows agents have an inventory of it.
func (r *run) postSoftware(ctx context.Context, a *agent) error {
	if platform(a.Index) != "windows" {
		return errNotYet
	}
	return r.http.do(ctx, a.Index, http.MethodPost, "/api/v3/software/", "Authorization", "Token "+a.Token, software(a.Index, a.AgentID), nil)
}

// collected gathers errors of goroutines.
type collected struct {
	mu   sync.Mutex
	errs []error
}

func (c *collected) add(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err)
}

func (c *collected) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.errs...)
}
