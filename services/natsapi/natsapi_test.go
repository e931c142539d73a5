package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/porttest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"))
}

const wait = 90 * time.Second

type bundle struct {
	srv     *bustest.Server
	pool    *pgxpool.Pool
	url     string
	private string
}

func setup(t testing.TB) *bundle {
	t.Helper()
	b := &bundle{srv: bustest.StartWithoutAuth(t), url: dbtest.NewURL(t)}
	var err error
	b.pool, err = pgxpool.New(context.Background(), b.url)
	require.NoError(t, err)
	t.Cleanup(b.pool.Close)
	return b
}

// start runs the service as its program does, until the test ends or the result is called.
func (b *bundle) start(t testing.TB) (stop func()) {
	t.Helper()
	b.private = porttest.Reserve(t)
	env := []string{
		"GUEEN_DATABASE_URL=" + b.url, "GUEEN_NATS_URL=" + b.srv.URL(), "GUEEN_PRIVATE_LISTEN=" + b.private, "GUEEN_LOG_LEVEL=error",
		"GUEEN_NATS_USER=" + bustest.ServicesUser, "GUEEN_NATS_PASSWORD=" + bustest.ServicesUser,
		"GUEEN_NATS_SYS_USER=" + bustest.SystemUser, "GUEEN_NATS_SYS_PASSWORD=" + bustest.SystemUser,
		"GUEEN_NATS_AUTH_USER=" + bustest.AuthUser, "GUEEN_NATS_AUTH_PASSWORD=" + bustest.AuthUser,
		"GUEEN_NATS_ISSUER_SEED=" + b.srv.Settings.IssuerSeed, "GUEEN_CHECKINS_INTERVAL=10ms",
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx, nil, env) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		require.NoError(t, <-done)
	}
	t.Cleanup(stop)
	b.status(t, http.StatusOK)
	return stop
}

// status waits until /readyz answers so.
func (b *bundle) status(t testing.TB, want int) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	require.Eventually(t, func() bool {
		resp, err := client.Get("http://" + b.private + "/readyz")
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == want
	}, wait, 10*time.Millisecond)
}

func (b *bundle) enrol(t *testing.T, id string) {
	t.Helper()
	hash := agents.HashToken("token of " + id)
	_, err := b.pool.Exec(t.Context(), `WITH c AS (INSERT INTO clients (name) VALUES ($1) RETURNING id),
		s AS (INSERT INTO sites (name, client_id) SELECT 'site', id FROM c RETURNING id),
		a AS (INSERT INTO agents (agent_id, hostname, plat, site_id) SELECT $1, 'host', 'linux', s.id FROM s RETURNING id)
		INSERT INTO agent_tokens (agent_id, token_hash) SELECT a.id, $2 FROM a`, id, hash[:])
	require.NoError(t, err)
}

func (b *bundle) eventually(t *testing.T, id, want string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var got string
		err := b.pool.QueryRow(t.Context(), `SELECT p.version || ' ' || p.connected::text FROM agent_presence p JOIN agents a ON a.id = p.agent_id
			WHERE a.agent_id = $1`, id).Scan(&got)
		assert.NoError(c, err)
		assert.Equal(c, want, got)
	}, wait, 5*time.Millisecond)
}

func hello(t *testing.T, nc *nats.Conn, id, version string) {
	t.Helper()
	data, err := agentwire.Hello{AgentID: id, Version: version}.Encode()
	require.NoError(t, err)
	require.NoError(t, nc.PublishRequest(id, string(agentwire.KindHello), data))
}

func TestAgentLivesOnTheBus(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stop := b.start(t)
	id := strings.Repeat("a", 40)
	b.enrol(t, id)
	_, err := nats.Connect(b.srv.URL(), nats.UserInfo(id, "another token"))
	require.Error(t, err)
	closed := make(chan struct{})
	var nc *nats.Conn
	require.Eventually(t, func() bool {
		nc, err = nats.Connect(b.srv.URL(), nats.UserInfo(id, "token of "+id), nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
		return err == nil
	}, wait, 5*time.Millisecond)
	defer nc.Close()
	hello(t, nc, id, "2.9.1")
	b.eventually(t, id, "2.9.1 true")

	// natsapi may go and come back: the agent stays, and what it does then is taken.
	stop()
	require.True(t, nc.IsConnected())
	b.start(t)
	hello(t, nc, id, "2.9.2")
	b.eventually(t, id, "2.9.2 true")

	// The agent is deleted by anything that writes to the database: its connection ends at once.
	_, err = b.pool.Exec(t.Context(), `DELETE FROM agents WHERE agent_id = $1`, id)
	require.NoError(t, err)
	select {
	case <-closed:
	case <-time.After(wait):
		require.FailNow(t, "the deleted agent is still connected")
	}
	require.Eventually(t, func() bool { // an answer that comes too late is no refusal
		admitted, err := nats.Connect(b.srv.URL(), nats.UserInfo(id, "token of "+id))
		if err == nil {
			admitted.Close()
			t.Error("the deleted agent was admitted")
			return true
		}
		return errors.Is(err, nats.ErrAuthorization)
	}, wait, 5*time.Millisecond)
}

func TestBusMayBeAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.start(t)
	id := strings.Repeat("b", 40)
	b.enrol(t, id)
	b.srv.Stop()
	b.status(t, http.StatusServiceUnavailable)
	b.srv.Restart(t)
	b.status(t, http.StatusOK)
	var nc *nats.Conn
	require.Eventually(t, func() bool {
		var err error
		nc, err = nats.Connect(b.srv.URL(), nats.UserInfo(id, "token of "+id))
		return err == nil
	}, wait, 5*time.Millisecond)
	defer nc.Close()
	hello(t, nc, id, "2.9.1")
	b.eventually(t, id, "2.9.1 true")
}
