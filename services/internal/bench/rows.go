package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/gueencode/gueenrmm/services/internal/simulate"
)

// rows are the lines of the table, in its order: those that want a database of a certain size come when it has grown to that,
// those that fill it come last.
func rows() []Row {
	return []Row{
		{Name: "list-1500", Work: "whole GET /agents/, 1,500 agents", Unit: "ms", Reference: "2,800 ms", aim: below(50, "< 50 ms"), measure: wholeList(1500)},
		{Name: "list-5000", Work: "whole GET /agents/, 5,000 agents", Unit: "ms", Reference: "11,400 ms, worker grows to 620 MB", aim: below(150, "< 150 ms"), measure: wholeList(5000)},
		{Name: "enrolment", Work: "enrolment of one agent, 5,000 agents present, p50", Unit: "ms", Reference: "3,800 ms", aim: below(50, "< 50 ms"), measure: enrolment(1)},
		{Name: "enrolment8", Work: "enrolment, 8 at once, 5,000 agents present, p95", Unit: "ms", Reference: "44,000 ms", aim: below(200, "< 200 ms"), measure: enrolment(8)},
		{Name: "page-10000", Work: "first page of /v1/agents, 10,000 agents, filtered and sorted, p95", Unit: "ms", Reference: "–", aim: below(50, "< 50 ms"), measure: firstPage(10_000)},
		{Name: "results", Work: "results acknowledged durably, kept connections to the api", Unit: "per s", Reference: "51 (p99 458 ms), not durable", aim: atLeast(5000, "≥ 5,000, p99 < 50 ms"), measure: results(kept)},
		{Name: "results-new", Work: "results acknowledged, a new connection each, through the web app's proxy", Unit: "per s", Reference: "–", aim: atLeast(500, "≥ 500"), measure: results(fresh)},
		{Name: "results-tls", Work: "results acknowledged, a new TLS connection each, through nginx", Unit: "per s", Reference: "–", aim: atLeast(500, "≥ 500"), measure: results(secure)},
		{Name: "heartbeats", Work: "heartbeats stored", Unit: "per s", Reference: "3,620, then backlog without bound", aim: atLeast(20_000, "≥ 20,000, p99 lag < 1 s"), measure: heartbeats},
		{Name: "inventory", Work: "unchanged inventory messages of 46 kB", Unit: "per s", Reference: "430", aim: atLeast(3000, "≥ 3,000"), measure: inventory(0, 4000)},
		{Name: "inventory-changed", Work: "changed inventory messages of 46 kB", Unit: "per s", Reference: "430", aim: atLeast(1000, "≥ 1,000"), measure: inventory(1, 1200)},
		{Name: "reconnect", Work: "the fleet reconnects after a restart of the bus", Unit: "s", Reference: "–", aim: below(15, "< 15 s for 10,000, others slowed < 2 x"), measure: reconnect},
		{Name: "memory", Work: "memory of the five services, fleet connected and idle", Unit: "MiB", Reference: "880 at 1,500 agents", aim: below(300, "< 300"), measure: memory},
		{Name: "ping-there", Work: "ping of an agent that is there, p50", Unit: "ms", Reference: "47 ms", aim: below(10, "< 10 ms"), measure: pingThere},
		{Name: "ping-away", Work: "ping of an agent that is away, p50", Unit: "ms", Reference: "7,500 ms", aim: below(50, "< 50 ms"), measure: pingAway},
		{Name: "login-cost", Work: "processor time of one login (argon2id)", Unit: "ms", Reference: "–", aim: atMost(100, "50-100 ms of one core"), measure: loginCost},
		{Name: "logins-20", Work: "growth of a page's p95 beside 20 parallel logins", Unit: "%", Reference: "–", aim: atMost(33, "≤ 33 %"), measure: besideLogins},
		{Name: "million", Work: "lost of one million acknowledged results, every process killed once", Unit: "results", Reference: "–", aim: atMost(0, "0"), once: true, measure: million},
		{Name: "page-100000", Work: "first page of /v1/agents, 100,000 agents, filtered and sorted, p95", Unit: "ms", Reference: "–", aim: below(50, "< 50 ms"), measure: firstPage(0)},
		{Name: "tree-100000", Work: "clients tree, 500 clients, 2,000 sites, 100,000 agents, p95", Unit: "ms", Reference: "–", aim: below(100, "< 100 ms"), measure: clientsTree},
		{Name: "audit-5000000", Work: "page of the audit log, 5,000,000 rows, filtered and sorted, p95", Unit: "ms", Reference: "–", aim: below(50, "< 50 ms"), measure: auditPage},
	}
}

