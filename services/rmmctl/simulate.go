package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/services/internal/simulate"
)

// simulateFlags are what the command line says beside the simulator's own options.
type simulateFlags struct {
	access string // access.json of a suite on this machine: fills in addresses that no flag gives
	report string // file for the JSON report
	quiet  bool
	asked  func(flag string) bool // was given on the command line

	prepare   bool
	cut       string
	processes int
}

func simulateCommand(p program) *cobra.Command {
	var o simulate.Options
	var f simulateFlags
	names := make([]string, 0, len(simulate.Scenarios()))
	for _, s := range simulate.Scenarios() {
		names = append(names, string(s))
	}
	cmd := &cobra.Command{
		Use: "simulate <" + strings.Join(names, "|") + ">", Short: "Load a server with simulated agents and measure it", Args: cobra.ExactArgs(1),
		Long: simulateHelp, Example: simulateExamples,
	}
	flags := cmd.Flags()
	flags.StringVar(&f.access, "access", defaultAccess, accessHelp)
	flags.StringVar(&f.report, "report", "", "file for the report as JSON")
	flags.BoolVar(&f.quiet, "quiet", false, "no live progress")
	flags.StringVar(&f.cut, "cut", "", "reconnect: command that ends all connections at the server, such as \"systemctl restart nats-server\"; otherwise the agents' sockets are closed")
	flags.BoolVar(&f.prepare, "prepare", false, "first make a client, a site, checks for all agents and an API key; replaces the default policies (\"simulate remove\" takes all of it away again)")
	flags.IntVar(&f.processes, "processes", 1, "processes that share the agents and the rates")
	flags.StringVar(&o.API, "api", "", "base address of the REST API")
	flags.StringVar(&o.NATS, "nats", "", "NATS address: nats://, tls://, ws:// or wss:// with the path of the listener")
	flags.StringVar(&o.Token, "token", "", "installer token to enrol with")
	flags.StringVar(&o.Key, "key", "", "API key that may install agents, when no token is given; also needed by bulk (or RMM_API_KEY)")
	flags.Int64Var(&o.Site, "site", 1, "id of the site that gets the agents")
	flags.IntVar(&o.Agents, "agents", 100, "number of agents")
	flags.IntVar(&o.First, "first", 0, "index of the first agent, when several machines share one fleet")
	flags.DurationVar(&o.Duration, "duration", time.Minute, "how long the scenario runs at most")
	flags.Float64Var(&o.Rate, "rate", 0, "heartbeats, inventory, results: messages per second; 0 = as many as the workers manage")
	flags.Float64Var(&o.Speed, "speed", 1, "steady, ramp: how many times faster than real agents")
	flags.Float64Var(&o.Changed, "changed", 0, "inventory: share of reports that differ from the agent's last, 0 to 1")
	flags.IntVar(&o.Workers, "workers", 32, "concurrent requests or publishers")
	flags.IntVar(&o.Sources, "sources", 1, "source addresses 127.0.0.2 …; one carries about 28,000 connections")
	flags.BoolVar(&o.NewConns, "new-connections", false, "a new connection for each HTTP request, as deployed agents do")
	flags.IntVar(&o.ConnectRate, "connect-rate", 500, "new NATS connections per second")
	flags.StringVar(&o.State, "state", "", "file that keeps the enrolled identities (credentials) for the next run")
	flags.BoolVar(&o.Insecure, "insecure", false, "accept any certificate of the server, for https, tls and wss")
	flags.StringVar(&o.Database, "database-url", "", "Postgres address, to count losses (or GUEEN_DATABASE_URL)")
	flags.StringToStringVar(&o.Metrics, "metrics", nil, "service=address of private ports, for CPU, memory and counters")
	flags.StringToIntVar(&o.Watch, "watch", nil, "name=port of servers on this machine without a private port, such as nats-server=4222,postgres=5432, for CPU and memory")
	flags.DurationVar(&o.Settle, "settle", 30*time.Second, "how long the server may take to store what it has acknowledged")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.Scenario = simulate.Scenario(args[0])
		f.asked = flags.Changed
		if err := f.fits(o.Scenario); err != nil {
			return err
		}
		if o.Key == "" {
			o.Key = p.lookup("RMM_API_KEY")
		}
		access, err := readAccess(f.access, f.asked("access"))
		if err != nil {
			return err
		}
		access.fill(&o)
		if o.Database == "" {
			o.Database = p.lookup("GUEEN_DATABASE_URL")
		}
		if err := writable(f.report); err != nil {
			return err
		}
		if !f.quiet {
			o.Progress = cmd.ErrOrStderr()
		}
		report, err := f.run(cmd.Context(), p, o, access)
		if err != nil {
			return err
		}
		return errors.Join(writeReport(report, f.report, cmd.OutOrStdout()), report.Err())
	}
	cmd.AddCommand(simulateRemoveCommand(p))
	return cmd
}

