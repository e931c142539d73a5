package heartbeats_test

import (
	"context"
	"fmt"
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

	"github.com/gueencode/gueenrmm/pkg/heartbeats"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/events"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"))
}

const wait = time.Minute

func agentID(n int) string { return fmt.Sprintf("%s%04d", strings.Repeat("x", 36), n) }

type bundle struct {
	srv     *bustest.Server
	pool    *pgxpool.Pool
	metrics *prometheus.Registry
	logs    *observer.ObservedLogs
	ingest  *heartbeats.Ingest
}

// setup makes n agents and starts an ingest.
func setup(t *testing.T, n int) *bundle {
	t.Helper()
	b := &bundle{srv: bustest.Start(t), pool: dbtest.New(t)}
	addAgents(t, b.pool, n)
	b.ingest, b.metrics, b.logs = b.start(t)
	return b
}

func addAgents(t testing.TB, pool *pgxpool.Pool, n int) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `WITH c AS (INSERT INTO clients (name) VALUES ('client') RETURNING id),
		s AS (INSERT INTO sites (name, client_id) SELECT 'site', id FROM c RETURNING id)
		INSERT INTO agents (agent_id, hostname, plat, site_id) SELECT repeat('x', 36) || lpad(n::text, 4, '0'), 'host', 'linux', s.id
		FROM s, generate_series(0, $1::int - 1) n`, n)
	require.NoError(t, err)
}

func (b *bundle) start(t *testing.T) (*heartbeats.Ingest, *prometheus.Registry, *observer.ObservedLogs) {
	t.Helper()
	reg := prometheus.NewRegistry()
	core, logs := observer.New(zap.InfoLevel)
	conn, err := bus.Open(bus.Settings{URL: b.srv.URL(), User: bustest.ServicesUser, Password: bustest.ServicesUser, Name: "test"}, zap.New(core), reg, nil)
	require.NoError(t, err)
	in, err := heartbeats.New(heartbeats.Deps{
		Conn: conn, Pool: b.pool, Logger: zap.New(core), Metrics: reg, Now: time.Now, Interval: 5 * time.Millisecond,
	})
	require.NoError(t, err)
	require.NoError(t, in.Start(t.Context()))
	require.NoError(t, conn.NATS().FlushTimeout(wait))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		defer cancel()
		require.NoError(t, in.Stop(ctx))
		require.NoError(t, conn.Stop(ctx))
	})
	return in, reg, logs
}

func send(t *testing.T, nc *nats.Conn, id string, m agentwire.CheckIn) {
	t.Helper()
	data, err := m.Encode()
	require.NoError(t, err)
	require.NoError(t, nc.PublishRequest(id, string(m.Kind()), data))
}

func (b *bundle) text(t *testing.T, sql string, args ...any) string {
	t.Helper()
	var s *string
	require.NoError(t, b.pool.QueryRow(t.Context(), sql, args...).Scan(&s))
	if s == nil {
		return ""
	}
	return *s
}

func (b *bundle) eventually(t *testing.T, want, sql string, args ...any) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var s *string
		require.NoError(c, b.pool.QueryRow(t.Context(), sql, args...).Scan(&s))
		require.NotNil(c, s)
		require.Equal(c, want, *s)
	}, wait, 5*time.Millisecond)
}