// play runs a scenario of the simulator on the environment's fleet.
func (e *environment) play(ctx context.Context, change func(*simulate.Options)) (*simulate.Report, error) {
	o := e.simulation()
	change(&o)
	return simulate.Run(ctx, o)
}

// playApart plays in a process of its own that gives way to all others: the fleet stands for as many other machines.
func (e *environment) playApart(ctx context.Context, change func(*simulate.Options)) (*simulate.Report, error) {
	o, self := e.simulation(), filepath.Join(e.options.Bin, "rmmctl")
	change(&o)
	o.Person = simulate.Command{Path: self, Args: []string{"simulate-person"}}
	return simulate.RunProcesses(ctx, o, 1, simulate.Command{Path: "nice", Args: []string{"-n", "10", self, "simulate-part"}})
}

// simulation is what all rows ask of the simulator.
func (e *environment) simulation() simulate.Options {
	a := e.suite.Access()
	return simulate.Options{
		API: a.API, NATS: a.NATS, Key: e.ground.Key, Site: e.ground.Site, Agents: e.options.Agents, Duration: 15 * time.Second, Speed: 1,
		Workers: 32, Sources: 1, ConnectRate: 2000, State: e.state, Metrics: e.suite.Metrics(), Database: e.suite.DatabaseURL(), Settle: 30 * time.Second,
		Progress: e.options.Log, Insecure: true, // the proxy's certificate is made for the run
	}
}

func workOf(rep *simulate.Report, name string) (simulate.Work, error) {
	at := slices.IndexFunc(rep.Work, func(w simulate.Work) bool { return w.Name == name })
	if at < 0 {
		return simulate.Work{}, fmt.Errorf("the run did no %s", name)
	}
	w := rep.Work[at]
	if w.Failed > w.Done/100 {
		return w, fmt.Errorf("%d of %d %s failed: %v", w.Failed, w.Done+w.Failed, name, w.Errors)
	}
	return w, nil
}

func counter(rep *simulate.Report, name string) float64 {
	for _, c := range rep.Server {
		if c.Name == name {
			return c.Value
		}
	}
	return 0
}

func enrolment(workers int) func(context.Context, *environment) (Figure, error) {
	return func(ctx context.Context, e *environment) (Figure, error) {
		rep, err := e.play(ctx, func(o *simulate.Options) {
			o.Scenario, o.Agents, o.First, o.Workers, o.State = simulate.Enrolment, 200*workers, 1_000_000, workers, ""
		})
		if err != nil {
			return Figure{}, err
		}
		w, err := workOf(rep, "enrolments")
		if workers == 1 {
			return Figure{Value: w.P50, Detail: fmt.Sprintf("p99 %s ms", number(w.P99))}, err
		}
		return Figure{Value: w.P95, Detail: fmt.Sprintf("%s per s", number(w.Rate))}, err
	}
}

// way is how results reach the api.
type way int

const (
	kept   way = iota // connections that are kept, to the api itself
	fresh             // a new connection each, through the web app's proxy
	secure            // a new TLS connection each, through nginx
)

func results(by way) func(context.Context, *environment) (Figure, error) {
	return func(ctx context.Context, e *environment) (Figure, error) {
		var err error
		api := e.suite.Access().API
		switch by {
		case kept:
			api = e.suite.APIAddress()
		case secure:
			if e.proxy == nil {
				if e.proxy, err = startProxy(ctx, e.options, e.suite.Ports(), filepath.Join(e.options.Output, "nginx")); err != nil {
					return Figure{}, err
				}
			}
			api = e.proxy.Address
		case fresh:
		}
		rep, err := e.play(ctx, func(o *simulate.Options) {
			o.Scenario, o.Agents, o.API, o.NewConns, o.Workers = simulate.Results, min(e.options.Agents, 1000), api, by != kept, 64
		})
		if err != nil {
			return Figure{}, err
		}
		w, err := workOf(rep, "acknowledged results")
		f := Figure{Value: w.Rate, Detail: fmt.Sprintf("p99 %s ms", number(w.P99))}
		if by == kept {
			f.Unmet = unmet("p99", w.P99, 50, "ms")
		}
		if rep.Losses != nil {
			f.Detail += fmt.Sprintf(", lost %d, doubled %d", rep.Losses.Lost, rep.Losses.Doubled)
			if rep.Losses.Lost+rep.Losses.Doubled > 0 {
				f.Unmet = fmt.Sprintf("%d results lost, %d doubled", rep.Losses.Lost, rep.Losses.Doubled)
			}
		}
		return f, err
	}
}

