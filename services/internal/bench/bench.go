// Package bench measures the product as a whole: it starts a suite of its own, loads it with simulated agents and prints
// a table with the aims and the figures of the reference beside its own. Each figure is the median of several runs.
package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/services/internal/simulate"
	"github.com/gueencode/gueenrmm/services/internal/suite"
)

// Options say what to measure.
type Options struct {
	Runs   int      // per row; the median counts
	Only   []string // names of rows; empty for all
	Agents int      // of the connected fleet
	Large  int      // agents in the database for the list rows
	Bin    string   // directory of the programs
	Output string   // directory of the results
	Site   string   // nginx site configuration that the row with TLS is measured through

	Million int  // results of the row that kills every process
	Install bool // nginx, when it is missing, with apt as root
	Log     io.Writer
}

// Figure is one measured value.
type Figure struct {
	Value  float64
	Detail string // what else a reader should know, such as the percentile
	Unmet  string // another condition of the aim that this run does not meet; empty when all are
}

// Row is one line of the table.
type Row struct {
	Name      string // stable, for Only
	Work      string
	Unit      string
	Reference string // measured on a like machine
	aim       aim
	once      bool // one run says it all
	measure   func(ctx context.Context, e *environment) (Figure, error)
}

// Result is a measured row.
type Result struct {
	Name      string    `json:"name"`
	Work      string    `json:"work"`
	Unit      string    `json:"unit"`
	Reference string    `json:"reference"`
	Aim       string    `json:"aim"`
	Median    float64   `json:"median"`
	Runs      []float64 `json:"runs"`
	Detail    string    `json:"detail,omitempty"`
	Problem   string    `json:"problem,omitempty"`
	Verdict   string    `json:"verdict"`
	Unmet     string    `json:"unmet,omitempty"` // why the aim is missed although the median reaches it
	Shares    Shares    `json:"cores,omitempty"` // where the processors' time went in the last run
	Seconds   float64   `json:"seconds"`         // that measuring took
}

// Report is the outcome.
type Report struct {
	Started time.Time `json:"started"`
	Machine string    `json:"machine"`
	Results []Result  `json:"results"`
}

// environment is the suite under test with what the rows share.
type environment struct {
	suite   *suite.Suite
	ground  simulate.Ground
	session string
	options Options
	state   string // file with the fleet's identities

	introduced bool   // the database knows the fleet's inventory
	proxy      *proxy // nginx, once a row has asked for it
}

// Help lists the rows by name.
func Help() string {
	var b strings.Builder
	for _, r := range rows() {
		fmt.Fprintf(&b, "  %-18s %s, aim %s\n", r.Name, r.Work, r.aim.text)
	}
	return b.String()
}

// ErrRow is wrapped when a row is asked for that does not exist.
var ErrRow = errors.New("unknown row")

func known(names []string) error {
	for _, name := range names {
		if !slices.ContainsFunc(rows(), func(r Row) bool { return r.Name == name }) {
			return fmt.Errorf("%w %q; the rows are:\n%s", ErrRow, name, Help())
		}
	}
	return nil
}

// Run measures and writes bench.json and bench.md into the output directory.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := known(o.Only); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Output, 0o750); err != nil {
		return nil, fmt.Errorf("make the output directory: %w", err)
	}
	say := func(format string, args ...any) {
		fmt.Fprintf(o.Log, format+"\n", args...)
	}
	say("starting a suite")
	e, err := start(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e.proxy != nil {
			if err := e.proxy.stop(); err != nil {
				say("%v", err)
			}
		}
		if err := e.suite.Stop(context.WithoutCancel(ctx)); err != nil {
			say("stop the suite: %v", err)
		}
	}()
	report := &Report{Started: time.Now().UTC(), Machine: machine(ctx, e)}
	for _, row := range rows() {
		if len(o.Only) > 0 && !slices.Contains(o.Only, row.Name) {
			continue
		}
		say("measuring: %s", row.Work)
		result := measure(ctx, e, row)
		say("  %s, %s, took %.0f s", result.line(), result.Verdict, result.Seconds)
		report.Results = append(report.Results, result)
		if ctx.Err() != nil {
			break
		}
	}
	return report, errors.Join(report.write(o.Output), ctx.Err())
}

func start(ctx context.Context, o Options) (*environment, error) {
	s, err := suite.Start(ctx, suite.Options{
		Dir: filepath.Join(o.Output, "suite"), Bin: o.Bin, Web: "services/web/dist", Fresh: true, NoAgent: true, Durable: true, Level: "info",
		Ports: suite.Ports{Mode: "auto"},
	})
	if err != nil {
		return nil, fmt.Errorf("start the suite: %w", err)
	}
	e := &environment{suite: s, options: o, state: filepath.Join(o.Output, "fleet.jsonl")}
	if err := os.RemoveAll(e.state); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	if e.session, err = s.StartSession(ctx); err == nil {
		e.ground, err = simulate.Prepare(ctx, s.Access().API, simulate.WithSession(e.session))
	}
	if err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return e, nil
}

func measure(ctx context.Context, e *environment, row Row) Result {
	r := Result{Name: row.Name, Work: row.Work, Unit: row.Unit, Reference: row.Reference, Aim: row.aim.text}
	began, unmet := time.Now(), 0
	runs := e.options.Runs
	if row.once {
		runs = 1
	}
	for range runs {
		before := e.usageNow()
		f, err := row.measure(ctx, e)
		if err != nil {
			r.Problem = err.Error()
			break
		}
		r.Runs = append(r.Runs, f.Value)
		r.Detail, r.Shares = f.Detail, e.usageNow().since(before)
		if f.Unmet != "" {
			unmet, r.Unmet = unmet+1, f.Unmet
		}
	}
	if len(r.Runs) > 0 {
		sorted := slices.Clone(r.Runs)
		slices.Sort(sorted)
		r.Median = sorted[len(sorted)/2]
	}
	r.judge(row.aim, unmet)
	r.Seconds = time.Since(began).Seconds()
	return r
}

func (r Result) line() string {
	if r.Problem != "" {
		return "not measured: " + r.Problem
	}
	text := fmt.Sprintf("%s %s", number(r.Median), r.Unit)
	if r.Detail != "" {
		text += " (" + r.Detail + ")"
	}
	return text
}

func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

func (rep *Report) write(dir string) error {
	raw, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bench.json"), append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bench.md"), []byte(rep.Markdown()), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// Markdown returns the table for docs/scale.md, and where the time went in the rows that miss their aim.
func (rep *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n\n| work | reference | aim | here | |\n|---|---|---|---|---|\n", rep.Started.Format("2006-01-02"), rep.Machine)
	marks := map[string]string{Hit: "✓", Missed: "✗", NotMeasured: "–"}
	for _, r := range rep.Results {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.Work, r.Reference, r.Aim, r.line(), marks[r.Verdict])
	}
	for _, r := range rep.Results {
		if r.Verdict == Missed {
			reason := ""
			if r.Unmet != "" {
				reason = ": " + r.Unmet
			}
			fmt.Fprintf(&b, "\n✗ %s%s. Cores: %s.\n", r.Name, reason, r.Shares)
		}
	}
	return b.String()
}
