package selfcheck_test

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/porttest"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/queuetest"
	"github.com/gueencode/gueenrmm/pkg/selfcheck"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"), queuetest.ClosingPool())
}

type queues struct {
	waiting, workers int
	err              error
}

func (q queues) Queues() ([]queue.State, error) {
	return []queue.State{{Waiting: q.waiting}, {Waiting: 1}}, q.err
}
func (q queues) Workers() (int, error) { return q.workers, q.err }

func TestLook(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	_, err := pool.Exec(t.Context(), `INSERT INTO clients (id, name) VALUES (1, 'c'); INSERT INTO sites (id, client_id, name) VALUES (1, 1, 's');
		INSERT INTO agents (agent_id, hostname, plat, site_id) VALUES ('a', 'h', 'linux', 1); INSERT INTO leases (name, holder, expires) VALUES ('beat', 'x', now() + interval '1 hour')`)
	require.NoError(t, err)
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(srv.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	cert := filepath.Join(t.TempDir(), "cert.pem")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600))
	ok := func(context.Context) error { return nil }
	d := selfcheck.Deps{
		DB: pool, Redis: ok, Bus: ok, Consumed: func(context.Context) (bool, error) { return true, nil }, Queues: queues{waiting: 99, workers: 2},
		CertFile: cert, Realtime: plain.URL, NATSWeb: plain.URL, Public: srv.URL,
		Now: func() time.Time { return srv.Certificate().NotAfter.Add(-49 * time.Hour) },
	}
	r, err := selfcheck.New(d).Look(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int64{1, 1, 1}, []int64{r.Agents, r.Clients, r.Sites})
	for what, up := range map[string]bool{"redis": r.Redis, "bus": r.Bus, "nats web": r.NATSWeb, "realtime": r.Realtime, "worker": r.Worker, "beat": r.Beat,
		"ingest": r.Ingest, "database": r.Database, "front door": r.Frontdoor, "queue": r.QueueHealthy()} {
		require.True(t, up, what)
	}
	require.Equal(t, 100, r.QueueLength)
	require.Equal(t, 2, r.CertDays)
	require.False(t, r.CertExpired)

	// Everything is away but the database.
	away := "http://" + porttest.Reserve(t)
	_, err = pool.Exec(t.Context(), `UPDATE leases SET expires = now() - interval '1 second'`)
	require.NoError(t, err)
	broken := func(context.Context) error { return errors.New("away") }
	d.Redis, d.Bus, d.Consumed = broken, broken, func(context.Context) (bool, error) { return true, errors.New("away") }
	d.Queues, d.Realtime, d.NATSWeb, d.Public = queues{err: errors.New("away")}, away, "", away
	d.Now = func() time.Time { return srv.Certificate().NotAfter.Add(time.Hour) }
	r, err = selfcheck.New(d).Look(t.Context())
	require.NoError(t, err)
	require.False(t, r.Redis || r.Bus || r.NATSWeb || r.Realtime || r.Worker || r.Beat || r.Ingest || r.Frontdoor || r.QueueHealthy())
	require.Equal(t, -1, r.QueueLength)
	require.True(t, r.CertExpired)
	d.Queues = queues{waiting: 100, workers: 1}
	r, err = selfcheck.New(d).Look(t.Context())
	require.NoError(t, err)
	require.False(t, r.QueueHealthy(), "more than 100 are stuck")

	pool.Close()
	_, err = selfcheck.New(d).Look(t.Context())
	require.ErrorContains(t, err, "look at installation")
}
