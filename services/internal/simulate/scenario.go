package simulate

import (
	"context"
	"errors"
	"fmt"
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
	case Steady, Ramp, Enrolment:
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

// postResult posts one result of one of the agent's checks: most pass, some fail, some flap. The text carries a number
// that is unique in the run, so that every acknowledged result can be found again.
func (r *run) postResult(ctx context.Context, a *agent) error {
	a.mu.Lock()
	if len(a.checks) == 0 {
		a.mu.Unlock()
		return errors.New("agent has no checks")
	}
	check := a.checks[a.rng.IntN(len(a.checks))]
	flap := a.rng.Float64()
	a.mu.Unlock()
	number := r.generation.Add(1)
	body, err := resultBody(a, check, flap, fmt.Sprintf("%s-%d-%d", r.marker, a.Index, number))
	if err != nil {
		return err
	}
	return r.http.do(ctx, a.Index, http.MethodPatch, "/api/v3/checkrunner/", "Authorization", "Token "+a.Token, body, nil)
}

func resultBody(a *agent, check agentwire.Check, flap float64, mark string) (any, error) {
	failing := check.ID%10 == 0 || flap < 0.05 // every tenth check fails always, the others now and then
	switch check.CheckType {
	case "ping":
		status := "passing"
		if failing {
			status = "failing"
		}
		return agentwire.PingResult{ID: check.ID, AgentID: a.AgentID, Status: status, Output: mark}, nil
	case "script":
		body := agentwire.ScriptCheckResult{ID: check.ID, AgentID: a.AgentID, Stdout: mark, Runtime: 0.25}
		if failing {
			body.RetCode = 1
		}
		return body, nil
	case "cpuload", "memory":
		return agentwire.PercentResult{ID: check.ID, AgentID: a.AgentID, Percent: int(flap * 100)}, nil
	case "diskspace":
		return agentwire.DiskSpaceResult{ID: check.ID, AgentID: a.AgentID, MoreInfo: mark, PercentUsed: flap * 100, Exists: true}, nil
	}
	return nil, fmt.Errorf("no simulated result for check type %q", check.CheckType)
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
	}
	if len(r.agents) > 0 && len(r.agents[0].checks) > 0 {
		streams = append(streams, stream{150 * time.Second / time.Duration(len(r.agents[0].checks)), r.postResult, r.posts})
	}
	var group sync.WaitGroup
	var problems collected
	for _, s := range streams {
		rate := float64(len(r.agents)) / s.every.Seconds() * r.opts.Speed
		l := load{rate: rate, workers: max(1, min(r.opts.Workers, int(rate)))}
		group.Go(func() { problems.add(r.flood(ctx, l, s.work, s.into)) })
	}
	group.Wait()
	return problems.err()
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
