package results_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
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

// mailbox is what the operators get.
type mailbox struct {
	refusal error
	got     []string
}

func (m *mailbox) Send(_ context.Context, to []string, subject, body string) error {
	if m.refusal == nil {
		m.got = append(m.got, fmt.Sprint(to, " ", subject, "\n", body))
	}
	return m.refusal
}

// TestOperatorsAreToldOnceADay by whichever replica sees it first.
func TestOperatorsAreToldOnceADay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, agent := b.agent(t, 1)
	now := time.Now()
	var watches []*results.Watch
	for range 2 {
		w, err := results.NewWatch(results.WatchDeps{
			Conn: b.conn, Pool: b.pool, Reporter: &reported{}, Metrics: prometheus.NewRegistry(), Now: func() time.Time { return now }, Mail: true,
		})
		require.NoError(t, err)
		watches = append(watches, w)
	}
	asked := func() (payloads []string) {
		rows, err := b.pool.Query(b.ctx, `SELECT payload::text FROM outbox WHERE kind = 'results.alarm' AND queue = 'critical' ORDER BY id`)
		require.NoError(t, err)
		payloads, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return payloads
	}
	look := func() {
		for range 2 {
			for _, w := range watches {
				w.Look(b.ctx)
			}
		}
	}
	look()
	require.Empty(t, asked(), "nothing is wrong")
	b.publish(t, results.KindSoftware, agent, "", "", "{}")
	now = now.Add(time.Hour)
	look()
	require.Len(t, asked(), 1)
	_, err := b.pool.Exec(b.ctx, `INSERT INTO parked_results (subject, message_id, ref, reason, payload, received) VALUES ('results.task.x', 'm', '', 'r', 'secret', now())`)
	require.NoError(t, err)
	look()
	require.Len(t, asked(), 2, "each cause once")
	now = now.Add(24 * time.Hour)
	look()
	payloads := asked()
	require.Len(t, payloads, 4, "and again the next day")

	box := &mailbox{}
	h := results.AlarmHandler(box)
	for _, p := range payloads[:2] {
		require.NoError(t, h.Do(b.ctx, queue.Task{Payload: []byte(p)}))
	}
	require.Regexp(t, `(?s)^\[\] Gueen RMM: results of agents pile up\n.*the oldest of 1 waits since 1h`, box.got[0])
	require.Contains(t, box.got[1], "1 results of agents could not be applied")
	require.NotContains(t, box.got[1], "secret")
	require.NoError(t, results.AlarmHandler(&mailbox{refusal: fault.Refused("not set up")}).Do(b.ctx, queue.Task{Payload: []byte(payloads[0])}), "nobody can be told")
	away := errors.New("mail server is away")
	require.ErrorIs(t, results.AlarmHandler(&mailbox{refusal: away}).Do(b.ctx, queue.Task{Payload: []byte(payloads[0])}), away)
	require.ErrorContains(t, h.Do(b.ctx, queue.Task{Payload: []byte("x")}), "decode payload")
}

func TestParkedResultsAreChosenInTheDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.pool.Exec(b.ctx, `INSERT INTO parked_results (subject, message_id, reason, payload, received)
		SELECT 'results.' || kind || '.' || agent, reason, reason, '{}', now()
		FROM unnest(ARRAY['check', 'task']) kind, unnest(ARRAY['a1', 'a2']) agent, unnest(ARRAY['Handler panicked', '100% wrong_']) reason`)
	require.NoError(t, err)
	for _, c := range []struct {
		filter results.ParkedFilter
		n      int
	}{
		{results.ParkedFilter{}, 8}, {results.ParkedFilter{Kind: results.KindTask}, 4}, {results.ParkedFilter{AgentID: "a1"}, 4},
		{results.ParkedFilter{Reason: "PANICKED"}, 4}, {results.ParkedFilter{Reason: "0% wrong_"}, 4}, {results.ParkedFilter{Reason: "%"}, 4},
		{results.ParkedFilter{Kind: results.KindCheck, AgentID: "a2", Reason: "panicked"}, 1}, {results.ParkedFilter{AgentID: "a"}, 0},
		{results.ParkedFilter{IDs: []int64{1, 3, 99}}, 2}, {results.ParkedFilter{IDs: []int64{}}, 0},
	} {
		list, err := results.ListParked(b.ctx, b.pool, c.filter, 0, 100)
		require.NoError(t, err)
		require.Len(t, list, c.n, "%+v", c.filter)
	}
	last, err := results.ListParked(b.ctx, b.pool, results.ParkedFilter{}, 3, 2)
	require.NoError(t, err)
	require.Len(t, last, 2)
	require.EqualValues(t, 4, last[0].ID)

	gone, err := results.DeleteParked(b.ctx, b.pool, results.ParkedFilter{IDs: []int64{1, 99}})
	require.NoError(t, err)
	require.Equal(t, []int64{1}, gone)
	gone, err = results.DeleteParked(b.ctx, b.pool, results.ParkedFilter{AgentID: "a2", Kind: results.KindTask})
	require.NoError(t, err)
	require.Len(t, gone, 2)
	require.Equal(t, 5, b.number(t, `SELECT count(*) FROM parked_results`))
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
	page, err := results.ListParked(b.ctx, b.pool, results.ParkedFilter{}, 0, 10)
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
