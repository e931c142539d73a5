package results_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/proto/events"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

const historyRows = `SELECT count(*) FROM check_history`

func TestWhoPostsAndReadsSeesTheResult(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pk, agent := b.agent(t, 1)
	check := b.ping(t, agent)
	facts := make(chan *nats.Msg, 10)
	sub, err := b.conn.NATS().ChanSubscribe(subjects.AgentFact(agent, string(events.KindChecks)), facts)
	require.NoError(t, err)
	defer func() { require.NoError(t, sub.Unsubscribe()) }()
	b.start(t, b.consumer(t, b.conn, b.handlers()))
	b.publisher.Patient(patience)
	b.publish(t, results.KindCheck, agent, "", "", fmt.Sprintf(`{"id":%d,"status":"failing","output":"no"}`, check))
	b.eventually(t, 1, `SELECT count(*) FROM check_results WHERE status = 'failing'`)
	late := 0
	for i := range 50 {
		b.publish(t, results.KindCheck, agent, "", "", fmt.Sprintf(`{"id":%d,"status":"passing","output":"%d"}`, check, i))
		if b.number(t, `SELECT count(*) FROM check_results WHERE more_info = $1`, fmt.Sprint(i)) == 0 {
			late++
		}
	}
	require.Zero(t, late, "without a backlog a result is there when Publish returns")
	require.Equal(t, 51, b.number(t, historyRows))
	require.Equal(t, 1, b.number(t, `SELECT passing FROM agent_check_counts WHERE agent_id = $1`, pk))
	select {
	case m := <-facts:
		f, err := events.ParseAgent(m.Subject, m.Data)
		require.NoError(t, err)
		require.Equal(t, agent, f.AgentID)
	case <-time.After(patience):
		t.Fatal("no fact about the failing check")
	}
}

func TestRepetitionsAreHarmless(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, agent := b.agent(t, 1)
	_, other := b.agent(t, 2)
	check, otherCheck := b.ping(t, agent), b.ping(t, other)
	body := `{"id":%d,"status":"failing","output":"no"}`
	// The stream refuses a repetition while it remembers the id, afterwards the table does.
	for range 3 {
		b.publish(t, results.KindCheck, agent, "r1", "", fmt.Sprintf(body, check))
	}
	b.publish(t, results.KindCheck, other, "r1", "", fmt.Sprintf(body, otherCheck))
	b.start(t, b.consumer(t, b.conn, b.handlers()))
	b.eventually(t, 2, historyRows)
	js, err := b.conn.JetStream()
	require.NoError(t, err)
	stream, err := js.Stream(b.ctx, "RESULTS")
	require.NoError(t, err)
	require.NoError(t, stream.Purge(b.ctx))
	config := results.Stream(results.StreamLimits{})
	config.Duplicates = 100 * time.Millisecond
	require.Eventually(t, func() bool {
		// Each time: a consumer that has to open the stream anew gives it the product's configuration.
		if _, err := js.UpdateStream(b.ctx, config); err != nil {
			return false
		}
		if b.publisher.Publish(b.ctx, results.Result{Kind: results.KindCheck, AgentID: agent, ID: "r1", Body: fmt.Appendf(nil, body, check)}) != nil {
			return false
		}
		info, err := stream.Info(b.ctx)
		return err == nil && info.State.LastSeq > 2
	}, patience, 50*time.Millisecond, "the stream has forgotten the id")
	b.publish(t, results.KindCheck, agent, "r2", "", fmt.Sprintf(body, check))
	b.eventually(t, 2, `SELECT fail_count FROM check_results WHERE assigned_check_id = $1`, check)
	require.Equal(t, 3, b.number(t, historyRows))
}

func (b *bundle) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := b.pool.Exec(b.ctx, sql, args...)
	require.NoError(t, err)
}