func (b *bundle) count(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	families, err := b.metrics.Gather()
	if err != nil {
		return -1 // asked in conditions, which must not end the test
	}
	sum := 0.0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			all := ""
			for _, l := range m.GetLabel() {
				all += l.GetValue() + " "
			}
			if f.GetName() == name && (len(labels) == 0 || strings.Contains(all, labels[0])) {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

func TestSixCheckInsReachTheDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	id := agentID(0)
	listener := b.srv.Services(t)
	facts, err := listener.SubscribeSync(subjects.AgentFactsOf(id))
	require.NoError(t, err)
	bustest.Drain(t, listener)
	nc := b.srv.Agent(t, id)
	send(t, nc, id, agentwire.Hello{AgentID: id, Version: "2.9.1"})
	send(t, nc, id, agentwire.AgentInfo{
		AgentID: id, Username: "kim", Hostname: "web01", OperatingSystem: "Debian", Platform: "linux", TotalRAM: 8, BootTime: 1700000000,
		NeedsReboot: true, GoArch: "arm64",
	})
	send(t, nc, id, agentwire.Disks{AgentID: id, Disks: []agentwire.Disk{{Device: "/dev/sda1", Percent: 50}}})
	send(t, nc, id, agentwire.WinServices{AgentID: id, Services: []agentwire.Service{{Name: "svc", PID: 7}}})
	send(t, nc, id, agentwire.PublicIP{AgentID: id, PublicIP: "192.0.2.7"})
	send(t, nc, id, agentwire.WMI{AgentID: id, WMI: map[string]any{
		"cpus": []any{"CPU One"}, "local_ips": []any{"10.0.0.5/24"}, "make_model": "Acme Box", "serialnumber": "SN1", "gpus": "", "disks": []any{"disk a"},
	}})
	b.eventually(t, "2.9.1 true", `SELECT version || ' ' || (now() - last_seen < '1 hour')::text FROM agent_presence JOIN agents a ON a.id = agent_presence.agent_id WHERE a.agent_id = $1`, id)
	b.eventually(t, "kim kim web01 Debian 8 1700000000 true arm64 192.0.2.7", `SELECT concat_ws(' ', logged_in_username, last_logged_in_user, hostname,
		operating_system, total_ram, boot_time, needs_reboot::text, goarch, public_ip) FROM agents WHERE agent_id = $1`, id)
	b.eventually(t, "/dev/sda1 svc {\"CPU One\"} 10.0.0.5/24 Acme Box SN1", `SELECT concat_ws(' ', disks -> 0 ->> 'device', services -> 0 ->> 'name', cpu_model::text,
		local_ips, make_model, serial_number) FROM agent_inventory i JOIN agents a ON a.id = i.agent_id WHERE a.agent_id = $1`, id)
	kinds := map[events.Kind]bool{}
	for len(kinds) < 2 {
		m, err := facts.NextMsg(wait)
		require.NoError(t, err)
		f, err := events.ParseAgent(m.Subject, m.Data)
		require.NoError(t, err)
		kinds[f.Kind] = true
	}
	require.True(t, kinds[events.KindPresence] && kinds[events.KindRow])

	send(t, nc, id, agentwire.AgentInfo{AgentID: id, Username: "None", Hostname: "web02", OperatingSystem: "Debian", Platform: "linux"})
	b.eventually(t, "None kim web02 arm64", `SELECT concat_ws(' ', logged_in_username, last_logged_in_user, hostname, goarch) FROM agents WHERE agent_id = $1`, id)
}

func TestUnchangedInventoryIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	id := agentID(0)
	nc := b.srv.Agent(t, id)
	disks := agentwire.Disks{AgentID: id, Disks: []agentwire.Disk{{Device: "C:"}}}
	// The same content with its keys in another order, as deployed agents send it.
	wmi := [][]byte{
		[]byte("\x82\xa8agent_id\xda\x00\x28" + id + "\xa3wmi\x82\xa1a\x01\xa1b\x02"),
		[]byte("\x82\xa3wmi\x82\xa1b\x02\xa1a\x01\xa8agent_id\xda\x00\x28" + id),
	}
	const version = `SELECT xmin::text FROM agent_inventory`
	send(t, nc, id, disks)
	b.eventually(t, "C:", `SELECT disks -> 0 ->> 'device' FROM agent_inventory`)
	require.NoError(t, nc.PublishRequest(id, string(agentwire.KindWMI), wmi[0]))
	b.eventually(t, "2", `SELECT wmi_detail ->> 'b' FROM agent_inventory`)
	before := b.text(t, version)
	send(t, nc, id, disks)
	require.NoError(t, nc.PublishRequest(id, string(agentwire.KindWMI), wmi[1]))
	require.Eventually(t, func() bool { return b.count(t, "gueen_checkins_unchanged_total") == 2 }, wait, time.Millisecond)
	require.Equal(t, before, b.text(t, version))
	disks.Disks[0].Device = "D:"
	send(t, nc, id, disks)
	b.eventually(t, "D:", `SELECT disks -> 0 ->> 'device' FROM agent_inventory`)
}

