package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/internal/simulate"
)

const (
	hostileIndex = 900_000
	largeBytes   = 8 << 20
	largeOnes    = 4

	hostileSkew = 365 * 24 * time.Hour // by which its clock is off

	rounds = 3 // measurements, at most
)

// hostile is one agent with valid credentials and bad intentions.
type hostile struct {
	st     *stage
	fleet  *simulate.Fleet
	self   simulate.Credentials
	victim simulate.Credentials
	check  int64 // of the victim
	web    string
	bus    string

	foreign atomic.Int64 // results for the victim's check that were answered 404
	closed  atomic.Int64 // silent connections that the bus has ended
}

// hostileAgent lets one agent do its worst while the others work, and compares what these get with what they got before.
func hostileAgent(ctx context.Context, t *testing.T, st *stage) {
	h := st.enemy(ctx, t)
	calm := st.begin(ctx)
	hold(ctx, t, st.attack)
	before := calm.ledger.Work()
	calm.end(ctx, t, "before the hostile agent")

	services := []string{"api", "natsapi", "nats-server", "web"}
	pids := st.pids()
	was := map[string]float64{}
	for _, s := range services {
		was[s] = st.memory(t, s)
	}
	refused := func(service string, words ...string) func() float64 {
		then := st.metric(ctx, t, service, words...)
		return func() float64 {
			now, err := st.sum(ctx, service, words...)
			if err != nil {
				return 0 // asked again
			}
			return now - then
		}
	}
	counters := map[string]func() float64{
		"check-ins beyond the rate": refused("natsapi", "gueen_checkins_refused_total", `reason="rate"`),
		"oversized check-ins":       refused("natsapi", "gueen_checkins_refused_total", `reason="oversized"`),
		"results beyond the rate":   refused("api", "gueen_api_refusals_total", `kind="throttled"`, `operation="reportCheck"`),
		"results for others":        refused("api", "gueen_api_refusals_total", `kind="not_found"`, `operation="reportCheck"`),
	}
	attack, cease := context.WithCancel(ctx)
	defer cease()
	own := h.fleet.NewLedger()
	var waves sync.WaitGroup
	h.begin(attack, t, &waves, own)
	most := map[string]float64{}
	// A machine that is busy with something else may slow one measurement; the hostile agent would slow all of them.
	var during simulate.Work
	least, most95 := st.effect.share*before.Rate, st.effect.times95*before.P95+st.effect.slack95
	served := func() bool { return during.Rate > least && (st.effect.times95 == 0 || during.P95 < most95) }
	for round := 1; ; round++ {
		tr := st.begin(ctx)
		for name, mib := range st.watch(ctx, t, services, st.attack) {
			most[name] = max(most[name], mib)
		}
		during = tr.ledger.Work()
		tr.flows(t, 20)
		tr.beats(ctx, t)
		tr.end(ctx, t, "one hostile agent")
		if served() || round == rounds {
			break
		}
	}
	for name, count := range counters {
		require.Eventually(t, func() bool { return count() > 0 }, within, 2*every, "%s are refused and counted", name)
	}
	require.Eventually(t, func() bool { return h.closed.Load() == int64(st.silent) }, within, every, "connections that never authenticate are ended")
	cease()
	waves.Wait()

	for name, count := range counters {
		t.Logf("%-26s %8.0f refused", name, count())
	}
	t.Logf("hostile: %d results taken, %d refused, %d for others", own.Acknowledged(), own.Refused()["status 429"], h.foreign.Load())
	t.Logf("honest before: %6.1f results per s, p50 %.0f ms, p95 %.0f ms, p99 %.0f ms", before.Rate, before.P50, before.P95, before.P99)
	t.Logf("honest during: %6.1f results per s, p50 %.0f ms, p95 %.0f ms, p99 %.0f ms", during.Rate, during.P50, during.P95, during.P99)
	require.Greater(t, during.Rate, least, "honest agents are served at their rate")
	if st.effect.times95 > 0 {
		require.Less(t, during.P95, most95, "and as fast, in ms")
	}
	for _, s := range services {
		t.Logf("memory of %-12s %6.1f MiB before, at most %6.1f MiB", s, was[s], most[s])
		require.Less(t, most[s]-was[s], st.memoryMiB, "memory of %s in MiB", s)
	}
	require.Zero(t, st.number(ctx, t, `SELECT count(*) FROM check_history WHERE check_id = $1`, h.check), "nothing is stored for another's check")
	require.Zero(t, st.number(ctx, t, `SELECT count(*) FROM check_history WHERE x > now() + interval '1 minute' OR x < $1`, st.began), "results bear the server's time")
	require.Zero(t, st.number(ctx, t, `SELECT count(*) FROM agent_presence WHERE last_seen > now() + interval '1 minute'`), "and so does presence")
	require.Equal(t, pids, st.pids(), "no service was restarted")
	h.fleet.Close()
}