func TestCrashBetweenCommitAndAcknowledgement(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, agent := b.agent(t, 1)
	check := b.ping(t, agent)
	for i := range 20 {
		b.publish(t, results.KindCheck, agent, fmt.Sprint(i), "", fmt.Sprintf(`{"id":%d,"status":"failing","output":"%d"}`, check, i))
	}
	first := b.consumer(t, b.conn, b.handlers())
	require.Equal(t, 20, results.ApplyWithoutAck(t, b.ctx, first, 20))
	require.Equal(t, 20, b.number(t, historyRows))
	b.start(t, b.consumer(t, b.conn, b.handlers()))
	b.empty(t)
	require.Equal(t, 20, b.number(t, historyRows))
	require.Equal(t, 20, b.number(t, `SELECT fail_count FROM check_results`))
}

// empty waits until the stream holds nothing any more.
func (b *bundle) empty(t *testing.T) {
	t.Helper()
	js, err := b.conn.JetStream()
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		s, err := js.Stream(b.ctx, "RESULTS")
		if err != nil {
			return false
		}
		info, err := s.Info(b.ctx)
		return err == nil && info.State.Msgs == 0
	}, patience, 10*time.Millisecond)
}

func TestPoisonIsParkedAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, agent := b.agent(t, 1)
	_, other := b.agent(t, 2)
	check, foreign := b.ping(t, agent), b.ping(t, other)
	good := fmt.Sprintf(`{"id":%d,"status":"passing","output":"ok"}`, check)
	b.publish(t, results.KindCheck, agent, "", "", `{"id":`)
	b.publish(t, results.KindTask, agent, "", "x", `{}`)
	b.publish(t, results.KindHistory, agent, "", "1", `[]`)
	b.publish(t, results.KindSoftware, agent, "", "", `{"software":{}}`)
	b.publish(t, "weather", agent, "", "", `{}`)
	b.publish(t, results.KindHistory, agent, "breaks", "7", `{"results":"breaks"}`)
	require.NoError(t, b.publisher.Publish(log.WithRequestID(b.ctx, "req-9"), results.Result{
		Kind: results.KindCheck, AgentID: agent, Body: fmt.Appendf(nil, `{"id":%d,"status":"failing","output":""}`, foreign),
	}))
	b.publish(t, results.KindTask, agent, "", "999", `{"retcode":0}`)
	b.publish(t, results.KindHistory, agent, "", "999", `{"results":"x"}`)
	b.publish(t, results.KindCheck, "nobodyknowsthisagentidentifier", "", "", good)
	b.publish(t, results.KindCheck, agent, "", "", good)
	handlers := b.handlers()
	handlers[results.KindHistory] = breaking{handlers[results.KindHistory]}
	b.start(t, b.consumer(t, b.conn, handlers))
	b.empty(t)
	require.Equal(t, 1, b.number(t, historyRows))
	require.Equal(t, 6, b.number(t, `SELECT count(*) FROM parked_results`))
	require.Equal(t, 1, b.number(t, `SELECT count(*) FROM parked_results WHERE reason LIKE '%panicked%' AND payload = '{"results":"breaks"}'`))
	require.Equal(t, 1, b.number(t, `SELECT count(*) FROM debug_log WHERE log_type = 'agent_issues' AND message LIKE 'A result of kind %'`), "the debug log says so once")
	require.Equal(t, 0, b.number(t, `SELECT count(*) FROM check_results WHERE status = 'failing'`))
	// Once in the log with the agent and the request that brought it, and each in the metrics.
	require.Equal(t, 1, b.logs.FilterMessage("result is not for a row of its agent").FilterField(zap.String("agent_id", agent)).Len())
	require.Equal(t, 1, b.logs.FilterField(zap.String("request_id", "req-9")).Len())
	require.Equal(t, map[string]float64{"applied": 1, "dropped": 3, "gone": 1, "parked": 6}, b.outcomes(t))
}

// outcomes sums what the last consumer counted.
func (b *bundle) outcomes(t *testing.T) map[string]float64 {
	t.Helper()
	families, err := b.metrics.Gather()
	require.NoError(t, err)
	sums := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == "gueen_results_applied_total" && l.GetName() == "outcome" {
					sums[l.GetValue()] += m.GetCounter().GetValue()
				}
			}
		}
	}
	return sums
}

