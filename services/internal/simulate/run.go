package simulate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// run is one play of a scenario.
type run struct {
	opts     Options
	http     *client
	token    string
	agents   []*agent
	progress *progress

	connected  atomic.Int64
	commands   atomic.Int64
	generation atomic.Int64
	comeback   comeback
	servers    watched
	ledger     *Ledger // of check results
	books      books   // of everything else that is counted against the database

	enrolments *series
	connects   *series
	attempts   *series // to connect, that failed
	returns    *series // how long each agent was away
	sent       *series // publishes of the scenario
	posts      *series // acknowledged results
	answers    *series // results of commands
	calm       *series // requests of a person before the storm
	during     *series // and during it
}

func newRun(o Options) *run {
	r := &run{
		opts: o, ledger: newLedger(newMarker(o.First)), http: newClient(o),
		enrolments: newSeries(), connects: newSeries(), attempts: newSeries(), returns: newSeries(), sent: newSeries(), posts: newSeries(), answers: newSeries(), calm: newSeries(), during: newSeries(),
	}
	r.progress = newProgress(o.Progress, o.part, func() (connected, failed int64) {
		for _, s := range []*series{r.enrolments, r.connects, r.sent, r.posts, r.answers, r.calm, r.during} {
			failed += s.failed.Load()
		}
		return r.connected.Load(), failed
	})
	return r
}

// newMarker begins every result of one ledger, so that they can be found in the database. Processes that share a fleet may
// start in the same microsecond, with different first agents.
func newMarker(first int) string {
	return fmt.Sprintf("%s.%d", time.Now().UTC().Format("s20060102t150405.000000"), first)
}

func (r *run) close() {
	r.progress.stop()
	var closing sync.WaitGroup
	for _, a := range r.agents {
		closing.Go(a.close)
	}
	closing.Wait()
	r.http.close()
}

// play goes through the phases and reports, also when ctx ends in the middle of one.
func (r *run) play(ctx context.Context) (*Report, error) {
	r.generation.Store(time.Now().Unix())
	if r.opts.Scenario == Enrolment {
		return r.playEnrolment(ctx)
	}
	start := time.Now()
	err := r.open(ctx)
	if ctx.Err() != nil { // ended by its user: what was measured until now
		return r.report(ctx, r.watch(ctx), start, time.Since(start)), nil //nolint:nilerr // told to stop, which is no failure
	}
	if err != nil {
		return nil, r.strangers(err)
	}
	seen := r.watch(ctx)
	start = time.Now()
	r.progress.phase(string(r.opts.Scenario), 0, r.opts.Duration)
	scenario, cancel := context.WithTimeout(ctx, r.opts.Duration)
	err = r.scenario(scenario)
	cancel()
	took := time.Since(start)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		seen.stop()
		return nil, err
	}
	return r.report(ctx, seen, start, took), nil
}

// strangers adds to an error where the server does not know the agents why that may be.
func (r *run) strangers(err error) error {
	text := strings.ToLower(err.Error()) // the server and the library write the same with different letters
	if r.opts.State == "" || !strings.Contains(text, "status 401") && !strings.Contains(text, nats.ErrAuthorization.Error()) {
		return err
	}
	return fmt.Errorf("%w (the server does not know agents of %s: was it made anew, or were they removed? Without the file they enrol again)", err, r.opts.State)
}

// open makes the fleet ready for the scenario: enrolled, with its checks where it posts results, connected where it is to be.
func (r *run) open(ctx context.Context) error {
	if err := r.enrol(ctx, r.opts.First, r.opts.Agents); err != nil {
		return err
	}
	if r.opts.Scenario == Results || r.opts.Scenario == Steady || r.opts.Scenario == Ramp {
		if err := r.loadChecks(ctx); err != nil && (r.opts.Scenario == Results || !errors.Is(err, errNoChecks)) {
			return err
		}
	}
	if r.opts.Scenario == Results || r.opts.Scenario == Ramp {
		return ctx.Err()
	}
	if err := r.connectAll(ctx, 0); err != nil {
		return err
	}
	if r.connects.count.Load() == 0 {
		return fmt.Errorf("none of %d agents could connect to %s: %s", len(r.agents), r.opts.NATS, r.connects.reasons())
	}
	return nil
}

// playEnrolment measures the enrolment of new agents alone; their identities are not kept.
func (r *run) playEnrolment(ctx context.Context) (*Report, error) {
	r.opts.State = ""
	if err := r.installerToken(ctx); err != nil {
		return nil, err
	}
	seen, start := r.watch(ctx), time.Now()
	timed, cancel := context.WithTimeout(ctx, r.opts.Duration)
	defer cancel()
	if err := r.enrol(timed, r.opts.First, r.opts.Agents); err != nil && ctx.Err() == nil && timed.Err() == nil {
		seen.stop()
		return nil, err
	}
	return r.report(ctx, seen, start, time.Since(start)), nil
}

// parallel calls work for 0 … n-1 with a bounded number of goroutines and ends at the first error.
func parallel(ctx context.Context, workers, n int, work func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(workers, n) {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := work(ctx, i); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}