func TestBadCheckInsAreCountedAndHarmless(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	id, other := agentID(0), agentID(1)
	nc := b.srv.Agent(t, id)
	raw := func(kind agentwire.Kind, data []byte) { require.NoError(t, nc.PublishRequest(id, string(kind), data)) }
	raw("agent-nonsense", []byte("x"))
	require.NoError(t, nc.Publish(id, []byte("x")))
	raw(agentwire.KindHello, []byte{0xc1, 0xff})
	raw(agentwire.KindWMI, []byte("\xdf\xff\xff\xff\xff"))
	raw(agentwire.KindHello, make([]byte, 64<<10))
	raw(agentwire.KindDisks, make([]byte, 5<<20))
	send(t, nc, id, agentwire.Hello{AgentID: other, Version: "6.6.6"})
	disks, err := agentwire.Disks{AgentID: other, Disks: []agentwire.Disk{{Device: "X:"}}}.Encode()
	require.NoError(t, err)
	raw(agentwire.KindDisks, disks)
	send(t, nc, id, agentwire.AgentInfo{AgentID: id, Hostname: "h", Platform: "plan9"})
	for reason, n := range map[string]float64{"unknown_kind": 2, "undecodable": 2, "oversized": 2, "foreign_id": 2, "invalid_value": 1} {
		require.Eventually(t, func() bool { return b.count(t, "gueen_checkins_refused_total", reason) == n }, wait, time.Millisecond, reason)
		require.Eventually(t, func() bool { return b.told(reason, id) > 0 }, wait, time.Millisecond, reason)
	}
	// The agent still works, and nobody else was touched.
	send(t, nc, id, agentwire.Hello{AgentID: id, Version: "2.9.1"})
	b.eventually(t, "2.9.1", `SELECT version FROM agent_presence p JOIN agents a ON a.id = p.agent_id WHERE a.agent_id = $1`, id)
	require.Equal(t, "0.1.0", b.text(t, `SELECT version FROM agent_presence p JOIN agents a ON a.id = p.agent_id WHERE a.agent_id = $1`, other))
	require.Empty(t, b.text(t, `SELECT string_agg(disks::text, '') FROM agent_inventory`))
	for _, reason := range []string{"unknown_kind", "undecodable", "oversized", "foreign_id", "invalid_value"} {
		require.Equal(t, 1, b.told(reason, id), reason)
	}
}

// told counts the lines in the log about an agent and a reason.
func (b *bundle) told(reason, id string) int {
	return b.logs.FilterField(zap.String("reason", reason)).FilterField(zap.String("agent_id", id)).Len()
}

func TestLoudAgentIsBoundedAndOthersAreNot(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	loud, quiet := agentID(0), agentID(1)
	l, q := b.srv.Agent(t, loud), b.srv.Agent(t, quiet)
	for range 2000 {
		send(t, l, loud, agentwire.Hello{AgentID: loud, Version: "1"})
	}
	send(t, q, quiet, agentwire.Hello{AgentID: quiet, Version: "2.9.1"})
	b.eventually(t, "2.9.1", `SELECT version FROM agent_presence p JOIN agents a ON a.id = p.agent_id WHERE a.agent_id = $1`, quiet)
	require.Eventually(t, func() bool { return b.count(t, "gueen_checkins_refused_total", "rate") > 1000 }, wait, time.Millisecond)
}

func TestReplicasShareTheWorkAndStopLosesNothing(t *testing.T) {
	t.Parallel()
	const agents = 50
	b := setup(t, agents)
	second, reg, _ := b.start(t)
	for i := range agents {
		nc := b.srv.Agent(t, agentID(i))
		send(t, nc, agentID(i), agentwire.Hello{AgentID: agentID(i), Version: "2.9.1"})
		bustest.Drain(t, nc)
	}
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	require.NoError(t, second.Stop(ctx))
	require.NoError(t, b.ingest.Stop(ctx))
	require.Equal(t, fmt.Sprint(agents), b.text(t, `SELECT count(*)::text FROM agent_presence WHERE version = '2.9.1'`))
	first := b.count(t, "gueen_checkins_written_total")
	b.metrics = reg
	require.InDelta(t, agents, first+b.count(t, "gueen_checkins_written_total"), 0)
	require.Positive(t, first)
	require.Less(t, first, float64(agents))
}
