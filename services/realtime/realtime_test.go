package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/porttest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestMain(m *testing.M) {
	// A shell on the server reads its start-up files from the home directory; this machine's are none of the tests' business.
	if err := os.Setenv("HOME", os.TempDir()); err != nil {
		panic(err)
	}
	leaktest.Main(m, goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"))
}

const (
	wait   = 2 * time.Minute
	origin = "https://rmm.example.com"
)

type bundle struct {
	srv      *bustest.Server
	pool     *pgxpool.Pool
	url      string
	address  string
	private  string
	accounts *accounts.Service
	services *nats.Conn
	stop     func()
}

// setup runs the service as its program does.
func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{srv: bustest.Start(t), url: dbtest.NewURL(t)}
	var err error
	b.pool, err = pgxpool.New(context.Background(), b.url)
	require.NoError(t, err)
	t.Cleanup(b.pool.Close)
	b.accounts = accounts.New(accounts.Deps{Pool: b.pool, Audit: audit.New(0)})
	b.services = b.srv.Services(t)
	b.address, b.private, b.stop = b.start(t)
	return b
}

func (b *bundle) start(t *testing.T, more ...string) (address, private string, stop func()) {
	t.Helper()
	address, private = porttest.Reserve(t), porttest.Reserve(t)
	env := []string{
		"GUEEN_DATABASE_URL=" + b.url, "GUEEN_NATS_URL=" + b.srv.URL(), "GUEEN_PRIVATE_LISTEN=" + private, "GUEEN_LISTEN=" + address,
		"GUEEN_LOG_LEVEL=error", "GUEEN_NATS_USER=" + bustest.ServicesUser, "GUEEN_NATS_PASSWORD=" + bustest.ServicesUser,
		"GUEEN_WEB_ORIGINS=" + origin, "GUEEN_REALTIME_SESSION_CHECK=200ms",
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx, nil, append(env, more...)) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(t, <-done)
		}
	}
	t.Cleanup(stop)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	require.Eventually(t, func() bool {
		resp, err := client.Get("http://" + private + "/readyz")
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}, wait, 10*time.Millisecond)
	return address, private, stop
}

// user makes an account with a session; role "" is a superuser, else a role with these flags and, when not empty, clients.
func (b *bundle) user(t *testing.T, name string, flags []string, clients ...int32) (token string) {
	t.Helper()
	ctx := t.Context()
	if flags == nil {
		_, err := b.pool.Exec(ctx, `INSERT INTO users (username, password, is_superuser) VALUES ($1, '', true)`, name)
		require.NoError(t, err)
	} else {
		columns, values := "", ""
		for _, f := range flags {
			columns, values = columns+", "+f, values+", true"
		}
		var role int32
		require.NoError(t, b.pool.QueryRow(ctx, `INSERT INTO roles (name`+columns+`) VALUES ($1`+values+`) RETURNING id`, name).Scan(&role))
		for _, c := range clients {
			_, err := b.pool.Exec(ctx, `INSERT INTO role_clients (role_id, client_id) VALUES ($1, $2)`, role, c)
			require.NoError(t, err)
		}
		_, err := b.pool.Exec(ctx, `INSERT INTO users (username, password, role_id) VALUES ($1, '', $2)`, name, role)
		require.NoError(t, err)
	}
	token, err := b.accounts.OperatorStartSession(ctx, name, time.Hour)
	require.NoError(t, err)
	return token
}

// agent makes an agent of a client of its own.
func (b *bundle) agent(t *testing.T, letter, plat, version string) (id string, client int32) {
	t.Helper()
	id = strings.Repeat(letter, 40)
	require.NoError(t, b.pool.QueryRow(t.Context(), `WITH c AS (INSERT INTO clients (name) VALUES ($1) RETURNING id),
		s AS (INSERT INTO sites (name, client_id) SELECT 'site', id FROM c RETURNING id)
		INSERT INTO agents (agent_id, hostname, plat, site_id) SELECT $1, 'host-' || left($1, 1), $2, s.id FROM s RETURNING (SELECT id FROM c)`,
		id, plat).Scan(&client))
	_, err := b.pool.Exec(t.Context(), `UPDATE agent_presence p SET version = $2, last_seen = now(), connected = true FROM agents a
		WHERE a.id = p.agent_id AND a.agent_id = $1`, id, version)
	require.NoError(t, err)
	return id, client
}

func (b *bundle) dialAt(t *testing.T, address, path, token string, header http.Header) (*websocket.Conn, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, "ws://"+address+path+"?access_token="+token, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		require.NotNil(t, resp, "dial: %v", err)
		return nil, resp.StatusCode
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() {
		if err := conn.CloseNow(); err != nil {
			return
		}
	})
	return conn, resp.StatusCode
}

func (b *bundle) dial(t *testing.T, path, token string) *websocket.Conn {
	t.Helper()
	conn, status := b.dialAt(t, b.address, path, token, nil)
	require.NotNil(t, conn, "refused with %d", status)
	return conn
}

type object = map[string]any

func read(t *testing.T, c *websocket.Conn) object {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	_, data, err := c.Read(ctx)
	require.NoError(t, err)
	var v object
	require.NoError(t, json.Unmarshal(data, &v))
	return v
}

func write(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	require.NoError(t, c.Write(ctx, websocket.MessageText, []byte(text)))
}

// closeCode reads until the socket ends.
func closeCode(t *testing.T, c *websocket.Conn) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	for {
		if _, _, err := c.Read(ctx); err != nil {
			return int(websocket.CloseStatus(err))
		}
	}
}

