// Package simulate drives a server with many simulated agents: real connections to NATS (plain or WebSocket), real HTTP,
// credentials enrolled through the public route, inventory of realistic size, checks that pass, fail and flap, commands
// answered after realistic delays. It measures what was achieved and counts what was acknowledged against what is stored.
// Operators use it to plan capacity; the benchmarks use it to compare versions.
package simulate

import (
	"context"
	"io"
	"time"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Scenario is what the fleet does once it is enrolled.
type Scenario string

// The scenarios.
const (
	Steady     Scenario = "steady"     // what real agents do: check-ins and check results at their real cadence, times Speed
	Ramp       Scenario = "ramp"       // the fleet connects evenly over the duration; who is connected does as in steady
	Reconnect  Scenario = "reconnect"  // every connection is cut at once and comes back; requests of a person show what others feel
	Enrolment  Scenario = "enrolment"  // new agents enrol, Workers at a time
	Heartbeats Scenario = "heartbeats" // hellos at Rate per second
	Inventory  Scenario = "inventory"  // hardware reports at Rate per second, Changed of them different from the last
	Results    Scenario = "results"    // check results over HTTP at Rate per second
	BulkScript Scenario = "bulk"       // a script on all agents through the bulk route, every answer followed to the database
)

// Scenarios lists the scenarios in the order of the help text.
func Scenarios() []Scenario {
	return []Scenario{Steady, Ramp, Reconnect, Enrolment, Heartbeats, Inventory, Results, BulkScript}
}

// Options say which fleet does what. Rates and durations are bounds: a run ends by itself.
type Options struct {
	API   string // base address of the REST interface
	NATS  string // nats://, tls://, ws:// or wss:// address with the path of the WebSocket listener
	Token string // installer token, or empty when APIKey may make one
	Key   string // API key of a user who may install agents, manage checks and run scripts in bulk
	Site  int64  // site that gets the agents

	Agents   int
	First    int // index of the first agent, so that several processes can share one fleet
	Scenario Scenario
	Duration time.Duration
	Rate     float64 // messages per second; 0 = as many as Workers manage
	Speed    float64 // steady: how many times faster than real agents
	Changed  float64 // inventory: share of reports that differ from the agent's last one, 0..1
	Workers  int     // concurrent HTTP requests, or publishers
	Sources  int     // source addresses 127.0.0.2 … used in turn; one address carries about 28,000 connections
	NewConns bool    // a new connection for each HTTP request, as deployed agents do
	Insecure bool    // accept any certificate

	ConnectRate int               // new NATS connections per second
	State       string            // file that keeps the enrolled identities between runs
	Database    string            // Postgres address; when set, losses are counted against the tables
	Metrics     map[string]string // service to address of its private port, for CPU, memory and the server's own counters
	Watch       map[string]int    // more processes on this machine, by the port each listens on: their CPU and memory are read from /proc
	Settle      time.Duration     // how long the server may take to store what it has acknowledged
	Progress    io.Writer         `json:"-"` // live display, or lines now and then when it is no terminal; nil for none
	part        bool              // one of several processes: progress is for the one that started it

	// Await lets the reconnect scenario wait for the word of who started this process, who also watches the person; Spare leaves
	// the agents' sockets to the server, which cuts them then.
	Await, Spare bool
	word         func(ctx context.Context) error // waits for it

	// Cut, when set, ends all connections of the reconnect scenario at the server, by a restart of the bus; otherwise the
	// agents' own sockets are closed.
	Cut func(ctx context.Context) error `json:"-"`

	// Person, when set, starts the process of the person whose requests the reconnect scenario measures: RunPerson with its
	// standard input and output.
	Person Command

	// OnCommand is called with every command that reaches an agent, on a goroutine of its connection. It may be nil.
	OnCommand func(agentID string, cmd agentwire.Command) `json:"-"`
}

// Run enrols what is missing of the fleet, plays the scenario and reports. It ends early when ctx does, with what was
// measured until then.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	r := newRun(o)
	defer r.close()
	return r.play(ctx)
}
