package simulate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Fleet is a set of simulated agents that a program drives by itself: enrolled and connected, and quiet until told what to
// do. Its methods may be called side by side.
type Fleet struct{ run *run }

// Open enrols what is missing of the fleet, reads its checks and connects it. Scenario and duration of the options do not
// matter. Close it.
func Open(ctx context.Context, o Options) (*Fleet, error) {
	o.Scenario, o.Duration, o.Speed = Steady, time.Second, 1
	if err := o.Check(); err != nil {
		return nil, err
	}
	f := &Fleet{run: newRun(o)}
	r := f.run
	r.generation.Store(time.Now().Unix())
	for _, step := range []func() error{
		func() error { return r.enrol(ctx, o.First, o.Agents) },
		func() error { return r.loadChecks(ctx) },
		func() error { return r.connectAll(ctx, 0) },
		func() error {
			if n := int(r.connected.Load()); n != o.Agents {
				return fmt.Errorf("%d of %d agents are connected: %s", n, o.Agents, r.connects.reasons())
			}
			return nil
		},
	} {
		if err := step(); err != nil {
			f.Close()
			return nil, fmt.Errorf("open simulated fleet: %w", err)
		}
	}
	return f, nil
}

// Close disconnects the agents. They stay enrolled.
func (f *Fleet) Close() { f.run.close() }

// Credentials are what an agent connects with.
type Credentials struct{ AgentID, Token string }

// Credentials returns those of all agents.
func (f *Fleet) Credentials() []Credentials {
	out := make([]Credentials, len(f.run.agents))
	for i, a := range f.run.agents {
		out[i] = Credentials{AgentID: a.AgentID, Token: a.Token}
	}
	return out
}

// Size is how many agents the fleet has.
func (f *Fleet) Size() int { return len(f.run.agents) }

// Connected is how many agents are connected at the moment.
func (f *Fleet) Connected() int { return int(f.run.connected.Load()) }

// NewLedger returns an empty book for results of this fleet.
func (f *Fleet) NewLedger() *Ledger {
	return newLedger(fmt.Sprintf("%s.%d", newMarker(f.run.opts.First), f.run.generation.Add(1)%1_000_000))
}

// Load is what the fleet posts.
type Load struct {
	Rate    float64 // results per second; 0 = as many as the workers manage
	Workers int
	Keep    bool // agents with an odd index keep a result until it is acknowledged; the others post it once, as stock agents do
	Padding int  // bytes that scripts print besides the mark

	// Skew is by how much the agents' clocks jump while a script runs: the duration they report is off by it.
	Skew time.Duration
}

// Post posts results until the context ends and enters into the ledger what was acknowledged.
func (f *Fleet) Post(ctx context.Context, l Load, into *Ledger) error {
	return f.run.flood(ctx, load{rate: l.Rate, workers: l.Workers}, func(ctx context.Context, a *agent) error {
		rep, err := newReport(a, into, l)
		if err != nil {
			return err
		}
		if l.Keep && a.Index%2 == 1 {
			return f.run.deliver(ctx, rep, into)
		}
		return f.run.post(ctx, rep, into, false)
	}, f.run.posts)
}

// Describe sends what each agent is, with the boot time that a clock which is off by skew shows, and returns the boot
// times sent by agent.
func (f *Fleet) Describe(ctx context.Context, skew time.Duration) (map[string]int64, error) {
	sent := map[string]int64{}
	for _, a := range f.run.agents {
		info := agentInfo(a.Index, a.AgentID)
		info.BootTime = time.Now().Add(skew - time.Hour).Unix()
		payload, err := info.Encode()
		if err != nil {
			return nil, err
		}
		if err := a.publish(agentwire.KindAgentInfo, payload); err != nil {
			return nil, fmt.Errorf("describe %s: %w", a.AgentID, err)
		}
		sent[a.AgentID] = info.BootTime
	}
	_, err := f.Heartbeats(ctx) // flushes
	return sent, err
}

// Heartbeat is the last hello of an agent. Each has another version, so that the database shows which one arrived.
type Heartbeat struct {
	Version string
	At      time.Time
}

// Beat sends hellos, going round the fleet, until the context ends. Agents that are not connected miss their turn.
func (f *Fleet) Beat(ctx context.Context, rate float64) error {
	return f.run.flood(ctx, load{rate: rate, workers: 1}, func(_ context.Context, a *agent) error { return a.sendBeat() }, f.run.sent)
}

func (a *agent) sendBeat() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == nil || !a.conn.IsConnected() {
		return errNotConnected
	}
	b := Heartbeat{Version: fmt.Sprintf("2.11.%d", a.beats+1), At: time.Now()}
	payload, err := agentwire.Hello{AgentID: a.AgentID, Version: b.Version}.Encode()
	if err != nil {
		return err
	}
	if err := a.conn.PublishRequest(a.AgentID, string(agentwire.KindHello), payload); err != nil {
		return err
	}
	a.beats++
	a.beat = b
	return nil
}

// Heartbeats returns the last hello of every agent that sent one, after the message bus has taken it.
func (f *Fleet) Heartbeats(ctx context.Context) (map[string]Heartbeat, error) {
	last := map[string]Heartbeat{}
	for _, a := range f.run.agents {
		a.mu.Lock()
		conn, beat, n := a.conn, a.beat, a.beats
		a.mu.Unlock()
		if n == 0 {
			continue
		}
		if conn == nil {
			return nil, errors.New("fleet is closed")
		}
		if err := conn.FlushWithContext(ctx); err != nil {
			return nil, fmt.Errorf("flush heartbeats of %s: %w", a.AgentID, err)
		}
		last[a.AgentID] = beat
	}
	return last, nil
}