func (b *bundle) fact(t *testing.T, f bus.Fact) {
	t.Helper()
	data, err := json.Marshal(f)
	require.NoError(t, err)
	require.NoError(t, b.services.Publish(f.Subject(), data))
	bustest.Drain(t, b.services)
}

// onCommand connects the agent and hands its commands to handle.
func (b *bundle) onCommand(t *testing.T, id string, handle func(nc *nats.Conn, m *nats.Msg, cmd agentwire.Command)) {
	t.Helper()
	nc := b.srv.Agent(t, id)
	_, err := nc.Subscribe(id, func(m *nats.Msg) {
		cmd, err := agentwire.DecodeCommand(m.Data)
		switch {
		case err != nil:
			panic(err)
		case cmd.Func == agentwire.FuncPing:
			reply(m, "pong")
		default:
			handle(nc, m, cmd)
		}
	})
	require.NoError(t, err)
	bustest.Drain(t, nc)
}

func reply(m *nats.Msg, text string) {
	if data, err := agentwire.EncodeValue(text); err != nil || m.Respond(data) != nil {
		panic("no answer")
	}
}

// becomes waits until a query answers so.
func (b *bundle) becomes(t *testing.T, want, sql string, args ...any) {
	t.Helper()
	require.Eventually(t, func() bool {
		var s string
		return b.pool.QueryRow(t.Context(), sql, args...).Scan(&s) == nil && s == want
	}, wait, 20*time.Millisecond, "%s = %s", sql, want)
}

func (b *bundle) text(t *testing.T, sql string, args ...any) string {
	t.Helper()
	var s string
	require.NoError(t, b.pool.QueryRow(t.Context(), sql, args...).Scan(&s))
	return s
}

func TestHandshakeRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, _ := b.agent(t, "a", "linux", "2.11.0")
	good := b.user(t, "admin", nil)
	blocked := b.user(t, "blocked", nil)
	_, err := b.pool.Exec(t.Context(), `UPDATE users SET block_dashboard_login = true WHERE username = 'blocked'`)
	require.NoError(t, err)
	paths := []string{"/ws/dashinfo/", "/ws/agent/" + id + "/cmd/", "/ws/agent/" + id + "/terminal/6fa459ea-ee8a-3ca4-894e-db77e160355e/"}
	for _, path := range paths {
		for _, token := range []string{"", "nonsense", strings.Repeat("0", 64), blocked, strings.Repeat("x", 5000)} {
			conn, status := b.dialAt(t, b.address, path, token, nil)
			require.Nil(t, conn, path)
			require.Equal(t, http.StatusForbidden, status, path)
		}
		_, status := b.dialAt(t, b.address, path, good, http.Header{"Origin": {"https://evil.example.com"}})
		require.Equal(t, http.StatusForbidden, status)
		conn, _ := b.dialAt(t, b.address, path, good, http.Header{"Origin": {origin}})
		require.NotNil(t, conn, path)
	}
	_, status := b.dialAt(t, b.address, "/ws/agent/"+id+"/terminal/not-a-uuid/", good, nil)
	require.Equal(t, http.StatusForbidden, status)
	_, status = b.dialAt(t, b.address, "/ws/unknown/", good, nil)
	require.Equal(t, http.StatusNotFound, status)
	// Our own socket tells why: its session is gone.
	require.Equal(t, 4401, closeCode(t, b.dial(t, "/v1/ws", "nonsense")))
	_, status = b.dialAt(t, b.address, "/v1/ws", "nonsense", http.Header{"Origin": {"https://evil.example.com"}})
	require.Equal(t, http.StatusForbidden, status)
	for reason := range map[string]int{"foreign_origin": 1, "bad_token": 1, "no_token": 1, "blocked_login": 1, "bad_session_id": 1} {
		require.Contains(t, b.metricsText(t), fmt.Sprintf(`gueen_realtime_refused_total{reason=%q}`, reason))
	}
}

func (b *bundle) metricsText(t *testing.T) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: wait}
	resp, err := client.Get("http://" + b.private + "/metrics")
	require.NoError(t, err)
	var text strings.Builder
	_, err = fmt.Fprint(&text, readAll(t, resp))
	require.NoError(t, err)
	return text.String()
}

func TestDashboardCountersFollowTheScope(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, client := b.agent(t, "a", "linux", "2.11.0")
	gone, _ := b.agent(t, "b", "linux", "2.11.0")
	_, err := b.pool.Exec(t.Context(), `UPDATE agent_presence p SET last_seen = now() - interval '1 hour' FROM agents a WHERE a.id = p.agent_id AND a.agent_id = $1`, gone)
	require.NoError(t, err)
	counts := func(token string) object {
		f := read(t, b.dial(t, "/ws/dashinfo/", token))
		require.Equal(t, "dashboard.agentcount", f["action"])
		return f["data"].(object)
	}
	all := counts(b.user(t, "admin", nil))
	require.Equal(t, object{
		"total_server_offline_count": 1.0, "total_workstation_offline_count": 0.0, "total_server_count": 2.0, "total_workstation_count": 0.0,
		"days_until_cert_expires": 0.0,
	}, all)
	require.InDelta(t, 1, counts(b.user(t, "scoped", []string{"can_list_agents"}, client))["total_server_count"], 0)
}

func TestRevokedSessionIsClosed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.user(t, "admin", nil)
	conn := b.dial(t, "/v1/ws", token)
	_, err := b.pool.Exec(t.Context(), `DELETE FROM sessions`)
	require.NoError(t, err)
	require.Equal(t, 4401, closeCode(t, conn))
}
