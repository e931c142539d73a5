package heartbeats

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

func testIngest(t *testing.T) *Ingest {
	t.Helper()
	m, err := newMetrics(prometheus.NewRegistry())
	require.NoError(t, err)
	conn, err := bus.Open(bus.Settings{URL: "nats://127.0.0.1:1", Name: "nobody"}, zap.NewNop(), prometheus.NewRegistry(), nil)
	require.NoError(t, err)
	t.Cleanup(conn.NATS().Close)
	return &Ingest{conn: conn, metrics: m, now: time.Now, interval: time.Millisecond, limited: log.NewLimited(zap.NewNop(), time.Minute, time.Now)}
}

func value(id string, v string) item[string] {
	return item[string]{agentID: id, received: time.Now(), size: len(v), value: v}
}

func TestNewerMessageSurvivesAFailedWrite(t *testing.T) {
	t.Parallel()
	var written []string
	fail := true
	var l *lane[string]
	l = newLane("hello", 10, func(_ context.Context, batch []item[string]) ([]bus.Fact, error) {
		if fail {
			fail = false
			l.put(value("a", "newer")) // arrives while the write is under way
			return nil, errors.New("database is away")
		}
		for _, it := range batch {
			written = append(written, it.agentID+"="+it.value)
		}
		return nil, nil
	})
	require.Empty(t, l.put(value("a", "old")))
	require.Equal(t, "coalesced", l.put(value("a", "older")))
	require.Empty(t, l.put(value("b", "b")))
	in := testIngest(t)
	require.Error(t, l.flush(t.Context(), in))
	require.Equal(t, 2, l.waiting())
	require.NoError(t, l.flush(t.Context(), in))
	require.ElementsMatch(t, []string{"a=newer", "b=b"}, written)
	require.Zero(t, l.bytes)
}

func TestLaneStaysBounded(t *testing.T) {
	t.Parallel()
	l := newLane("disks", 10, func(context.Context, []item[string]) ([]bus.Fact, error) { return nil, nil })
	l.maxBytes = 100
	for i := range 1000 {
		l.put(value(fmt.Sprint(i%50), "0123456789"))
	}
	require.Equal(t, 10, l.waiting())
	require.Equal(t, "full", l.put(value("new", "0123456789")))
	require.Equal(t, "coalesced", l.put(value("0", "9876543210")))
	require.LessOrEqual(t, l.bytes, 100)
}

func TestOneBadMessageDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	var written []string
	l := newLane("wmi", 100, func(_ context.Context, batch []item[string]) ([]bus.Fact, error) {
		for _, it := range batch {
			if it.value == "bad" {
				return nil, &pgconn.PgError{Code: "22P05"}
			}
		}
		for _, it := range batch {
			written = append(written, it.agentID)
		}
		return nil, nil
	})
	for i := range 33 {
		l.put(value(fmt.Sprint(i), "good"))
	}
	l.put(value("culprit", "bad"))
	in := testIngest(t)
	require.NoError(t, l.flush(t.Context(), in))
	require.Len(t, written, 33)
	require.Zero(t, l.waiting())
	require.InDelta(t, 1, testutil.ToFloat64(in.metrics.refused.WithLabelValues("wmi", string(reasonRefusedByDatabase))), 0)
}

func TestOutageEndsByItself(t *testing.T) {
	t.Parallel()
	tries := 0
	done := make(chan int, 1)
	l := newLane("hello", 10, func(_ context.Context, batch []item[string]) ([]bus.Fact, error) {
		if tries++; tries < 3 {
			return nil, errors.New("database is away")
		}
		done <- len(batch)
		return nil, nil
	})
	l.put(value("a", "x"))
	in := testIngest(t)
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		l.run(ctx, in)
	}()
	require.Equal(t, 1, <-done)
	cancel()
	<-stopped
	require.Equal(t, 3, tries)
}

func TestRateIsPerAgent(t *testing.T) {
	t.Parallel()
	now := time.Now()
	r := newRate(func() time.Time { return now })
	for range rateMessages {
		require.True(t, r.allow("loud"))
	}
	require.False(t, r.allow("loud"))
	require.True(t, r.allow("quiet"))
	now = now.Add(rateWindow + time.Second)
	require.True(t, r.allow("loud"))
}
