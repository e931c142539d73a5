package simulate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

// agent is one simulated machine.
type agent struct {
	identity
	run *run

	mu     sync.Mutex
	conn   *nats.Conn
	pause  time.Duration // between attempts to connect
	rng    *rand.Rand
	checks []agentwire.Check
	report hardwareReport // the last one sent
	posted int            // check results made so far
	beats  int64
	beat   Heartbeat // the last one sent

	wire wire
}

// wire is the socket of an agent's connection. It has a lock of its own: the library dials with its own lock held.
type wire struct {
	mu     sync.Mutex
	conn   net.Conn
	stands bool        // the agent was admitted over it
	told   bool        // its attempt failed and was counted
	undone bool        // the last attempt did not get as far as a socket
	lost   func(error) // is told of attempts that were not admitted
}

var errNotAdmitted = errors.New("not admitted within two seconds, or refused")

func newAgent(r *run, id identity) *agent {
	rng := random(id.Index)
	return &agent{identity: id, run: r, rng: rng, pause: time.Duration(2+rng.IntN(6)) * time.Second, wire: wire{lost: r.attempts.fail}}
}

type natsDialer struct {
	ctx    context.Context //nolint:containedctx // nats.go's dialer has no context; this one ends with the run
	dialer *net.Dialer
	keep   func(net.Conn)
	missed func()
}

func (d natsDialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.dialer.DialContext(d.ctx, network, address)
	if err != nil {
		d.missed()
		return nil, err
	}
	d.keep(conn)
	return conn, nil
}

// How deployed agents connect and come back (agent-protocol.md §1.4): two seconds for an attempt, between attempts a whole
// number of seconds that is drawn once from 2 to 7, and up to half a second more, four with TLS.
const (
	connectWithin = 2 * time.Second
	jitterPlain   = 500 * time.Millisecond
	jitterTLS     = 4 * time.Second
)

// connect opens the agent's connection the way deployed agents do: own user, own subject, no echo, no give-up.
func (a *agent) connect(ctx context.Context) error {
	address, err := url.Parse(a.run.opts.NATS)
	if err != nil {
		return fmt.Errorf("NATS address: %w", err)
	}
	options := []nats.Option{
		nats.Name(a.AgentID), nats.UserInfo(a.AgentID, a.Token), nats.NoEcho(), nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(), nats.ReconnectWait(a.pause), nats.ReconnectJitter(jitterPlain, jitterTLS), nats.ReconnectBufSize(-1),
		nats.PingInterval(40 * time.Second), nats.Timeout(connectWithin), nats.RetryOnFailedConnect(false),
		nats.SetCustomDialer(natsDialer{ctx: ctx, dialer: sourceDialer(a.Index%a.run.opts.Sources, a.run.opts.Sources), keep: a.wire.take, missed: a.wire.miss}),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { a.run.connected.Add(-1) }),
		nats.ReconnectHandler(func(*nats.Conn) { a.wire.admitted(); a.run.connected.Add(1); a.run.returned() }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { a.wire.fail(err) }), // of dials, TLS and WebSocket only
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),            // refusals are counted above
	}
	if path := strings.Trim(address.Path, "/"); path != "" {
		options = append(options, nats.ProxyPath("/"+path))
		address.Path = ""
	}
	if a.run.opts.Insecure && (address.Scheme == "tls" || address.Scheme == "wss") {
		options = append(options, nats.Secure(&tls.Config{InsecureSkipVerify: true})) //nolint:gosec // asked for, see client.go
	}
	conn, err := nats.Connect(address.String(), options...)
	if err != nil {
		return err
	}
	a.wire.admitted()
	if _, err := conn.Subscribe(subjects.Agent(a.AgentID), func(m *nats.Msg) { a.command(ctx, m) }); err != nil {
		conn.Close()
		return err
	}
	if err := conn.FlushTimeout(20 * time.Second); err != nil {
		conn.Close()
		return err
	}
	a.mu.Lock()
	a.conn = conn
	a.mu.Unlock()
	a.run.connected.Add(1)
	return nil
}

// connectPatiently tries again as agents do, a few times.
func (a *agent) connectPatiently(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		err := a.connect(ctx)
		if err == nil || attempt == connectAttempts || ctx.Err() != nil {
			return err
		}
		a.mu.Lock()
		pause := a.pause + time.Duration(a.rng.Int64N(int64(jitterPlain)))
		a.mu.Unlock()
		if !wait(ctx, pause) {
			return err
		}
	}
}

// connectAttempts bounds how often an agent tries before it counts as one that could not connect.
const connectAttempts = 5

// take takes the socket of a new attempt. That of the last one is closed: the library leaves it to the garbage collector when
// the attempt failed, which is one socket of an agent, but would be all that a process with a whole fleet may open.
func (w *wire) take(conn net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn != nil {
		w.conn.Close() //nolint:errcheck // given up
		if !w.stands && !w.told {
			w.lost(errNotAdmitted)
		}
	}
	w.conn, w.stands, w.told = conn, false, false
}

