package results_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/results"
)

// TestStopGivesBackWhatWasFetchedAhead: results that a consumer has in its hands or in its buffer when it is told to stop
// reach the next one at once, not after the ack wait, which is longer than the test.
func TestStopGivesBackWhatWasFetchedAhead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, id := b.agent(t, 1)
	check := b.ping(t, id)
	blocker, err := b.pool.Begin(b.ctx)
	require.NoError(t, err)
	_, err = blocker.Exec(b.ctx, `LOCK TABLE check_history IN ACCESS EXCLUSIVE MODE`)
	require.NoError(t, err)
	const n, batch = 60, 10
	for i := range n {
		b.publish(t, results.KindCheck, id, fmt.Sprintf("r%d", i), "", fmt.Sprintf(`{"id":%d,"agent_id":%q,"status":"passing","output":"%d"}`, check, id, i))
	}
	c, err := results.NewConsumer(results.Deps{
		Conn: b.conn, Pool: b.pool, Handlers: b.handlers(), Log: b.log, Metrics: prometheus.NewRegistry(), Limits: results.Limits{Messages: batch, AckWait: 100 * patience},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(b.ctx)
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	b.eventually(t, 1, `SELECT least(count(*), 1) FROM pg_locks WHERE relation = 'check_history'::regclass AND NOT granted`)
	cancel() // one batch waits for the table, the next one is fetched
	require.NoError(t, blocker.Rollback(b.ctx))
	require.NoError(t, <-done)
	require.LessOrEqual(t, b.number(t, `SELECT count(*) FROM check_history`), 2*batch)
	next, err := results.NewConsumer(results.Deps{
		Conn: b.conn, Pool: b.pool, Handlers: b.handlers(), Log: b.log, Metrics: prometheus.NewRegistry(), Limits: results.Limits{AckWait: 100 * patience},
	})
	require.NoError(t, err)
	b.start(t, next)
	b.eventually(t, n, `SELECT count(*) FROM check_history`)
}
