package results_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/alerts"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/pkg/tasks"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const patience = time.Minute

// bundle is a database, a bus, the contexts on them and a publisher; consumers are started by the tests.
type bundle struct {
	ctx       context.Context
	url       string
	pool      *pgxpool.Pool
	srv       *bustest.Server
	conn      *bus.Conn
	checks    *checks.Service
	tasks     *tasks.Service
	agents    *agents.Service
	publisher *results.Publisher
	site      int32

	logs    *observer.ObservedLogs // of the consumers
	log     *zap.Logger
	metrics *prometheus.Registry // of the last consumer
}

type quietAlerts struct{}

func (quietAlerts) ResolveChecks(ctx context.Context, db checks.DB, pk int32, ids []int32) error {
	return alerts.ResolveChecks(ctx, db, pk, ids)
}

func setup(t testing.TB) *bundle {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	b := &bundle{ctx: t.Context(), url: dbtest.NewURL(t), srv: bustest.Start(t), logs: logs, log: zap.New(core)}
	var err error
	b.pool, err = pgxpool.New(context.Background(), b.url)
	require.NoError(t, err)
	t.Cleanup(b.pool.Close)
	b.conn = b.open(t)
	log := audit.New(0)
	b.agents = agents.New(agents.Deps{Pool: b.pool, Audit: log, Facts: b.conn, Log: zap.NewNop()})
	code := scripts.NewService(b.pool, log)
	b.checks = checks.NewService(checks.Deps{Pool: b.pool, Audit: log, Scripts: code, Variables: b.agents, Alerts: quietAlerts{}})
	b.tasks = tasks.NewService(tasks.Deps{Pool: b.pool, Audit: log, Agents: b.agents, Scripts: code, Variables: b.agents})
	b.publisher, err = results.NewPublisher(b.conn, results.StreamLimits{}, prometheus.NewRegistry())
	require.NoError(t, err)
	b.publisher.Unhurried(patience)
	var client int32
	require.NoError(t, b.pool.QueryRow(b.ctx, `INSERT INTO clients (name) VALUES ('c') RETURNING id`).Scan(&client))
	require.NoError(t, b.pool.QueryRow(b.ctx, `INSERT INTO sites (client_id, name) VALUES ($1, 's') RETURNING id`, client).Scan(&b.site))
	return b
}

func (b *bundle) open(t testing.TB) *bus.Conn {
	t.Helper()
	conn, err := bus.Open(bus.Settings{URL: b.srv.URL(), User: bustest.ServicesUser, Password: bustest.ServicesUser, Name: "test"},
		zap.NewNop(), prometheus.NewRegistry(), nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, conn.Stop(ctx))
	})
	_, err = conn.EnsureStream(b.ctx, results.Stream(results.StreamLimits{}))
	require.NoError(t, err)
	return conn
}

func (b *bundle) handlers() map[results.Kind]results.Handler {
	return map[results.Kind]results.Handler{
		results.KindCheck:    results.CheckHandler{Checks: b.checks, Tasks: b.tasks},
		results.KindTask:     results.TaskHandler{Tasks: b.tasks, History: b.agents},
		results.KindHistory:  results.HistoryHandler{History: b.agents},
		results.KindSoftware: results.SoftwareHandler{},
	}
}

func (b *bundle) consumer(t *testing.T, conn *bus.Conn, handlers map[results.Kind]results.Handler) *results.Consumer {
	t.Helper()
	b.metrics = prometheus.NewRegistry()
	c, err := results.NewConsumer(results.Deps{
		Conn: conn, Pool: b.pool, Handlers: handlers, Log: b.log, Metrics: b.metrics,
		Limits: results.Limits{Backoff: 10 * time.Millisecond, AckWait: patience / 2},
	})
	require.NoError(t, err)
	return c
}

// start runs a consumer until the test ends or the result is called.
func (b *bundle) start(t *testing.T, c *results.Consumer) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	var stopped bool
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		require.NoError(t, <-done)
	}
	t.Cleanup(stop)
	return stop
}

func (b *bundle) agent(t testing.TB, n int) (pk int32, id string) {
	t.Helper()
	id = fmt.Sprintf("%s%04d", strings.Repeat("a", 30), n)
	require.NoError(t, b.pool.QueryRow(b.ctx, `INSERT INTO agents (agent_id, hostname, plat, site_id) VALUES ($1, $1, 'linux', $2) RETURNING id`,
		id, b.site).Scan(&pk))
	return pk, id
}

func (b *bundle) ping(t *testing.T, agentID string) (id int32) {
	t.Helper()
	admin := &access.Principal{Kind: access.Session, Username: "admin", Super: true, Scope: access.Everything()}
	d := checks.New(checks.Ping)
	host, name := "10.0.0.1", "p"
	d.IP, d.Name = &host, &name
	_, err := b.checks.Create(b.ctx, admin, agentID, d)
	require.NoError(t, err)
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT max(id) FROM checks`).Scan(&id))
	return id
}

func (b *bundle) publish(t *testing.T, kind results.Kind, agentID, id, ref, body string) {
	t.Helper()
	require.NoError(t, b.publisher.Publish(b.ctx, results.Result{Kind: kind, AgentID: agentID, ID: id, Ref: ref, Body: []byte(body)}))
}

func (b *bundle) number(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, b.pool.QueryRow(b.ctx, query, args...).Scan(&n), query)
	return n
}

func (b *bundle) eventually(t *testing.T, want int, query string, args ...any) {
	t.Helper()
	require.Eventually(t, func() bool {
		var n int // no row, or a sum over none, is "not yet"
		return b.pool.QueryRow(b.ctx, query, args...).Scan(&n) == nil && n == want
	}, patience, 5*time.Millisecond, "%s = %d", query, want)
}
