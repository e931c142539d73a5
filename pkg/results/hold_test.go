package results_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/results"
)

// counting counts how often results reach their handler, and keeps the first batch for a while.
type counting struct {
	results.Handler
	calls atomic.Int64
	slow  time.Duration
}

func (c *counting) Apply(ctx context.Context, tx pgx.Tx, batch []results.Message) (results.Report, error) {
	if c.calls.Add(int64(len(batch))) == int64(len(batch)) && c.slow > 0 {
		select { // longer than the ack wait, as a statement that waits for a lock
		case <-time.After(c.slow):
		case <-ctx.Done():
			return results.Report{}, ctx.Err()
		}
	}
	return c.Handler.Apply(ctx, tx, batch)
}

func (b *bundle) counted(t *testing.T, wait, slow time.Duration) (*results.Consumer, *counting) {
	t.Helper()
	handlers := b.handlers()
	h := &counting{Handler: handlers[results.KindCheck], slow: slow}
	handlers[results.KindCheck] = h
	c, err := results.NewConsumer(results.Deps{
		Conn: b.conn, Pool: b.pool, Handlers: handlers, Log: b.log, Metrics: prometheus.NewRegistry(), Limits: results.Limits{AckWait: wait},
	})
	require.NoError(t, err)
	return c, h
}

func (b *bundle) publishChecks(t *testing.T, n int) {
	t.Helper()
	_, id := b.agent(t, 1)
	check := b.ping(t, id)
	for i := range n {
		b.publish(t, results.KindCheck, id, fmt.Sprintf("r%d", i), "", fmt.Sprintf(`{"id":%d,"agent_id":%q,"status":"passing","output":"%d"}`, check, id, i))
	}
}

// What a killed process held reaches the next one after the ack wait, once.
func TestResultsOfAKilledReplicaAreTakenOverSoon(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const n = 20
	b.publishChecks(t, n)
	c, h := b.counted(t, 2*time.Second, 0)
	require.Equal(t, n, results.TakeAndDie(t, b.ctx, c, n))
	b.start(t, c)
	b.eventually(t, n, `SELECT count(*) FROM check_history`)
	require.EqualValues(t, n, h.calls.Load())
	require.Eventually(t, func() bool {
		again, err := results.Redelivered(b.ctx, c)
		return err == nil && again == 0
	}, patience, 20*time.Millisecond)
}

// A batch that is in work for longer than the ack wait is held: it is applied once and delivered once.
func TestBatchInWorkIsHeld(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const n, wait = 5, 10 * time.Second // it is extended four times in this
	b.publishChecks(t, n)
	c, h := b.counted(t, wait, wait*3/2)
	b.start(t, c)
	b.eventually(t, 1, `SELECT least(count(*), 1) FROM check_history`)
	b.eventually(t, n, `SELECT count(*) FROM check_history`)
	again, err := results.Redelivered(b.ctx, c)
	require.NoError(t, err)
	require.Zero(t, again)
	require.EqualValues(t, n, h.calls.Load())
}
