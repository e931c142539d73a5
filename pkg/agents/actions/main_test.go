package actions_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/keystore"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/pkg/serverscripts"
	"github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// bundle is the actions on a real database and a real bus, with one client, one site and its agents.
type bundle struct {
	pool         *pgxpool.Pool
	bus          *bustest.Server
	agents       *agents.Service
	actions      *actions.Service
	admin        *access.Principal
	client, site int32
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{pool: dbtest.New(t), bus: bustest.Start(t)}
	b.admin = &access.Principal{Kind: access.Session, Username: "root", Super: true, Scope: access.Everything()}
	registry := prometheus.NewRegistry()
	state, err := health.New(zap.NewNop(), registry)
	require.NoError(t, err)
	conn, err := bus.Open(bus.Settings{URL: b.bus.URL(), User: bustest.ServicesUser, Password: bustest.ServicesUser, Name: "test"},
		zap.NewNop(), registry, state.Dependency("nats"))
	require.NoError(t, err)
	require.NoError(t, conn.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, conn.Stop(context.Background())) })
	require.Eventually(t, func() bool { return conn.Check(t.Context()) == nil }, time.Minute, 5*time.Millisecond)
	commander, err := remote.New(conn, registry)
	require.NoError(t, err)
	log := audit.New(0)
	b.agents = agents.New(agents.Deps{Pool: b.pool, Audit: log, Facts: conn, Globals: keystore.New(b.pool, log, nil), Log: zap.NewNop()})
	b.actions = actions.New(actions.Deps{
		Pool: b.pool, Agents: b.agents, Commander: commander, Scripts: scripts.NewService(b.pool, log), Settings: settings.New(b.pool, log, nil),
		Fields: customfields.NewService(b.pool, log), ServerScripts: serverscripts.New(t.TempDir()), Audit: log, Log: zap.NewNop(),
		Options: actions.Options{DenoDefaultPermissions: "--allow-all", ServerScripts: true, LatestAgent: "2.11.0"},
	})
	require.NoError(t, b.pool.QueryRow(t.Context(), `INSERT INTO clients (name) VALUES ('Acme') RETURNING id`).Scan(&b.client))
	require.NoError(t, b.pool.QueryRow(t.Context(), `INSERT INTO sites (client_id, name) VALUES ($1, 'HQ') RETURNING id`, b.client).Scan(&b.site))
	return b
}

const someID = "AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJ"

func (b *bundle) enrol(t *testing.T, id, plat string) agents.Ref {
	t.Helper()
	actor := &access.Principal{Kind: access.Session, Username: "installer", Installer: true}
	_, err := b.agents.Enrol(t.Context(), actor, agents.NewAgent{
		AgentID: id, Hostname: "host-" + id[:4], SiteID: b.site, MonitoringType: "server", Plat: plat, Goarch: "amd64",
	})
	require.NoError(t, err)
	ref, err := b.agents.Find(t.Context(), access.Everything(), id)
	require.NoError(t, err)
	return ref
}

// agent is a machine on the bus that answers as it is told and keeps what it was sent.
type agent struct {
	mu       sync.Mutex
	received []agentwire.Command
	answers  map[string]any // by function; absent: no answer
}

func (b *bundle) connect(t *testing.T, id string, answers map[string]any) *agent {
	t.Helper()
	a := &agent{answers: answers}
	nc := b.bus.Agent(t, id)
	_, err := nc.Subscribe(id, func(m *nats.Msg) {
		cmd, err := agentwire.DecodeCommand(m.Data)
		if err != nil {
			return
		}
		a.mu.Lock()
		a.received = append(a.received, cmd)
		answer, ok := a.answers[cmd.Func]
		a.mu.Unlock()
		if !ok || m.Reply == "" {
			return
		}
		data, err := msgpack.Marshal(answer)
		if err != nil {
			return
		}
		if err := m.Respond(data); err != nil {
			return
		}
	})
	require.NoError(t, err)
	bustest.Drain(t, nc)
	return a
}

func (a *agent) commands(fn string) []agentwire.Command {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []agentwire.Command
	for _, c := range a.received {
		if c.Func == fn {
			out = append(out, c)
		}
	}
	return out
}

// script stores a script and returns its key.
func (b *bundle) script(t *testing.T, shell, body string) int32 {
	t.Helper()
	var id int32
	require.NoError(t, b.pool.QueryRow(t.Context(), `INSERT INTO scripts (name, shell, script_body) VALUES ($1, $2, $3) RETURNING id`,
		"Kit "+shell, shell, body).Scan(&id))
	return id
}

// work runs the queued jobs as the worker does, and returns how many there were.
func (b *bundle) work(t *testing.T, mail actions.Mailer) int {
	t.Helper()
	errs := b.attempt(t, b.actions, mail)
	require.NoError(t, errors.Join(errs...))
	return len(errs)
}

// attempt runs the queued jobs once and returns how each ended.
func (b *bundle) attempt(t *testing.T, by *actions.Service, mail actions.Mailer) (ended []error) {
	t.Helper()
	rows, err := b.pool.Query(t.Context(), `DELETE FROM outbox RETURNING kind, payload`)
	require.NoError(t, err)
	type job struct {
		Kind    string
		Payload json.RawMessage
	}
	jobs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[job])
	require.NoError(t, err)
	byKind := map[string]queue.Handler{}
	for _, h := range by.Handlers(mail) {
		byKind[h.Name] = h
	}
	for _, j := range jobs {
		handler, ok := byKind[j.Kind]
		require.True(t, ok, j.Kind)
		ended = append(ended, handler.Do(t.Context(), queue.Task{Kind: j.Kind, Payload: j.Payload, Attempt: 1}))
	}
	return ended
}

// texts runs a query that returns one column of text.
func (b *bundle) texts(t *testing.T, sql string) []string {
	t.Helper()
	rows, err := b.pool.Query(t.Context(), sql)
	require.NoError(t, err)
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return out
}
