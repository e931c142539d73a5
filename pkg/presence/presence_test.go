package presence_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/presence"
	"github.com/gueencode/gueenrmm/proto/events"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"))
}

const wait = time.Minute

func agentID(letter string) string { return strings.Repeat(letter, 40) }

type bundle struct {
	srv     *bustest.Server
	pool    *pgxpool.Pool
	service *presence.Service
	logs    *observer.ObservedLogs
	metrics *prometheus.Registry
}

func setup(t *testing.T, agents ...string) *bundle {
	t.Helper()
	b := &bundle{srv: bustest.Start(t), pool: dbtest.New(t)}
	for _, id := range agents {
		_, err := b.pool.Exec(t.Context(), `WITH c AS (INSERT INTO clients (name) VALUES ($1) RETURNING id),
			s AS (INSERT INTO sites (name, client_id) SELECT 'site', id FROM c RETURNING id),
			a AS (INSERT INTO agents (agent_id, hostname, plat, site_id) SELECT $1, 'host', 'linux', s.id FROM s RETURNING id)
			INSERT INTO agent_tokens (agent_id, token_hash) SELECT id, sha256($1::text::bytea) FROM a`, id)
		require.NoError(t, err)
	}
	return b
}

func (b *bundle) start(t *testing.T) *presence.Service {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	b.logs, b.metrics = logs, prometheus.NewRegistry()
	open := func(user string) *bus.Conn {
		c, err := bus.Open(bus.Settings{URL: b.srv.URL(), User: user, Password: user, Name: user}, zap.New(core), prometheus.NewRegistry(), nil)
		require.NoError(t, err)
		return c
	}
	system, services := open(bustest.SystemUser), open(bustest.ServicesUser)
	s, err := presence.New(presence.Deps{
		System: system, Services: services, Pool: b.pool, Logger: zap.New(core), Metrics: b.metrics, Now: time.Now,
		Interval: time.Millisecond, Sweep: 10 * time.Millisecond, Settle: bustest.Admission + time.Second,
	})
	require.NoError(t, err)
	require.NoError(t, s.Start(t.Context()))
	require.NoError(t, system.NATS().FlushTimeout(wait))
	require.NoError(t, services.NATS().FlushTimeout(wait))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		defer cancel()
		require.NoError(t, s.Stop(ctx))
		require.NoError(t, services.Stop(ctx))
		require.NoError(t, system.Stop(ctx))
	})
	b.service = s
	return s
}

func (b *bundle) eventually(t *testing.T, id string, connected bool) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var got bool
		err := b.pool.QueryRow(t.Context(), `SELECT p.connected FROM agent_presence p JOIN agents a ON a.id = p.agent_id WHERE a.agent_id = $1`, id).Scan(&got)
		assert.NoError(c, err)
		assert.Equal(c, connected, got)
	}, wait, 2*time.Millisecond)
}

func (b *bundle) facts(t *testing.T) *nats.Subscription {
	t.Helper()
	nc := b.srv.Services(t)
	sub, err := nc.SubscribeSync(subjects.AgentFactKind(string(events.KindPresence)))
	require.NoError(t, err)
	bustest.Drain(t, nc)
	return sub
}

func nextFact(t *testing.T, sub *nats.Subscription) events.Agent {
	t.Helper()
	m, err := sub.NextMsg(wait)
	require.NoError(t, err)
	f, err := events.ParseAgent(m.Subject, m.Data)
	require.NoError(t, err)
	return f
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(wait):
		require.FailNow(t, "nothing came in time")
		panic("unreachable")
	}
}

// until does again and again what ends the agent's connection: that it is written does not say yet that it may be ended, both are
// done side by side.
func until(t *testing.T, closed <-chan string, id string, do func()) {
	t.Helper()
	for end := time.Now().Add(wait); ; {
		do()
		select {
		case got := <-closed:
			require.Equal(t, id, got)
			return
		case <-time.After(500 * time.Millisecond):
			require.True(t, time.Now().Before(end), "it stays connected")
		}
	}
}

func TestConnectAndDisconnectAreKnownAtOnce(t *testing.T) {
	t.Parallel()
	id := agentID("a")
	b := setup(t, id)
	b.start(t)
	facts := b.facts(t)
	nc := b.srv.Agent(t, id)
	b.eventually(t, id, true)
	f := nextFact(t, facts)
	require.Equal(t, id, f.AgentID)
	require.True(t, f.Presence.Connected)
	nc.Close()
	b.eventually(t, id, false)
	require.False(t, nextFact(t, facts).Presence.Connected)
}

func TestStartFindsWhoIsConnectedAndWhoIsNot(t *testing.T) {
	t.Parallel()
	here, gone := agentID("b"), agentID("c")
	b := setup(t, here, gone)
	b.srv.Agent(t, here)
	_, err := b.pool.Exec(t.Context(), `UPDATE agent_presence SET connected = true, connected_at = now() - interval '1 hour'
		FROM agents a WHERE a.id = agent_presence.agent_id AND a.agent_id = $1`, gone)
	require.NoError(t, err)
	b.start(t)
	b.eventually(t, here, true)
	b.eventually(t, gone, false)
}