// enemy enrols the hostile agent and gives one of the others a check of its own.
func (st *stage) enemy(ctx context.Context, t *testing.T) *hostile {
	t.Helper()
	access := st.suite.Access()
	h := &hostile{st: st, fleet: st.open(ctx, t, access.API, access.NATS, hostileIndex, 1), victim: st.fleet.Credentials()[0]}
	h.self = h.fleet.Credentials()[0]
	for address, host := range map[string]*string{access.API: &h.web, access.NATS: &h.bus} {
		u, err := url.Parse(address)
		require.NoError(t, err)
		*host = u.Host
	}
	st.client.must(ctx, t, http.MethodPost, "/checks/", map[string]any{
		"agent": h.victim.AgentID, "check_type": "ping", "ip": "127.0.0.99", "name": "Only the victim's", "fails_b4_alert": 1, "run_interval": 0,
		"alert_severity": "warning",
	}, nil)
	h.check = int64(st.number(ctx, t, `SELECT max(c.id) FROM checks c JOIN agents a ON a.id = c.agent_id WHERE a.agent_id = $1`, h.victim.AgentID))
	return h
}

// begin starts every kind of attack. Large messages come first: the flood uses up what the agent may send.
func (h *hostile) begin(ctx context.Context, t *testing.T, waves *sync.WaitGroup, own *simulate.Ledger) {
	t.Helper()
	h.wrongClock(ctx, t) // before a second connection of the same agent ends the first
	h.large(ctx, t)
	h.foreignResults(ctx, t)
	for _, wave := range []func(context.Context) error{
		func(ctx context.Context) error { return h.fleet.Beat(ctx, 1000*h.st.beats/float64(h.st.agents)) },
		func(ctx context.Context) error {
			return h.fleet.Post(ctx, simulate.Load{Rate: 1000 * h.st.rate / float64(h.st.agents), Workers: 8, Skew: hostileSkew}, own)
		},
		func(ctx context.Context) error { return h.halves(ctx, 20) },
		func(ctx context.Context) error { return h.silence(ctx, h.st.silent) },
	} {
		waves.Go(func() {
			if err := wave(ctx); err != nil && ctx.Err() == nil {
				t.Errorf("attack: %v", err)
			}
		})
	}
}