func heartbeats(ctx context.Context, e *environment) (Figure, error) {
	rep, err := e.play(ctx, func(o *simulate.Options) { o.Scenario, o.Rate, o.Workers = simulate.Heartbeats, 25_000, 16 })
	if err != nil {
		return Figure{}, err
	}
	w, err := workOf(rep, "heartbeats")
	return Figure{
		Value: counter(rep, "check-ins written") + counter(rep, "superseded before writing"),
		Detail: fmt.Sprintf("%d agents, offered %s per s, %s superseded, lag p99 ≤ %s s", rep.Connected, number(w.Rate),
			number(counter(rep, "superseded before writing")), number(counter(rep, "heartbeat lag p99, at most"))),
		Unmet: unmet("p99 lag", counter(rep, "heartbeat lag p99, at most"), 1, "s"),
	}, err
}

// inventory offers reports at a rate above the aim and below what the simulator, which makes each changed report anew,
// takes from the services. Reports that another one replaced in memory are not counted: they never reached the database.
func inventory(changed, rate float64) func(context.Context, *environment) (Figure, error) {
	return func(ctx context.Context, e *environment) (Figure, error) {
		if err := e.introduce(ctx); err != nil {
			return Figure{}, err
		}
		rep, err := e.play(ctx, func(o *simulate.Options) {
			o.Scenario, o.Changed, o.Rate, o.Workers = simulate.Inventory, changed, rate, 8
			o.Agents = min(e.options.Agents, introduced)
		})
		if err != nil {
			return Figure{}, err
		}
		w, err := workOf(rep, "inventory")
		return Figure{
			Value: counter(rep, "check-ins written"),
			Detail: fmt.Sprintf("offered %s per s, %s known already, %s superseded", number(w.Rate), number(counter(rep, "inventory unchanged")),
				number(counter(rep, "superseded before writing"))),
		}, err
	}
}

// introduced is how many agents send inventory, and introducedPerSecond how fast they do so for the first time.
const (
	introduced          = 5000
	introducedPerSecond = 250
)

// introduce lets every agent send its inventory once, slowly, so that repetitions are known.
func (e *environment) introduce(ctx context.Context) error {
	if e.introduced {
		return nil
	}
	agents := min(e.options.Agents, introduced)
	_, err := e.play(ctx, func(o *simulate.Options) {
		o.Scenario, o.Agents, o.Rate, o.Workers = simulate.Inventory, agents, introducedPerSecond, 4
		o.Duration = time.Duration(agents/introducedPerSecond+2) * time.Second
	})
	e.introduced = err == nil
	return err
}

// reconnect kills nats-server under the connected fleet; the suite starts it again. What agents wait before they return, up
// to 7.5 s and as long again after each attempt that failed, is part of the figure.
func reconnect(ctx context.Context, e *environment) (Figure, error) {
	rep, err := e.playApart(ctx, func(o *simulate.Options) {
		o.Scenario, o.Duration = simulate.Reconnect, 2*time.Minute
		o.Cut = func(context.Context) error { return e.suite.Process("nats-server").Kill() }
	})
	if err != nil {
		return Figure{}, err
	}
	w, err := workOf(rep, "reconnect")
	f := Figure{Value: w.Max / 1000, Detail: fmt.Sprintf("%d agents", rep.Connected)}
	for _, row := range rep.Work {
		switch row.Name {
		case "agents back":
			f.Detail += fmt.Sprintf(", p50 %s s", number(row.P50/1000))
		case simulate.FailedAttempts:
			f.Detail += fmt.Sprintf(", %d failed attempts", row.Failed)
		}
	}
	for _, u := range rep.Usage {
		if u.Service == simulate.Self || u.Service == "natsapi" {
			f.Detail += fmt.Sprintf(", %s %s cores", u.Service, number(u.CPU))
		}
	}
	before, beforeErr := workOf(rep, "requests before")
	during, duringErr := workOf(rep, "requests meanwhile")
	if err = errors.Join(err, beforeErr, duringErr); err == nil {
		f.Detail += fmt.Sprintf(", a person's requests p95 %s → %s ms", number(before.P95), number(during.P95))
		f.Unmet = unmet("the p95 of a person's requests meanwhile, against before,", during.P95/before.P95, 2, "x")
	}
	return f, err
}

func memory(ctx context.Context, e *environment) (Figure, error) {
	rep, err := e.play(ctx, func(o *simulate.Options) { o.Scenario, o.Duration = simulate.Steady, 20*time.Second })
	if err != nil {
		return Figure{}, err
	}
	var sum float64
	detail := fmt.Sprintf("%d agents:", rep.Connected)
	for _, u := range rep.Usage {
		if u.Service == "web" || u.Service == simulate.Self {
			continue
		}
		sum += u.Memory
		detail += fmt.Sprintf(" %s %s", u.Service, number(u.Memory))
	}
	return Figure{Value: sum, Detail: detail}, nil
}