func TestRestartOfTheServerIsNoticed(t *testing.T) {
	t.Parallel()
	stays, leaves := agentID("d"), agentID("e")
	b := setup(t, stays, leaves)
	b.start(t)
	fast := nats.ReconnectWait(20 * time.Millisecond)
	b.srv.Agent(t, stays, nats.MaxReconnects(-1), fast)
	nc := b.srv.Agent(t, leaves, nats.MaxReconnects(-1), fast)
	b.eventually(t, stays, true)
	b.eventually(t, leaves, true)
	b.srv.Stop()
	nc.Close()
	b.srv.Restart(t)
	b.eventually(t, leaves, false)
	b.eventually(t, stays, true)
}

// comesBackAfter is about what deployed agents wait; sooner would not be taken for a machine that holds a connection.
const comesBackAfter = 2 * time.Second

func TestSecondConnectionReplacesTheFirst(t *testing.T) {
	t.Parallel()
	id := agentID("f")
	b := setup(t, id)
	b.start(t)
	first := b.srv.Agent(t, id, nats.MaxReconnects(-1), nats.ReconnectWait(comesBackAfter))
	b.eventually(t, id, true)
	kicked := make(chan struct{}, 256)
	first.SetDisconnectErrHandler(func(*nats.Conn, error) { kicked <- struct{}{} })
	b.srv.Agent(t, id, nats.MaxReconnects(-1), nats.ReconnectWait(comesBackAfter))
	receive(t, kicked)
	receive(t, kicked) // both come back again and again
	contested := func() int {
		return b.logs.FilterMessageSnippet("two machines").FilterField(zap.String("agent_id", id)).Len()
	}
	require.Eventually(t, func() bool { return contested() == 1 }, wait, time.Millisecond)
	receive(t, kicked)
	require.Equal(t, 1, contested(), "however long they go on")
	require.Positive(t, counter(t, b.metrics, "gueen_presence_contested_total"))
	b.eventually(t, id, true)
}

func TestRemovedAndDisabledAgentsAreDisconnected(t *testing.T) {
	t.Parallel()
	removed, disabled, suspect, stranger, revoked := agentID("g"), agentID("h"), agentID("i"), agentID("j"), agentID("p")
	b := setup(t, removed, disabled, suspect, revoked)
	s := b.start(t)
	conns := map[string]*nats.Conn{}
	closed := make(chan string, 8)
	for _, id := range []string{removed, disabled, suspect, revoked} {
		conns[id] = b.srv.Agent(t, id, nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { closed <- id }))
		b.eventually(t, id, true)
	}
	services := b.srv.Services(t)
	publish := func(f events.Agent) {
		t.Helper()
		require.NoError(t, services.Publish(f.Subject(), []byte(`{"agent_id":"`+f.AgentID+`","kind":"`+string(f.Kind)+`"}`)))
	}
	until(t, closed, removed, func() { publish(events.Removed(removed, 1, 1, time.Now())) })
	until(t, closed, disabled, func() { publish(events.Disabled(disabled, time.Now())) })
	s.Suspect(suspect) // nothing is wrong with it
	_, err := b.pool.Exec(t.Context(), `UPDATE agents SET disabled = true WHERE agent_id = $1`, suspect)
	require.NoError(t, err)
	until(t, closed, suspect, func() { s.Suspect(suspect) })
	_, err = b.pool.Exec(t.Context(), `DELETE FROM agent_tokens t USING agents a WHERE a.id = t.agent_id AND a.agent_id = $1`, revoked)
	require.NoError(t, err)
	until(t, closed, revoked, func() { s.Suspect(revoked) })
	// An agent that was deleted in the moment it connected is found when its connection is written.
	b.srv.Agent(t, stranger, nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { closed <- stranger }))
	require.Equal(t, stranger, receive(t, closed))
	require.NoError(t, services.Publish(subjects.AgentFact(suspect, "removed"), []byte("{nonsense")))
	bustest.Drain(t, services)
}

func TestAgentThatStopsReportingIsTold(t *testing.T) {
	t.Parallel()
	id := agentID("k")
	b := setup(t, id)
	facts := b.facts(t)
	b.start(t)
	var m *nats.Msg
	require.Eventually(t, func() bool { // until the service looks, which it does only at what happens from then on
		if _, err := b.pool.Exec(t.Context(), `UPDATE agent_presence SET last_seen = now() - interval '4 minutes' + interval '1 second'`); err != nil {
			return false
		}
		var err error
		m, err = facts.NextMsg(3 * time.Second)
		return err == nil
	}, wait, time.Millisecond)
	f, err := events.ParseAgent(m.Subject, m.Data)
	require.NoError(t, err)
	require.Equal(t, id, f.AgentID)
	require.False(t, f.Presence.Connected)
	require.NotNil(t, f.Presence.LastSeen)
}

func TestReplicasAgree(t *testing.T) {
	t.Parallel()
	ids := []string{agentID("l"), agentID("m"), agentID("n"), agentID("o")}
	b := setup(t, ids...)
	b.start(t)
	b.start(t)
	conns := map[string]*nats.Conn{}
	for _, id := range ids {
		conns[id] = b.srv.Agent(t, id)
	}
	for _, id := range ids {
		b.eventually(t, id, true)
	}
	for _, id := range ids[:2] {
		conns[id].Close()
	}
	for i, id := range ids {
		b.eventually(t, id, i >= 2)
	}
}

func counter(t *testing.T, registry *prometheus.Registry, name string) (n float64) {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}