func (h *hostile) connect() (*nats.Conn, error) {
	// Errors of the server, such as a subject that is not allowed, are what is asked for.
	return nats.Connect("nats://"+h.bus, nats.UserInfo(h.self.AgentID, h.self.Token), nats.NoReconnect(), nats.Timeout(within), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
}

// large sends messages of 8 MB, to the bus and to the api.
func (h *hostile) large(ctx context.Context, t *testing.T) {
	t.Helper()
	var conn *nats.Conn
	require.Eventually(t, func() (ok bool) { // as agents do, whose admission took too long
		var err error
		conn, err = h.connect()
		return err == nil
	}, within, every)
	defer conn.Close()
	for _, kind := range []agentwire.Kind{agentwire.KindHello, agentwire.KindWMI, agentwire.KindAgentInfo} {
		require.NoError(t, conn.PublishRequest(h.self.AgentID, string(kind), bytes.Repeat([]byte{0x81}, largeBytes)))
	}
	// Names of others: nothing of it may arrive.
	evil, err := agentwire.Hello{AgentID: h.victim.AgentID, Version: "6.6.6"}.Encode()
	require.NoError(t, err)
	for range 5 {
		require.NoError(t, conn.PublishRequest(h.victim.AgentID, string(agentwire.KindHello), evil))
		require.NoError(t, conn.PublishRequest(h.self.AgentID, string(agentwire.KindHello), evil))
	}
	require.NoError(t, conn.FlushWithContext(ctx))
	for range largeOnes {
		status, err := h.patch(ctx, bytes.Repeat([]byte("["), largeBytes))
		require.NoError(t, err)
		require.Equal(t, http.StatusBadRequest, status, "8 MB that are no result")
	}
}

// wrongClock says that the machine booted in a year and that it did a year ago.
func (h *hostile) wrongClock(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, skew := range []time.Duration{hostileSkew, -hostileSkew} {
		_, err := h.fleet.Describe(ctx, skew)
		require.NoError(t, err)
	}
}

// foreignResults posts results for a check of another agent, under both names.
func (h *hostile) foreignResults(ctx context.Context, t *testing.T) {
	t.Helper()
	for i := range 20 {
		name := []string{h.self.AgentID, h.victim.AgentID}[i%2]
		status, err := h.patch(ctx, fmt.Appendf(nil, `{"id":%d,"agent_id":%q,"status":"failing","output":"forged"}`, h.check, name))
		require.NoError(t, err)
		require.Equal(t, http.StatusNotFound, status)
		h.foreign.Add(1)
	}
}

func (h *hostile) patch(ctx context.Context, body []byte) (int, error) {
	return h.st.client.send(ctx, http.MethodPatch, "/api/v3/checkrunner/", body, nil, "Authorization", "Token "+h.self.Token)
}

// halves opens connections that send a part of a frame or of a request and nothing more.
func (h *hostile) halves(ctx context.Context, n int) error {
	login := fmt.Sprintf(`CONNECT {"verbose":false,"user":%q,"pass":%q,"lang":"go","version":"1","protocol":1}`, h.self.AgentID, h.self.Token)
	var open []net.Conn
	defer func() {
		for _, conn := range open {
			_ = conn.Close() // the server may have ended it
		}
	}()
	for range n {
		for _, half := range []struct{ host, text string }{
			{h.bus, login + "\r\nPING\r\nPUB " + h.self.AgentID + " agent-hello 8388608\r\nhalf"},
			{h.bus, login[:len(login)/2]},
			{h.web, "GET /natsws HTTP/1.1\r\nHost: half\r\nUpgrade: webso"},
			{h.web, "PATCH /api/v3/checkrunner/ HTTP/1.1\r\nHost: half\r\nAuthorization: Token " + h.self.Token + "\r\nContent-Length: 100000\r\n\r\n{\"id\":"},
		} {
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", half.host)
			if err != nil {
				return err
			}
			open = append(open, conn)
			if _, err := conn.Write([]byte(half.text)); err != nil {
				return err
			}
		}
	}
	<-ctx.Done()
	return nil
}

// silence opens connections to the bus that never say who they are, and waits until the bus ends them.
func (h *hostile) silence(ctx context.Context, n int) error {
	var waiting sync.WaitGroup
	defer waiting.Wait()
	for range n {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", h.bus)
		if err != nil {
			return err
		}
		waiting.Go(func() {
			defer conn.Close() //nolint:errcheck // ended by the server
			if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
				return
			}
			for buffer := make([]byte, 4<<10); ; {
				if _, err := conn.Read(buffer); err != nil {
					if !errors.Is(err, os.ErrDeadlineExceeded) {
						h.closed.Add(1)
					}
					return
				}
			}
		})
	}
	return nil
}
