package results_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/results"
)

// BenchmarkResults measures results from Publish to the database: 500 agents with 4 checks each, 64 posts at a time.
func BenchmarkResults(b *testing.B) {
	f := setup(b)
	const agents, each = 500, 4
	ids, checks := make([]string, agents), make([][]int32, agents)
	for i := range agents {
		_, ids[i] = f.agent(b, i)
		for range each {
			var id int32
			require.NoError(b, f.pool.QueryRow(f.ctx, `INSERT INTO checks (agent_id, check_type, ip) SELECT id, 'ping', '10.0.0.1' FROM agents
				WHERE agent_id = $1 RETURNING id`, ids[i]).Scan(&id))
			checks[i] = append(checks[i], id)
		}
	}
	c, err := results.NewConsumer(results.Deps{Conn: f.conn, Pool: f.pool, Handlers: f.handlers(), Log: zap.NewNop(), Metrics: prometheus.NewRegistry()})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- c.Run(ctx) }()
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	start := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			agent := int(i) % agents
			status := []string{"passing", "failing"}[i/7%2]
			body := fmt.Appendf(nil, `{"id":%d,"agent_id":%q,"status":%q,"output":"%d"}`, checks[agent][i/agents%each], ids[agent], status, i)
			if err := f.publisher.Publish(f.ctx, results.Result{Kind: results.KindCheck, AgentID: ids[agent], Body: body}); err != nil {
				b.Error(err)
			}
		}
	})
	acknowledged := time.Since(start)
	require.Eventually(b, func() bool {
		var have int
		return f.pool.QueryRow(f.ctx, `SELECT count(*) FROM check_history`).Scan(&have) == nil && have == b.N
	}, time.Minute, 5*time.Millisecond)
	b.ReportMetric(float64(b.N)/acknowledged.Seconds(), "acknowledged/s")
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "applied/s")
	b.StopTimer()
	cancel()
	require.NoError(b, <-stopped)
}