// breaking panics on one result.
type breaking struct{ results.Handler }

func (h breaking) Apply(ctx context.Context, tx pgx.Tx, batch []results.Message) (results.Report, error) {
	for _, m := range batch {
		if m.Ref == "7" {
			panic("broken by a result")
		}
	}
	return h.Handler.Apply(ctx, tx, batch)
}

func TestDataThatTheDatabaseRefusesIsParkedAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, agent := b.agent(t, 1)
	check := b.ping(t, agent)
	handlers := b.handlers()
	handlers[results.KindSoftware] = violating{}
	b.publish(t, results.KindSoftware, agent, "", "", `{}`)
	for i := range 5 {
		b.publish(t, results.KindCheck, agent, "", "", fmt.Sprintf(`{"id":%d,"status":"passing","output":"%d"}`, check, i))
	}
	b.start(t, b.consumer(t, b.conn, handlers))
	b.empty(t)
	require.Equal(t, 5, b.number(t, historyRows))
	require.Equal(t, 1, b.number(t, `SELECT count(*) FROM parked_results`))
}

type violating struct{}

func (violating) Apply(ctx context.Context, tx pgx.Tx, _ []results.Message) (results.Report, error) {
	_, err := tx.Exec(ctx, `SELECT 'x'::int`)
	return results.Report{}, err
}

func TestTheDatabaseMayBeAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, agent := b.agent(t, 1)
	check := b.ping(t, agent)
	b.start(t, b.consumer(t, b.conn, b.handlers()))
	post := func(i int) {
		b.publish(t, results.KindCheck, agent, "", "", fmt.Sprintf(`{"id":%d,"status":"failing","output":"%d"}`, check, i))
	}
	post(0)
	b.eventually(t, 1, historyRows)
	b.allowConnections(t, false)
	for i := range 50 {
		post(i)
	}
	b.allowConnections(t, true)
	b.eventually(t, 51, historyRows)
	b.eventually(t, 51, `SELECT fail_count FROM check_results`)
	b.empty(t)
}

// allowConnections closes the database to everybody, or opens it again.
func (b *bundle) allowConnections(t *testing.T, on bool) {
	t.Helper()
	u, err := url.Parse(b.url)
	require.NoError(t, err)
	name := u.Path[1:]
	u.Path = "/postgres"
	admin, err := pgx.Connect(b.ctx, u.String())
	require.NoError(t, err)
	defer func() { require.NoError(t, admin.Close(context.Background())) }()
	_, err = admin.Exec(b.ctx, fmt.Sprintf(`ALTER DATABASE %s ALLOW_CONNECTIONS %t`, pgx.Identifier{name}.Sanitize(), on))
	require.NoError(t, err)
	if !on {
		_, err = admin.Exec(b.ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
		require.NoError(t, err)
	}
}

func TestTheBusMayBeAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, agent := b.agent(t, 1)
	check := b.ping(t, agent)
	b.start(t, b.consumer(t, b.conn, b.handlers()))
	r := results.Result{Kind: results.KindCheck, AgentID: agent, Body: []byte(fmt.Sprintf(`{"id":%d,"status":"failing","output":""}`, check))}
	b.srv.Stop()
	require.Eventually(t, func() bool { return b.conn.Check(b.ctx) != nil }, patience, 5*time.Millisecond)
	start := time.Now()
	err := b.publisher.Publish(b.ctx, r)
	require.Equal(t, fault.KindUnavailable, fault.KindOf(err))
	require.Less(t, time.Since(start), patience/2)
	b.srv.Restart(t)
	require.Eventually(t, func() bool { return b.publisher.Publish(b.ctx, r) == nil }, patience, 20*time.Millisecond)
	b.eventually(t, 1, `SELECT least(count(*), 1) FROM check_history`)

	require.Error(t, b.publisher.Publish(b.ctx, results.Result{Kind: "a.b", AgentID: agent}))
	require.Error(t, b.publisher.Publish(b.ctx, results.Result{Kind: results.KindCheck, AgentID: "*"}))
}

func TestAFailingHandlerIsRepeatedInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, agent := b.agent(t, 1)
	check := b.ping(t, agent)
	handlers := b.handlers()
	flaky := &flaky{Handler: handlers[results.KindCheck]}
	flaky.left.Store(5)
	handlers[results.KindCheck] = flaky
	b.publish(t, results.KindCheck, agent, "", "", fmt.Sprintf(`{"id":%d,"status":"passing","output":""}`, check))
	b.start(t, b.consumer(t, b.conn, handlers))
	b.eventually(t, 1, historyRows)
	b.empty(t)
	require.Equal(t, 0, b.number(t, `SELECT count(*) FROM parked_results`))
}

type flaky struct {
	results.Handler
	left atomic.Int32
}

func (f *flaky) Apply(ctx context.Context, tx pgx.Tx, batch []results.Message) (results.Report, error) {
	if f.left.Add(-1) >= 0 {
		return results.Report{}, errors.New("not now")
	}
	return f.Handler.Apply(ctx, tx, batch)
}

func TestReplicasShareTheWorkWithoutDoubleWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const agents, each = 20, 25
	var ids []string
	var checkIDs []int32
	for i := range agents {
		_, id := b.agent(t, i)
		ids, checkIDs = append(ids, id), append(checkIDs, b.ping(t, id))
	}
	for range 3 {
		b.start(t, b.consumer(t, b.open(t), b.handlers()))
	}
	var wg sync.WaitGroup
	failed := make(chan error, agents*each)
	for i := range agents {
		wg.Go(func() {
			for n := range each {
				body := fmt.Sprintf(`{"id":%d,"status":"failing","output":"%d"}`, checkIDs[i], n)
				if err := b.publisher.Publish(b.ctx, results.Result{Kind: results.KindCheck, AgentID: ids[i], Body: []byte(body)}); err != nil {
					failed <- err
				}
			}
		})
	}
	wg.Wait()
	require.Empty(t, failed)
	b.empty(t)
	require.Equal(t, agents*each, b.number(t, historyRows))
	require.Equal(t, agents, b.number(t, `SELECT count(*) FROM check_results WHERE status = 'failing'`))
	require.Equal(t, agents, b.number(t, `SELECT sum(warning) FROM agent_check_counts`))
	require.Equal(t, agents*each, b.number(t, `SELECT count(*) FROM applied_results`))
}

func TestHotQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	plan := dbtest.Explain(t, pool, `SELECT id, agent_id FROM agents WHERE agent_id = ANY ($1)`, []string{"a", "b"})
	require.Contains(t, plan, "agents_agent_id_key")
}

func TestFailingCheckOpensItsAlertInTheSameTransaction(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, agent := b.agent(t, 1)
	check := b.ping(t, agent)
	_, err := b.pool.Exec(b.ctx, `UPDATE checks SET dashboard_alert = true, email_alert = true, fails_b4_alert = 2`)
	require.NoError(t, err)
	handlers := b.handlers()
	handlers[results.KindCheck] = results.CheckHandler{Checks: b.checks, Tasks: b.tasks, Followers: []results.CheckFollower{results.AlertFollower{}}}
	b.start(t, b.consumer(t, b.conn, handlers))
	send := func(status string) {
		b.publish(t, results.KindCheck, agent, "", "", fmt.Sprintf(`{"id":%d,"status":%q,"output":"o"}`, check, status))
	}
	send("failing")
	b.eventually(t, 1, `SELECT fail_count FROM check_results`)
	require.Zero(t, b.number(t, `SELECT count(*) FROM alerts`), "the first failure does not count")
	send("failing")
	b.eventually(t, 1, `SELECT count(*) FROM alerts WHERE NOT hidden AND NOT resolved AND severity = 'warning' AND message LIKE '%Ping Check: p that failed.'`)
	require.Equal(t, 1, b.number(t, `SELECT count(*) FROM outbox WHERE kind = 'alerts.notify'`))
	send("passing")
	b.eventually(t, 1, `SELECT count(*) FROM alerts WHERE resolved`)
}
