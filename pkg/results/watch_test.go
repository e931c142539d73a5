package results_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/results"
)

// reported keeps what a Watch says.
type reported struct {
	mu  sync.Mutex
	err error
}

func (r *reported) Report(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

func TestFillingStoreIsReportedBeforeItRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, agent := b.agent(t, 1)
	limits := results.StreamLimits{MaxBytes: 1 << 20}
	js, err := b.conn.JetStream()
	require.NoError(t, err)
	_, err = js.UpdateStream(b.ctx, results.Stream(limits))
	require.NoError(t, err)
	said, now, registry := &reported{}, time.Now(), prometheus.NewRegistry()
	w, err := results.NewWatch(results.WatchDeps{
		Conn: b.conn, Pool: b.pool, Reporter: said, Metrics: registry, Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	w.Look(b.ctx)
	require.NoError(t, said.err)

	big := strings.Repeat("x", 100<<10)
	for range 6 {
		b.publish(t, results.KindSoftware, agent, "", "", big)
	}
	w.Look(b.ctx)
	require.ErrorIs(t, said.err, results.ErrAlarm)
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
		# HELP gueen_results_store_alarm 1 while the store is fuller or its oldest result older than the alarm's limits.
		# TYPE gueen_results_store_alarm gauge
		gueen_results_store_alarm 1
		# HELP gueen_results_store_limit_bytes Size at which the store refuses results; 0 where there is no limit.
		# TYPE gueen_results_store_limit_bytes gauge
		gueen_results_store_limit_bytes 1.048576e+06
		# HELP gueen_results_waiting Results in the stream that are not applied yet.
		# TYPE gueen_results_waiting gauge
		gueen_results_waiting 6
	`), "gueen_results_store_alarm", "gueen_results_store_limit_bytes", "gueen_results_waiting"))
	var refusal error
	for range 6 {
		if refusal == nil {
			refusal = b.publisher.Publish(b.ctx, results.Result{Kind: results.KindSoftware, AgentID: agent, Body: []byte(big)})
		}
	}
	require.Equal(t, fault.KindUnavailable, fault.KindOf(refusal), "a full store refuses and drops nothing")

	stream, err := js.Stream(b.ctx, "RESULTS")
	require.NoError(t, err)
	require.NoError(t, stream.Purge(b.ctx, jetstream.WithPurgeKeep(1)))
	w.Look(b.ctx)
	require.NoError(t, said.err)
	now = time.Now().Add(time.Hour + time.Minute)
	w.Look(b.ctx)
	require.ErrorContains(t, said.err, "the oldest of 1 waits since 1h")
}

func TestParkedResultIsAppliedWhenItIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pk, agent := b.agent(t, 1)
	check := b.ping(t, agent)
	c := b.consumer(t, b.conn, map[results.Kind]results.Handler{results.KindCheck: breaking{b.handlers()[results.KindCheck]}})
	stop := b.start(t, c)
	b.publish(t, results.KindCheck, agent, "r-1", "7", fmt.Sprintf(`{"id":%d,"agent_id":"x","status":"failing","output":"o"}`, check))
	b.eventually(t, 1, `SELECT count(*) FROM parked_results`)
	stop()
	page, err := results.ListParked(b.ctx, b.pool, 0, 10)
	require.NoError(t, err)
	require.Len(t, page, 1)
	require.Equal(t, agent, page[0].AgentID())
	require.Equal(t, results.KindCheck, page[0].Kind())

	require.NoError(t, results.RetryParked(b.ctx, b.pool, b.conn, page[0].ID))
	require.Equal(t, fault.KindNotFound, fault.KindOf(results.RetryParked(b.ctx, b.pool, b.conn, page[0].ID)))
	b.start(t, b.consumer(t, b.conn, b.handlers()))
	b.eventually(t, 1, `SELECT count(*) FROM check_results WHERE agent_id = $1 AND status = 'failing'`, pk)
	require.Equal(t, 0, b.number(t, `SELECT count(*) FROM parked_results`))
	require.Equal(t, 1, b.number(t, `SELECT count(*) FROM check_results WHERE date_trunc('milliseconds', last_run) = date_trunc('milliseconds', $1::timestamptz)`,
		page[0].Received), "as of the time when it came")
}
