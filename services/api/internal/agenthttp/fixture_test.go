package agenthttp_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/alerts"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/pkg/tasks"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/agenthttp"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const patience = 90 * time.Second

// bundle is the whole api with a bus and a consumer of results behind it, one client and site, and agents.
type bundle struct {
	*resttest.API
	t    *testing.T
	ctx  context.Context
	srv  *bustest.Server
	site int32
	n    int
}

type machine struct {
	*resttest.Client
	id string
	pk int32
}

func setup(t *testing.T, options ...resttest.Option) *bundle {
	t.Helper()
	b := &bundle{t: t, ctx: t.Context(), srv: bustest.Start(t)}
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
	b.API = resttest.New(t, append(options, func(i *app.Infrastructure, o *app.Options) {
		i.Bus = conn
		o.Agents = agenthttp.Settings{LowestVersion: "2.4.0", Config: agenthttp.DefaultConfig()}
	})...)
	b.consume(conn)
	b.Admin().Post("/clients/", map[string]any{"client": map[string]any{"name": "C"}, "site": map[string]any{"name": "S"}}).OK(nil)
	require.NoError(t, b.Pool.QueryRow(b.ctx, `SELECT id FROM sites`).Scan(&b.site))
	return b
}

type quietAlerts struct{}

func (quietAlerts) ResolveChecks(ctx context.Context, db checks.DB, pk int32, ids []int32) error {
	return alerts.ResolveChecks(ctx, db, pk, ids)
}

// consume runs what natsapi runs.
func (b *bundle) consume(conn *bus.Conn) {
	log := audit.New(0)
	fleet := agents.New(agents.Deps{Pool: b.Pool, Audit: log, Facts: conn, Log: zap.NewNop()})
	code := scripts.NewService(b.Pool, log)
	checkStates := checks.NewService(checks.Deps{Pool: b.Pool, Audit: log, Scripts: code, Variables: fleet, Alerts: quietAlerts{}})
	taskStates := tasks.NewService(tasks.Deps{Pool: b.Pool, Audit: log, Agents: fleet, Scripts: code, Variables: fleet})
	c, err := results.NewConsumer(results.Deps{
		Conn: conn, Pool: b.Pool, Log: zap.NewNop(), Metrics: prometheus.NewRegistry(), Limits: results.Limits{Backoff: 10 * time.Millisecond},
		Handlers: map[results.Kind]results.Handler{
			results.KindCheck:    results.CheckHandler{Checks: checkStates, Tasks: taskStates},
			results.KindTask:     results.TaskHandler{Tasks: taskStates, History: fleet},
			results.KindHistory:  results.HistoryHandler{History: fleet},
			results.KindSoftware: results.SoftwareHandler{},
		},
	})
	require.NoError(b.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	b.t.Cleanup(func() {
		cancel()
		require.NoError(b.t, <-done)
	})
}

// enrol registers a machine of the platform.
func (b *bundle) enrol(plat string) *machine {
	b.t.Helper()
	b.n++
	m := &machine{id: fmt.Sprintf("%s%04d", strings.Repeat("m", 36), b.n)}
	var answer struct {
		PK    int32  `json:"pk"`
		Token string `json:"token"`
	}
	b.Admin().Post("/api/v3/newagent/", map[string]any{
		"agent_id": m.id, "hostname": fmt.Sprintf("HOST-%d", b.n), "site": fmt.Sprint(b.site), "monitoring_type": "server",
		"mesh_node_id": "", "description": "", "goarch": "amd64", "plat": plat,
	}).OK(&answer)
	require.Len(b.t, answer.Token, 40)
	m.pk, m.Client = answer.PK, b.WithToken(answer.Token)
	return m
}

func (b *bundle) check(m *machine, typ string, fields map[string]any) int32 {
	b.t.Helper()
	body := map[string]any{"agent": m.id, "check_type": typ}
	for k, v := range fields {
		body[k] = v
	}
	b.Admin().Post("/checks/", body).OK(nil)
	return b.number(`SELECT max(id) FROM checks`)
}

func (b *bundle) number(query string, args ...any) (n int32) {
	b.t.Helper()
	require.NoError(b.t, b.Pool.QueryRow(b.ctx, query, args...).Scan(&n), query)
	return n
}

func (b *bundle) eventually(want int32, query string, args ...any) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		var n int32 // no row, or a sum over none, is "not yet"
		return b.Pool.QueryRow(b.ctx, query, args...).Scan(&n) == nil && n == want
	}, patience, 5*time.Millisecond, query)
}

func (b *bundle) exec(sql string, args ...any) {
	b.t.Helper()
	_, err := b.Pool.Exec(b.ctx, sql, args...)
	require.NoError(b.t, err)
}

const ok = http.StatusOK

// commands connects the machine to the bus and hands on the functions that it is told.
func (b *bundle) commands(m *machine) <-chan string {
	b.t.Helper()
	nc := b.srv.Agent(b.t, m.id)
	told := make(chan string, 10)
	sub, err := nc.SubscribeSync(m.id)
	require.NoError(b.t, err)
	bustest.Drain(b.t, nc)
	go func() {
		defer close(told)
		for {
			msg, err := sub.NextMsg(patience)
			if err != nil {
				return
			}
			if cmd, err := agentwire.DecodeCommand(msg.Data); err == nil {
				told <- cmd.Func
			}
		}
	}()
	b.t.Cleanup(func() {
		nc.Close()
		for range told {
		}
	})
	return told
}
