package outbox_test

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/queuetest"
)

// BenchmarkDrain hands over batches of 100 rows to a real Redis; one operation is one row.
func BenchmarkDrain(b *testing.B) {
	ctx := context.Background()
	pool := dbtest.New(b)
	h, err := health.New(zap.NewNop(), prometheus.NewRegistry())
	require.NoError(b, err)
	dependency := h.Dependency("redis")
	conn, err := queue.Open(queuetest.Redis(b), zap.NewNop(), dependency)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, conn.Redis().Close()) })
	dependency.Report(nil)
	client, err := queue.NewClient(conn)
	require.NoError(b, err)
	d, err := outbox.NewDrainer(pool, client, queue.NewInspector(conn), outbox.Settings{}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(b, err)
	const chunk = 1000
	messages := make([]outbox.Message, chunk)
	for i := range messages {
		messages[i] = outbox.Message{Kind: "bench", Payload: i}
	}
	for added := 0; added < b.N; added += chunk {
		_, err := outbox.Enqueue(ctx, pool, messages...)
		require.NoError(b, err)
	}
	b.ResetTimer()
	for done := 0; done < b.N; {
		n, err := d.Drain(ctx)
		require.NoError(b, err)
		done += n
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
