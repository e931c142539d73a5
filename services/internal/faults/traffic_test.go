package faults

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/internal/simulate"
)

// traffic is results and heartbeats that flow until they are stopped.
type traffic struct {
	st     *stage
	fleet  *simulate.Fleet
	ledger *simulate.Ledger
	began  time.Time
	took   time.Duration // until it was stopped
	stops  []func() error
}

// start begins the load on a fleet. Half of the agents keep results until they are acknowledged.
func (st *stage) start(ctx context.Context, f *simulate.Fleet, l simulate.Load) *traffic {
	tr := &traffic{st: st, fleet: f, ledger: f.NewLedger(), began: time.Now()}
	tr.run(ctx, func(ctx context.Context) error { return f.Post(ctx, l, tr.ledger) })
	return tr
}

// ordinary is the load under which most faults are tried.
func (st *stage) ordinary() simulate.Load {
	return simulate.Load{Rate: st.rate, Workers: 16, Keep: true}
}

// begin starts ordinary load with heartbeats.
func (st *stage) begin(ctx context.Context) *traffic {
	tr := st.start(ctx, st.fleet, st.ordinary())
	tr.run(ctx, func(ctx context.Context) error { return st.fleet.Beat(ctx, st.beats) })
	return tr
}

// run adds a stream of load; the result stops it.
func (tr *traffic) run(ctx context.Context, do func(ctx context.Context) error) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	var result error
	stopped := false
	stop = func() error {
		if cancel(); !stopped {
			stopped, result = true, <-done
		}
		return result
	}
	tr.stops = append(tr.stops, stop)
	return stop
}

// flows waits until n more results are acknowledged.
func (tr *traffic) flows(t *testing.T, n int64) {
	t.Helper()
	goal := tr.ledger.Acknowledged() + n
	require.Eventually(t, func() bool { return tr.ledger.Acknowledged() >= goal }, within, every,
		"%d more results are acknowledged; refused so far: %v", n, tr.ledger.Refused())
}

// beats waits until every agent is connected and has sent another heartbeat.
func (tr *traffic) beats(ctx context.Context, t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return tr.fleet.Connected() == tr.fleet.Size() }, within, every, "all agents are connected again")
	before := tr.heartbeats(ctx, t)
	require.Eventually(t, func() bool {
		limited, cancel := context.WithTimeout(ctx, within/4)
		defer cancel()
		now, err := tr.fleet.Heartbeats(limited) // an error while one of them connects again
		return err == nil && len(now) == tr.fleet.Size() && !slices.ContainsFunc(slices.Collect(maps.Keys(now)), func(id string) bool { return now[id] == before[id] })
	}, within, 10*every, "every agent sends heartbeats")
}

// heartbeats are the last ones that the bus has taken.
func (tr *traffic) heartbeats(ctx context.Context, t *testing.T) (last map[string]simulate.Heartbeat) {
	t.Helper()
	require.Eventually(t, func() (ok bool) {
		limited, cancel := context.WithTimeout(ctx, within/4)
		defer cancel()
		var err error
		last, err = tr.fleet.Heartbeats(limited)
		return err == nil
	}, within, every, "the bus takes heartbeats")
	return last
}

// stop ends the load.
func (tr *traffic) stop(t *testing.T) {
	t.Helper()
	for _, stop := range tr.stops {
		require.NoError(t, stop())
	}
	tr.took = time.Since(tr.began)
}

// end stops the load and settles the books.
func (tr *traffic) end(ctx context.Context, t *testing.T, fault string) {
	t.Helper()
	tr.stop(t)
	tr.settle(ctx, t, fault)
}

// settle compares what was acknowledged with what is stored: every result acknowledged is stored once, nothing is stored twice, the last
// heartbeat of every agent is there, no refusal made an agent drop a result, and each said when to come again.
func (tr *traffic) settle(ctx context.Context, t *testing.T, fault string) {
	t.Helper()
	losses, err := tr.ledger.Settle(ctx, tr.st.suite.DatabaseURL(), within)
	require.NoError(t, err)
	t.Logf("%-34s %6.1f s  acknowledged %6d  stored %6d  lost %d  doubled %d  unanswered %d  settled after %.1f s  refused %s",
		fault, tr.took.Seconds(), losses.Acknowledged, losses.Stored, losses.Lost, losses.Doubled, losses.Unanswered, losses.SettledAfter, refusals(tr.ledger))
	require.Positive(t, losses.Acknowledged)
	require.Zero(t, losses.Lost, "lost: %v", losses.Missing)
	require.Zero(t, losses.Doubled, "stored more than once")
	require.Zero(t, tr.ledger.Unhinted(), "refusals without Retry-After")
	for class := range tr.ledger.Refused() {
		require.False(t, strings.HasPrefix(class, "status 4") || class == "status 500", "refusals that lose results: %v", tr.ledger.Refused())
	}
	tr.stored(ctx, t, tr.heartbeats(ctx, t))
}

func refusals(l *simulate.Ledger) string {
	refused := l.Refused()
	words := make([]string, 0, len(refused))
	for _, class := range slices.Sorted(maps.Keys(refused)) {
		words = append(words, fmt.Sprintf("%d × %s", refused[class], class))
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// stored waits until the database has exactly these heartbeats, seen when or after they were sent.
func (tr *traffic) stored(ctx context.Context, t *testing.T, sent map[string]simulate.Heartbeat) {
	t.Helper()
	var problem error
	require.Eventually(t, func() bool { problem = tr.missing(ctx, sent); return problem == nil }, within, 2*every, "every agent's last heartbeat is stored")
	require.NoError(t, problem)
}

func (tr *traffic) missing(ctx context.Context, sent map[string]simulate.Heartbeat) error {
	rows, err := tr.st.pool.Query(ctx, `SELECT a.agent_id, p.version, p.last_seen FROM agents a JOIN agent_presence p ON p.agent_id = a.id WHERE a.agent_id = ANY ($1)`,
		slices.Collect(maps.Keys(sent)))
	if err != nil {
		return err
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		var id, version string
		var seen *time.Time
		if err := rows.Scan(&id, &version, &seen); err != nil {
			return err
		}
		want := sent[id]
		if seen == nil || version != want.Version || seen.Before(want.At.Truncate(time.Microsecond)) {
			return fmt.Errorf("agent %s: sent %s at %s, stored %s of %v", id, want.Version, want.At, version, seen)
		}
		found++
	}
	if rows.Err() == nil && found != len(sent) {
		return fmt.Errorf("%d of %d agents are there", found, len(sent))
	}
	return rows.Err()
}
