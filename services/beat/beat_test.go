package main

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const wait = 3 * time.Minute

// start runs a beat and returns what stops it.
func start(t *testing.T, url string) (stop func()) {
	t.Helper()
	return startWith(t, url, io.Discard)
}

func startWith(t *testing.T, url string, output io.Writer) (stop func()) {
	t.Helper()
	s := spec()
	s.Output = output
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- service.Run(ctx, nil, []string{"GUEEN_DATABASE_URL=" + url, "GUEEN_PRIVATE_LISTEN=127.0.0.1:0", "GUEEN_BEAT_LEASE=1m"}, s)
	}()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(t, <-done)
		}
	}
	t.Cleanup(stop)
	return stop
}

// TestTwoBeatsScheduleOnce: of two services one leads; when it stops the other takes over at once.
func TestTwoBeatsScheduleOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := dbtest.NewURL(t)
	pool, err := pgxpool.New(ctx, url)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	count := func(sql string) (n int) {
		if pool.QueryRow(ctx, sql).Scan(&n) != nil {
			return -1 // asked in conditions, which must not end the test
		}
		return n
	}
	stopFirst := start(t, url)
	require.Eventually(t, func() bool { return count("SELECT count(*) FROM leases WHERE term = 1") == 1 }, wait, 20*time.Millisecond)
	start(t, url)
	require.Eventually(t, func() bool { return count("SELECT count(*) FROM outbox WHERE kind = 'job.failing_flags'") > 0 }, wait, 20*time.Millisecond)
	stopFirst()
	require.Eventually(t, func() bool { return count("SELECT count(*) FROM leases WHERE term = 2 AND expires > now()") == 1 }, wait, 20*time.Millisecond)
	require.Zero(t, count("SELECT (SELECT count(*) FROM job_runs) - (SELECT count(*) FROM outbox)"))
}

// TestBeatWaitsForTheDatabase: it starts while there is none, says so once, and is no error when it is told to stop.
func TestBeatWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	var out lines
	stop := startWith(t, "postgres://nobody@127.0.0.1:1/none", &out)
	require.Eventually(t, func() bool { return out.count("dependency is away") == 1 }, wait, 10*time.Millisecond)
	stop()
	require.Equal(t, 1, out.count("dependency is away"))
}

// lines keeps what a service writes.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}
