package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gueencode/gueenrmm/services/internal/simulate"
)

// The row that kills everything: its fleet is smaller than the one that is only connected, so that each agent posts much.
const (
	millionAgents  = 1000
	millionSettle  = 2 * time.Minute // without a result more in the database, until what is missing counts as lost
	restartsWithin = 2 * time.Minute
)

// million posts results until a million are acknowledged, one agent of four through the web app's proxy, kills every process
// of the suite once meanwhile, evenly spread, and counts what was acknowledged against what is stored.
func million(ctx context.Context, e *environment) (Figure, error) {
	began := time.Now()
	direct, err := e.openFleet(ctx, e.suite.APIAddress(), 0, millionAgents*3/4)
	if err != nil {
		return Figure{}, err
	}
	defer direct.Close()
	proxied, err := e.openFleet(ctx, e.suite.Access().API, millionAgents*3/4, millionAgents/4)
	if err != nil {
		return Figure{}, err
	}
	defer proxied.Close()
	books := []*simulate.Ledger{direct.NewLedger(), proxied.NewLedger()}
	acknowledged := func() int64 { return books[0].Acknowledged() + books[1].Acknowledged() }

	load, stop := context.WithCancel(ctx)
	defer stop()
	var posting sync.WaitGroup
	problems := make(chan error, len(books))
	started := time.Now()
	for i, fleet := range []*simulate.Fleet{direct, proxied} {
		posting.Go(func() {
			problems <- fleet.Post(load, simulate.Load{Workers: []int{48, 16}[i], Keep: true}, books[i])
		})
	}
	killed, err := e.killAll(ctx, acknowledged, int64(e.options.Million))
	took := time.Since(started)
	stop()
	posting.Wait()
	close(problems)
	for problem := range problems {
		err = errors.Join(err, problem)
	}
	if err != nil {
		return Figure{}, err
	}
	return e.settle(ctx, books, took, began, killed)
}

func (e *environment) openFleet(ctx context.Context, api string, first, n int) (*simulate.Fleet, error) {
	return simulate.Open(ctx, simulate.Options{
		API: api, NATS: e.suite.Access().NATS, Key: e.ground.Key, Site: e.ground.Site, Agents: n, First: first, Workers: 32, Sources: 1, ConnectRate: 1000,
		State: e.state,
	})
}

// killAll ends one process after the other as kill -9 does, each after an equal share of the results, and returns when all
// results are acknowledged and every process works again.
func (e *environment) killAll(ctx context.Context, acknowledged func() int64, goal int64) (killed int, err error) {
	processes := e.suite.Processes()
	for i, p := range processes {
		if err := e.until(ctx, acknowledged, goal*int64(i+1)/int64(len(processes)+1)); err != nil {
			return killed, err
		}
		fmt.Fprintf(e.options.Log, "  %d acknowledged, kill -9 %s\n", acknowledged(), p.Name())
		limited, cancel := context.WithTimeout(ctx, restartsWithin)
		err := p.Restart(limited)
		cancel()
		if err != nil {
			return killed, err
		}
		killed++
	}
	if err := e.until(ctx, acknowledged, goal); err != nil {
		return killed, err
	}
	limited, cancel := context.WithTimeout(ctx, restartsWithin)
	defer cancel()
	for _, p := range processes {
		if err := p.WaitReady(limited); err != nil {
			return killed, err
		}
	}
	return killed, nil
}

// stalled is how long nothing may be acknowledged before the row gives up.
const stalled = 3 * time.Minute

func (e *environment) until(ctx context.Context, acknowledged func() int64, goal int64) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	last, at, said := acknowledged(), time.Now(), time.Now()
	for {
		now := acknowledged()
		switch {
		case now >= goal:
			return nil
		case now > last:
			last, at = now, time.Now()
		case time.Since(at) > stalled:
			return fmt.Errorf("nothing is acknowledged any more, %d of %d are", now, goal)
		}
		if time.Since(said) > 15*time.Second {
			said = time.Now()
			fmt.Fprintf(e.options.Log, "  %d acknowledged\n", now)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// compare settles one book. A machine that is busy with other things may take its time, as long as results arrive.
func (e *environment) compare(ctx context.Context, book *simulate.Ledger) (losses simulate.Losses, err error) {
	began := time.Now()
	for before := int64(-1); ; before = losses.Stored {
		if losses, err = book.Settle(ctx, e.suite.DatabaseURL(), millionSettle); err != nil {
			return losses, err
		}
		losses.SettledAfter = time.Since(began).Seconds()
		if losses.Lost == 0 || losses.Stored == before {
			return losses, nil
		}
		fmt.Fprintf(e.options.Log, "  %d are not stored yet\n", losses.Lost)
	}
}

// settle compares the books with the database.
func (e *environment) settle(ctx context.Context, books []*simulate.Ledger, took time.Duration, began time.Time, killed int) (Figure, error) {
	var sum simulate.Losses
	refused := map[string]int64{}
	for _, book := range books {
		losses, err := e.compare(ctx, book)
		if err != nil {
			return Figure{}, err
		}
		sum.Acknowledged += losses.Acknowledged
		sum.Stored += losses.Stored
		sum.Lost += losses.Lost
		sum.Doubled += losses.Doubled
		sum.Unanswered += losses.Unanswered
		sum.SettledAfter += losses.SettledAfter
		sum.Missing = append(sum.Missing, losses.Missing...)
		for class, n := range book.Refused() {
			refused[lastPart(class)] += n // without the addresses
		}
	}
	var classes []string
	for _, class := range slices.Sorted(maps.Keys(refused)) {
		classes = append(classes, fmt.Sprintf("%d × %s", refused[class], class))
	}
	for _, mark := range sum.Missing {
		fmt.Fprintf(e.options.Log, "  lost: %s\n", mark)
	}
	fmt.Fprintf(e.options.Log, "  not acknowledged at once: %s\n", strings.Join(classes, ", "))
	figure := Figure{Value: float64(sum.Lost), Detail: fmt.Sprintf(
		"%d acknowledged in %.0f s with %d processes killed, %d stored, doubled %d, %d stored whose answer was lost, settled %.0f s later, whole run %.0f s",
		sum.Acknowledged, took.Seconds(), killed, sum.Stored, sum.Doubled, sum.Unanswered, sum.SettledAfter, time.Since(began).Seconds())}
	if sum.Doubled > 0 {
		figure.Unmet = fmt.Sprintf("%d results are stored twice", sum.Doubled)
	}
	return figure, nil
}

// lastPart is what an error says at its end, behind the addresses.
func lastPart(class string) string {
	if at := strings.LastIndex(class, ": "); at >= 0 {
		return class[at+2:]
	}
	return class
}