// only says which scenarios a flag belongs to; the others belong to all.
func only(flag string) []simulate.Scenario {
	switch flag {
	case "rate":
		return []simulate.Scenario{simulate.Heartbeats, simulate.Inventory, simulate.Results}
	case "speed":
		return []simulate.Scenario{simulate.Steady, simulate.Ramp}
	case "changed":
		return []simulate.Scenario{simulate.Inventory}
	case "cut":
		return []simulate.Scenario{simulate.Reconnect}
	case "connect-rate":
		return []simulate.Scenario{simulate.Steady, simulate.Reconnect, simulate.Heartbeats, simulate.Inventory, simulate.BulkScript}
	case "state":
		return slices.DeleteFunc(simulate.Scenarios(), func(s simulate.Scenario) bool { return s == simulate.Enrolment })
	}
	return simulate.Scenarios()
}

// fits refuses flags that the scenario would not heed.
func (f simulateFlags) fits(s simulate.Scenario) error {
	if !slices.Contains(simulate.Scenarios(), s) {
		return nil // said later, with everything else that is wrong
	}
	var wrong []error
	for _, flag := range []string{"rate", "speed", "changed", "cut", "connect-rate", "state"} {
		if home := only(flag); f.asked(flag) && !slices.Contains(home, s) {
			names := make([]string, len(home))
			for i, h := range home {
				names[i] = string(h)
			}
			wrong = append(wrong, fmt.Errorf("--%s means nothing to %s; it belongs to %s", flag, s, strings.Join(names, ", ")))
		}
	}
	return errors.Join(wrong...)
}

// run plays the scenario in this process or in several.
func (f simulateFlags) run(ctx context.Context, p program, o simulate.Options, access suiteAccess) (*simulate.Report, error) {
	if f.prepare {
		if err := o.Check(); err != nil {
			return nil, err
		}
		as, err := access.caller(ctx, o.API, o.Key, o.Insecure)
		if err != nil {
			return nil, fmt.Errorf("--prepare: %w", err)
		}
		ground, err := simulate.Prepare(ctx, o.API, as)
		if err = errors.Join(err, as.SignOut(context.WithoutCancel(ctx), o.API)); err != nil {
			return nil, err
		}
		o.Site, o.Key = ground.Site, ground.Key
	}
	if f.cut != "" {
		o.Cut = func(ctx context.Context) error {
			out, err := exec.CommandContext(ctx, "sh", "-c", f.cut).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%s: %w: %s", f.cut, err, out)
			}
			return nil
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	o.Person = simulate.Command{Path: self, Args: []string{personCommand}, Env: p.env}
	if f.processes == 1 {
		return simulate.Run(ctx, o)
	}
	return simulate.RunProcesses(ctx, o, f.processes, simulate.Command{Path: self, Args: []string{partCommand}, Env: p.env})
}

// How the program starts itself: for --processes, and for the person who works while the fleet comes back.
const (
	partCommand   = "simulate-part"
	personCommand = "simulate-person"
)

func simulatePartCommand() *cobra.Command {
	return &cobra.Command{
		Use: partCommand, Hidden: true, Short: "One of several processes of simulate: options on standard input, report on standard output", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return simulate.RunPart(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
}

func simulatePersonCommand() *cobra.Command {
	return &cobra.Command{
		Use: personCommand, Hidden: true, Short: "The person of simulate reconnect: whom to ask on standard input, what they felt on standard output", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return simulate.RunPerson(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}

// writable makes sure that the report can be written, before anything is done for it.
func writable(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	return f.Close()
}

func writeReport(r *simulate.Report, path string, out io.Writer) error {
	if err := r.WriteText(out); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return errors.Join(r.WriteJSON(f), f.Close())
}
