package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"
)

// Report is the outcome of a run. Its JSON form is stable: scripts compare runs with it.
type Report struct {
	Scenario  Scenario  `json:"scenario"`
	Agents    int       `json:"agents"`
	Connected int64     `json:"connected"`
	Started   time.Time `json:"started"`
	Seconds   float64   `json:"seconds"`
	Offered   float64   `json:"offered_per_second"` // 0: as much as the workers managed
	Machine   string    `json:"machine"`
	Work      []Work    `json:"work"`
	Server    []Counter `json:"server,omitempty"`
	Usage     []Usage   `json:"usage,omitempty"`
	Losses    *Losses   `json:"losses,omitempty"` // of check results
	Counts    []Count   `json:"counts,omitempty"` // of everything else that is counted against the database
	Problems  []string  `json:"problems,omitempty"`
	EndedIn   string    `json:"ended_in,omitempty"` // the phase in which the user ended the run early
	Options   Settings  `json:"options"`
}

// Settings are the options that the figures depend on, so that a report says by itself what was measured.
type Settings struct {
	API      string  `json:"api"`
	NATS     string  `json:"nats"`
	Duration float64 `json:"duration_s"`
	Speed    float64 `json:"speed"`
	Changed  float64 `json:"changed"`
	Workers  int     `json:"workers"`
	Sources  int     `json:"sources"`
	NewConns bool    `json:"new_connections"`
	Parts    int     `json:"processes"`
}

func settingsOf(o Options) Settings {
	return Settings{
		API: o.API, NATS: o.NATS, Duration: o.Duration.Seconds(), Speed: o.Speed, Changed: o.Changed, Workers: o.Workers, Sources: o.Sources,
		NewConns: o.NewConns, Parts: 1,
	}
}

// Err says that something acknowledged is lost or was stored more than once, or that this could not be found out.
func (rep *Report) Err() error {
	var wrong []error
	if l := rep.Losses; l != nil && (l.Lost > 0 || l.Doubled > 0) {
		wrong = append(wrong, fmt.Errorf("%d acknowledged results are lost, %d are stored more than once", l.Lost, l.Doubled))
	}
	for _, c := range rep.Counts {
		if c.Lost > 0 {
			wrong = append(wrong, fmt.Errorf("%d of %d acknowledged %s are lost", c.Lost, c.Acknowledged, c.Name))
		}
	}
	for _, p := range rep.Problems {
		wrong = append(wrong, errors.New(p))
	}
	return errors.Join(wrong...)
}

// FailedAttempts is the name of the work that counts attempts to connect which failed: their agents tried again.
const FailedAttempts = "failed attempts"

// Counter is a figure of the server's own metrics over the run.
type Counter struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

func (r *run) report(ctx context.Context, seen *observer, start time.Time, took time.Duration) *Report {
	var endedIn string
	if ctx.Err() != nil {
		endedIn = r.progress.where()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.opts.Settle+30*time.Second)
	defer cancel()
	r.progress.phase("counting", 0, 0)
	losses, err := r.countLosses(ctx)
	counts, countErr := r.counts(ctx)
	err = errors.Join(err, countErr)
	after := r.observe(ctx)
	seen.stop()
	rep := &Report{
		Scenario: r.opts.Scenario, Agents: len(r.agents), Connected: r.connected.Load(), Started: start.UTC(), Seconds: took.Seconds(),
		Offered: r.opts.Rate, Machine: fmt.Sprintf("%s/%s, %d CPUs", runtime.GOOS, runtime.GOARCH, runtime.NumCPU()),
		Usage: seen.usage(after, took), Losses: losses, Counts: counts, Server: counters(seen.before, after, took),
		EndedIn: endedIn, Options: settingsOf(r.opts),
	}
	if err != nil {
		rep.Problems = append(rep.Problems, err.Error())
	}
	rep.add(took, kindOfWork{"enrolments", r.enrolments}, kindOfWork{"connects", r.connects}, kindOfWork{FailedAttempts, r.attempts},
		kindOfWork{"agents back", r.returns}, kindOfWork{string(r.opts.Scenario), r.sent}, kindOfWork{"acknowledged results", r.posts},
		kindOfWork{"answered commands", r.answers}, kindOfWork{workBefore, r.calm}, kindOfWork{workMeanwhile, r.during})
	r.progress.stop()
	return rep
}

