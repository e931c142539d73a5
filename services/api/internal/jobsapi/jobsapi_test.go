package jobsapi_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/queuetest"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/jobsapi"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

func TestMain(m *testing.M) { leaktest.Main(m, queuetest.ClosingPool()) }

const wait = 90 * time.Second

// bundle is the api with a queue that has two dead tasks.
type bundle struct {
	*resttest.API
	redis  *queuetest.Server
	worker *queue.Server
}

func setup(t *testing.T) *bundle {
	t.Helper()
	ctx := context.Background()
	b := &bundle{redis: queuetest.Start(t)}
	registry := prometheus.NewRegistry()
	h, err := health.New(zap.NewNop(), registry)
	require.NoError(t, err)
	conn, err := queue.Open(b.redis.URL(), zap.NewNop(), h.Dependency("redis"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Redis().Close()) })
	inspector := queue.NewInspector(conn)
	client, err := queue.NewClient(conn)
	require.NoError(t, err)
	b.worker, err = queue.NewServer(conn, queue.ServerSettings{Concurrency: 1, Drain: time.Second}, zap.NewNop(), registry,
		queue.Handler{Kind: queue.Kind{Name: "mail"}, Do: func(context.Context, queue.Task) error {
			return queue.Permanent(errors.New("no such mailbox"))
		}})
	require.NoError(t, err)
	require.NoError(t, b.worker.Start(ctx))
	t.Cleanup(func() { require.NoError(t, b.worker.Stop(ctx)) })
	for _, id := range []string{"one", "two"} {
		require.NoError(t, client.Enqueue(ctx, queue.Task{ID: id, Kind: "mail", Payload: []byte(`{"to":"secret@example.com"}`)}))
	}
	require.Eventually(t, func() bool {
		dead, err := inspector.Dead()
		return err == nil && len(dead) == 2
	}, wait, 10*time.Millisecond)
	b.API = resttest.New(t, func(i *app.Infrastructure, _ *app.Options) { i.Queues = inspector })
	return b
}

func TestDeadTasksAreListedRetriedAndDeleted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ops := b.With(access.DoServerMaint)
	var list jobsapi.DeadList
	reply := ops.Get("/v1/jobs/dead").OK(&list)
	require.Len(t, list.Items, 2)
	require.Equal(t, "mail", list.Items[0].Kind)
	require.Equal(t, "no such mailbox", list.Items[0].Error)
	require.Equal(t, 1, list.Items[0].Attempts)
	require.NotContains(t, reply.Body, "secret@example.com")

	var queues jobsapi.QueueList
	ops.Get("/v1/jobs/queues").OK(&queues)
	require.Len(t, queues.Items, 3)
	require.Equal(t, "default", queues.Items[1].Name)
	require.Equal(t, 2, queues.Items[1].Dead)

	require.NoError(t, b.worker.Stop(context.Background()))
	require.Equal(t, http.StatusNoContent, ops.Post("/v1/jobs/dead/one/retry", nil).Status)
	require.Equal(t, http.StatusNoContent, ops.Delete("/v1/jobs/dead/two").Status)
	ops.Get("/v1/jobs/dead").OK(&list)
	require.Empty(t, list.Items)
	ops.Get("/v1/jobs/queues").OK(&queues)
	require.Equal(t, 1, queues.Items[1].Waiting)
	require.Equal(t, http.StatusNotFound, ops.Delete("/v1/jobs/dead/two").Status)
	require.Equal(t, http.StatusNotFound, ops.Post("/v1/jobs/dead/one/retry", nil).Status)

	var audited int
	require.NoError(t, b.Pool.QueryRow(context.Background(), "SELECT count(*) FROM audit_log WHERE object_type = 'job' AND message LIKE '% dead task %'").Scan(&audited))
	require.Equal(t, 2, audited)
}

func TestQueueThatIsAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.worker.Stop(context.Background()))
	b.redis.Stop(t)
	for _, path := range []string{"/v1/jobs/dead", "/v1/jobs/queues"} {
		reply := b.Admin().Get(path)
		require.Equal(t, http.StatusServiceUnavailable, reply.Status, reply.Body)
		require.NotContains(t, reply.Body, "127.0.0.1", "no inner address")
	}
	require.Equal(t, http.StatusServiceUnavailable, b.Admin().Post("/v1/jobs/dead/one/retry", nil).Status)
	b.Admin().Get("/v1/jobs/runs").OK(nil)
}

func TestRunsArePaged(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	_, err := api.Pool.Exec(context.Background(), `INSERT INTO job_runs (name, scheduled_for, status, started, finished, attempts, affected, worker)
		SELECT 'prune_debug_log', now() - i * interval '1 hour', CASE WHEN i % 5 = 0 THEN 'failed' ELSE 'succeeded' END, now(), now(), 1, i, 'host'
		FROM generate_series(1, 25) i`)
	require.NoError(t, err)
	seen := map[int64]bool{}
	path := "/v1/jobs/runs?limit=10"
	for pages := 0; ; pages++ {
		require.Less(t, pages, 4)
		var page jobsapi.RunPage
		api.Admin().Get(path).OK(&page)
		for _, r := range page.Items {
			require.False(t, seen[r.ID])
			seen[r.ID] = true
		}
		if page.NextCursor == nil {
			break
		}
		path = "/v1/jobs/runs?limit=10&cursor=" + *page.NextCursor
	}
	require.Len(t, seen, 25)
	var failed jobsapi.RunPage
	api.Admin().Get("/v1/jobs/runs?status=failed&job=prune_debug_log").OK(&failed)
	require.Len(t, failed.Items, 5)
	for _, bad := range []string{"cursor=%21", "cursor=MQ", "limit=0", "limit=201", "status=lost"} {
		require.Equal(t, http.StatusBadRequest, api.Admin().Get("/v1/jobs/runs?"+bad).Status, bad)
	}
}

func TestOnlyMaintainersMayLook(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	for _, path := range []string{"/v1/jobs/runs", "/v1/jobs/dead", "/v1/jobs/queues"} {
		require.Equal(t, http.StatusForbidden, api.With(access.ViewCoreSettings).Get(path).Status)
		require.Equal(t, http.StatusUnauthorized, api.Anonymous().Get(path).Status)
	}
	require.Equal(t, http.StatusForbidden, api.With(access.ViewCoreSettings).Delete("/v1/jobs/dead/x").Status)
	require.Equal(t, http.StatusForbidden, api.With(access.ViewCoreSettings).Post("/v1/jobs/dead/x/retry", nil).Status)
}
