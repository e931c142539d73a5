package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/jobs/maintenance"
	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/porttest"
	"github.com/gueencode/gueenrmm/pkg/platform/queuetest"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

func TestMain(m *testing.M) { leaktest.Main(m, queuetest.ClosingPool()) }

const wait = 3 * time.Minute

// bundle is a running worker with everything it needs.
type bundle struct {
	pool    *pgxpool.Pool
	redis   *queuetest.Server
	bus     *bustest.Server
	private string
}

func setup(t *testing.T) *bundle {
	t.Helper()
	url := dbtest.NewURL(t)
	pool, err := pgxpool.New(context.Background(), url)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	b := &bundle{pool: pool, redis: queuetest.Start(t), bus: bustest.Start(t), private: porttest.Reserve(t)}
	env := []string{
		"GUEEN_DATABASE_URL=" + url, "GUEEN_REDIS_URL=" + b.redis.URL(), "GUEEN_NATS_URL=" + b.bus.URL(), "GUEEN_PRIVATE_LISTEN=" + b.private,
		"GUEEN_NATS_USER=" + bustest.ServicesUser, "GUEEN_NATS_PASSWORD=" + bustest.ServicesUser, "GUEEN_WORKER_DRAIN=1s",
		"GUEEN_NATS_SYS_USER=" + bustest.SystemUser, "GUEEN_NATS_SYS_PASSWORD=" + bustest.SystemUser,
	}
	s := spec()
	s.Output = io.Discard
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx, nil, env, s) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
	})
	require.Eventually(t, func() bool { status, _ := b.ready(); return status == http.StatusOK }, wait, 20*time.Millisecond)
	return b
}

// ready asks /readyz; it returns the status and which dependency is up.
func (b *bundle) ready() (status int, up map[string]bool) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + b.private + "/readyz")
	if err != nil {
		return 0, nil
	}
	var body struct {
		Dependencies map[string]struct {
			Up bool `json:"up"`
		} `json:"dependencies"`
	}
	err = json.NewDecoder(resp.Body).Decode(&body)
	if cerr := resp.Body.Close(); err != nil || cerr != nil {
		return 0, nil
	}
	up = map[string]bool{}
	for name, d := range body.Dependencies {
		up[name] = d.Up
	}
	return resp.StatusCode, up
}

// count is the number that a query answers; -1 is "not known", for conditions that are asked again.
func (b *bundle) count(sql string) (n int) {
	if b.pool.QueryRow(context.Background(), sql).Scan(&n) != nil {
		return -1
	}
	return n
}

func TestReadinessNamesEachDependency(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Eventually(t, func() bool {
		_, up := b.ready()
		return maps.Equal(map[string]bool{"postgres": true, "schema": true, "redis": true, "nats": true}, up)
	}, wait, 50*time.Millisecond)
	b.redis.Stop(t)
	require.Eventually(t, func() bool {
		status, up := b.ready()
		return status == http.StatusServiceUnavailable && !up["redis"] && up["nats"]
	}, wait, 50*time.Millisecond)
	b.redis.Restart(t)
	require.Eventually(t, func() bool { status, _ := b.ready(); return status == http.StatusOK }, wait, 50*time.Millisecond)
}

func TestPeriodicJobIsRunAndRecorded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	var run int64
	require.NoError(t, b.pool.QueryRow(ctx, "INSERT INTO job_runs (name, scheduled_for) VALUES ('failing_flags', now()) RETURNING id").Scan(&run))
	_, err := outbox.Enqueue(ctx, b.pool, outbox.Message{Kind: "job.failing_flags", Queue: "low", Payload: map[string]int64{"run": run}})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return b.count("SELECT count(*) FROM job_runs WHERE status = 'succeeded'") == 1 }, wait, 20*time.Millisecond)
	require.Eventually(t, func() bool { return b.count("SELECT count(*) FROM outbox WHERE done_at IS NULL") == 0 }, wait, 20*time.Millisecond)
}

func TestMaintenanceIsDoneOnRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	requester, err := maintenance.NewRequester(b.pool)
	require.NoError(t, err)
	err = pgx.BeginFunc(context.Background(), b.pool, func(tx pgx.Tx) error {
		return errors.Join(requester.Start(context.Background(), tx, maintenance.ReloadNATS),
			requester.Start(context.Background(), tx, maintenance.RemoveOrphans))
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return b.count("SELECT count(*) FROM job_runs WHERE status = 'succeeded'") == 2 }, wait, 20*time.Millisecond)
	require.Equal(t, 1, b.count("SELECT affected FROM job_runs WHERE name = 'reload_nats'"), "one server did")
}

func TestCommandReachesTheAgent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	const agentID = "abcdefghijklmnopqrstuvwxyzabcdefghijklmn"
	_, err := b.pool.Exec(ctx, `INSERT INTO clients (id, name) VALUES (1, 'c'); INSERT INTO sites (id, client_id, name) VALUES (1, 1, 's')`)
	require.NoError(t, err)
	_, err = b.pool.Exec(ctx, `INSERT INTO agents (agent_id, hostname, plat, site_id) VALUES ($1, 'h', 'linux', 1)`, agentID)
	require.NoError(t, err)
	nc := b.bus.Agent(t, agentID)
	got := make(chan *nats.Msg, 1)
	sub, err := nc.ChanSubscribe(subjects.Agent(agentID), got)
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	t.Cleanup(func() { require.NoError(t, sub.Unsubscribe()) })

	_, err = outbox.Enqueue(ctx, b.pool, outbox.Message{Kind: actions.KindRecoverMesh().Name, Payload: map[string][]string{"agent_ids": {agentID}}})
	require.NoError(t, err)
	select {
	case m := <-got:
		require.Contains(t, string(m.Data), "recover")
	case <-time.After(wait):
		t.Fatal("nothing came")
	}
}

func TestHelpNamesTheSettings(t *testing.T) {
	t.Parallel()
	s := spec()
	var out helpText
	s.Output = &out
	require.NoError(t, service.Run(context.Background(), []string{"--help"}, nil, s))
	for _, key := range []string{"worker.concurrency", "worker.drain", "redis.url", "nats.url", "database.url"} {
		require.Contains(t, string(out), key)
	}
}

type helpText []byte

func (h *helpText) Write(p []byte) (int, error) {
	*h = fmt.Append(*h, string(p))
	return len(p), nil
}