// The requests of the person in the reconnect scenario.
const (
	workBefore    = "requests before"
	workMeanwhile = "requests meanwhile"
)

// kindOfWork is one row of the report.
type kindOfWork struct {
	name string
	of   *series
}

// add adds rows for what was done at all.
func (rep *Report) add(took time.Duration, kinds ...kindOfWork) {
	for _, k := range kinds {
		if k.of.count.Load()+k.of.failed.Load() > 0 {
			rep.Work = append(rep.Work, k.of.work(k.name, took))
		}
	}
}

func counters(before, after map[string]sampleSet, took time.Duration) []Counter {
	if len(after) == 0 || took <= 0 {
		return nil
	}
	var out []Counter
	for _, c := range []struct{ name, prefix string }{
		{"check-ins received", "gueen_checkins_received_total"}, {"check-ins written", "gueen_checkins_written_total"},
		{"superseded before writing", "gueen_checkins_coalesced_total"}, {"inventory unchanged", "gueen_checkins_unchanged_total"},
		{"check-ins refused", "gueen_checkins_refused_total"},
	} {
		if n := increase(before, after, c.prefix); n > 0 {
			out = append(out, Counter{Name: c.name, Value: n / took.Seconds(), Unit: "per s"})
		}
	}
	if lag, err := quantile(before, after, "gueen_checkins_lag_seconds", `kind="agent-hello"`, 0.99); err == nil && lag > 0 {
		out = append(out, Counter{Name: "heartbeat lag p99, at most", Value: lag, Unit: "s"})
	}
	return out
}

// WriteJSON writes the report for programs.
func (rep *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(rep)
}

// maxClasses bounds the reasons of failures that are shown for one kind of work; the JSON form has all.
const maxClasses = 8

// WriteText writes the report for people.
func (rep *Report) WriteText(w io.Writer) error {
	p := &printer{w: w}
	p.line("%s: %d agents, %d connected, %.1f s, %s", rep.Scenario, rep.Agents, rep.Connected, rep.Seconds, rep.Machine)
	if rep.EndedIn != "" {
		p.line("ended early, in the phase: %s", rep.EndedIn)
	}
	p.line("")
	p.line("%-22s %10s %8s %10s %9s %9s %9s %9s", "work", "done", "failed", "per s", "p50 ms", "p95 ms", "p99 ms", "max ms")
	for _, k := range rep.Work {
		p.line("%-22s %10d %8d %10.1f %9.2f %9.2f %9.2f %9.2f", k.Name, k.Done, k.Failed, k.Rate, k.P50, k.P95, k.P99, k.Max)
		classes := frequent(k.Errors)
		for _, c := range classes[:min(len(classes), maxClasses)] {
			p.line("  %d × %s", k.Errors[c], c)
		}
		if more := len(classes) - maxClasses; more > 0 {
			p.line("  and %d more reasons", more)
		}
	}
	for _, c := range rep.Server {
		p.line("%-32s %12.2f %s", c.Name, c.Value, c.Unit)
	}
	if len(rep.Usage) > 0 {
		p.line("")
		p.line("%-12s %10s %12s %12s", "service", "CPU cores", "memory MiB", "peak MiB")
		for _, u := range rep.Usage {
			p.line("%-12s %10.2f %12.1f %12.1f", u.Service, u.CPU, u.Memory, u.Peak)
		}
	}
	if l := rep.Losses; l != nil {
		p.line("")
		p.line("results: acknowledged %d, stored %d, lost %d, doubled %d, settled after %.1f s", l.Acknowledged, l.Stored, l.Lost, l.Doubled, l.SettledAfter)
		for _, mark := range l.Missing {
			p.line("  lost: %s", mark)
		}
	}
	for _, c := range rep.Counts {
		p.line("%s: acknowledged %d, stored %d, lost %d", c.Name, c.Acknowledged, c.Stored, c.Lost)
	}
	for _, problem := range rep.Problems {
		p.line("problem: %s", problem)
	}
	return p.err
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