// miss notes an attempt that got no socket.
func (w *wire) miss() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.undone = true
}

// fail counts an attempt of which the library says why it failed: no socket, or a proxy that refused it.
func (w *wire) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost(err)
	if w.undone {
		w.undone = false // the socket here is of an earlier attempt
		return
	}
	w.told = true
}

// admitted marks the attempt as one that succeeded.
func (w *wire) admitted() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stands = true
}

// cut breaks the connection as a lost network or a server that ends does: the agent notices and waits before it returns.
func (w *wire) cut() { w.take(nil) }

func (a *agent) close() {
	a.mu.Lock()
	conn := a.conn
	a.conn = nil
	a.mu.Unlock()
	if conn != nil {
		conn.Close()
	}
}

var errNotConnected = errors.New("not connected")

// publish sends a check-in: the kind travels in the reply field (agent-protocol.md §2.3).
func (a *agent) publish(kind agentwire.Kind, payload []byte) error {
	a.mu.Lock()
	conn := a.conn
	a.mu.Unlock()
	if conn == nil || !conn.IsConnected() {
		return errNotConnected
	}
	return conn.PublishRequest(a.AgentID, string(kind), payload)
}

func (a *agent) checkIn(kind agentwire.Kind) error {
	var payload []byte
	var err error
	switch kind {
	case agentwire.KindHello:
		payload, err = agentwire.Hello{AgentID: a.AgentID, Version: "2.11.0"}.Encode()
	case agentwire.KindAgentInfo:
		payload, err = agentInfo(a.Index, a.AgentID).Encode()
	case agentwire.KindDisks:
		payload, err = disks(a.Index, a.AgentID).Encode()
	case agentwire.KindWinServices:
		payload, err = services(a.Index, a.AgentID).Encode()
	case agentwire.KindPublicIP:
		payload, err = agentwire.PublicIP{AgentID: a.AgentID, PublicIP: fmt.Sprintf("203.0.113.%d", a.Index%250)}.Encode()
	case agentwire.KindWMI:
		return a.reportHardware(false)
	}
	if err != nil {
		return err
	}
	return a.publish(kind, payload)
}

// reportHardware sends the last report again, or a different one. The first is the same in every run, so that a server that
// knows the fleet from an earlier one finds it unchanged.
func (a *agent) reportHardware(changed bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == nil || !a.conn.IsConnected() {
		return errNotConnected
	}
	if a.report.payload == nil {
		var err error
		if a.report, err = newHardwareReport(a.Index, a.AgentID); err != nil {
			return err
		}
	}
	if changed {
		a.report.change(a.run.generation.Add(1))
	}
	return a.conn.PublishRequest(a.AgentID, string(agentwire.KindWMI), a.report.payload)
}

// command answers after a delay like that of a real machine, on a goroutine of its own as real agents do.
func (a *agent) command(ctx context.Context, m *nats.Msg) {
	cmd, err := agentwire.DecodeCommand(m.Data)
	if err != nil || cmd.Func == "" {
		return
	}
	a.run.commands.Add(1)
	if a.run.opts.OnCommand != nil {
		a.run.opts.OnCommand(a.AgentID, cmd)
	}
	go a.answer(ctx, cmd, m)
}

func (a *agent) answer(ctx context.Context, cmd agentwire.Command, m *nats.Msg) {
	a.mu.Lock()
	delay := time.Duration(5+a.rng.IntN(50)) * time.Millisecond
	if strings.HasPrefix(cmd.Func, "runscript") || cmd.Func == "rawcmd" {
		delay = time.Duration(100+a.rng.IntN(1400)) * time.Millisecond
	}
	a.mu.Unlock()
	if cmd.Func != "ping" && !wait(ctx, delay) {
		return
	}
	result := agentwire.ScriptResult{Stdout: "simulated output\n", ExecutionTime: delay.Seconds(), ID: cmd.ID}
	var reply any = "ok"
	switch cmd.Func {
	case "ping":
		reply = "pong"
	case "rawcmd", "runscript":
		reply = result.Stdout
	case "runscriptfull":
		reply = result
	}
	if m.Reply != "" {
		if payload, err := agentwire.EncodeValue(reply); err == nil {
			if err := m.Respond(payload); err != nil {
				a.run.answers.fail(err)
			}
		}
	}
	if cmd.ID != 0 {
		a.postHistory(ctx, cmd, result)
	}
}

func (a *agent) postHistory(ctx context.Context, cmd agentwire.Command, result agentwire.ScriptResult) {
	body := map[string]any{"script_results": result}
	if cmd.Func == "rawcmd" {
		body = map[string]any{"results": result.Stdout}
	}
	start := time.Now()
	err := a.run.http.do(ctx, a.Index, http.MethodPatch, fmt.Sprintf("/api/v3/%d/%s/histresult/", cmd.ID, a.AgentID),
		"Authorization", "Token "+a.Token, body, nil)
	if err != nil {
		a.run.answers.fail(err)
		return
	}
	a.run.answers.add(time.Since(start))
	a.run.books.answer(int64(cmd.ID))
}

// wait returns false when ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
