package faults

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/tasks"
)

// box is work that was asked for through the outbox: each row tells one agent once to run one task, so that what reaches
// the agents can be counted against the rows.
type box struct {
	rows   int            // committed
	inHand map[int]string // task to agent: told, but not marked done when the worker died
	rolled []int          // tasks whose rows were rolled back
}

const (
	firstTask   = 1_000_000 // far from the ids of real tasks
	gate        = 4711      // advisory lock: one row in three cannot be marked done while the test has it
	workerHands = 16        // tasks the worker does at once
	gateOpened  = `DROP TRIGGER faults_gate ON outbox; DROP FUNCTION faults_gate()`
	gateShut    = `CREATE FUNCTION faults_gate() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		IF NEW.done_at IS NOT NULL AND (NEW.payload->>'task_id')::int % 3 = 0 THEN
			PERFORM pg_advisory_xact_lock_shared(4711);
		END IF;
		RETURN NEW;
	END $$;
	CREATE TRIGGER faults_gate BEFORE UPDATE OF done_at ON outbox FOR EACH ROW WHEN (NEW.kind = 'tasks.run') EXECUTE FUNCTION faults_gate()`
	gateWaiting = `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted`
	gateEnd     = `SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted`
)

// tell writes rows first … first+n-1 in one transaction.
func (st *stage) tell(ctx context.Context, tx pgx.Tx, first, n int) error {
	agents := st.fleet.Credentials()
	messages := make([]outbox.Message, n)
	for i := range messages {
		messages[i] = outbox.Message{Kind: tasks.KindRun().Name, Queue: queue.Default, Payload: map[string]any{
			"agent_id": agents[(first+i)%len(agents)].AgentID, "task_id": firstTask + first + i,
		}}
	}
	_, err := outbox.Enqueue(ctx, tx, messages...)
	return err
}

// crashWorker kills the worker while every one of its hands has told an agent something and none has written it down. The
// database holds them there: their mark waits for a lock that the test has.
func (st *stage) crashWorker(ctx context.Context, t *testing.T) *box {
	t.Helper()
	_, err := st.pool.Exec(ctx, gateShut)
	require.NoError(t, err)
	conn, err := st.pool.Acquire(ctx)
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, gate)
	require.NoError(t, err)

	b := &box{rows: st.rows, inHand: map[int]string{}}
	const lost = 50
	tx, err := st.pool.Begin(ctx)
	require.NoError(t, err)
	require.NoError(t, st.tell(ctx, tx, st.rows, lost))
	require.NoError(t, tx.Rollback(ctx))
	for i := range lost {
		b.rolled = append(b.rolled, firstTask+st.rows+i)
	}
	require.NoError(t, pgx.BeginFunc(ctx, st.pool, func(tx pgx.Tx) error { return st.tell(ctx, tx, 0, st.rows) }))

	require.Eventually(t, func() bool { return st.asked(ctx, gateWaiting) == workerHands }, within, every, "all hands of the worker are busy")
	require.Eventually(t, func() bool { b.inHand = st.undone(ctx); return len(b.inHand) == workerHands }, within, every, "and each has told its agent")
	done := st.number(ctx, t, `SELECT count(*) FROM outbox WHERE kind = 'tasks.run' AND done_at IS NOT NULL`)
	before := st.pids()["worker"]
	require.NoError(t, st.process(t, "worker").Crash(ctx))
	// What the dead worker asked for must not come true when the gate opens.
	st.number(ctx, t, gateEnd)
	require.Eventually(t, func() bool { return st.asked(ctx, gateWaiting) == 0 }, within, every)
	_, err = conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, gate)
	require.NoError(t, err)
	_, err = st.pool.Exec(ctx, gateOpened)
	require.NoError(t, err)
	require.NoError(t, st.process(t, "worker").Up())
	st.allReady(ctx, t)
	require.NotEqual(t, before, st.pids()["worker"])
	t.Logf("worker killed with %d of %d rows done and %d in its hands", done, b.rows, len(b.inHand))
	return b
}

// undone returns the rows whose agent was told although they are not done; nil while the database does not answer.
func (st *stage) undone(ctx context.Context) map[int]string {
	rows, err := st.pool.Query(ctx, `SELECT (payload->>'task_id')::int, payload->>'agent_id' FROM outbox WHERE kind = 'tasks.run' AND done_at IS NULL`)
	if err != nil {
		return nil
	}
	out := map[int]string{}
	var task int
	var agent string
	_, err = pgx.ForEachRow(rows, []any{&task, &agent}, func() error {
		if st.commands.times(agent, task) > 0 {
			out[task] = agent
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return out
}

// asked is number for conditions that are asked again: -1 while the database does not answer.
func (st *stage) asked(ctx context.Context, query string, args ...any) (n int) {
	if st.pool.QueryRow(ctx, query, args...).Scan(&n) != nil {
		return -1
	}
	return n
}

// number is the single number that a query answers.
func (st *stage) number(ctx context.Context, t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, st.pool.QueryRow(ctx, query, args...).Scan(&n))
	return n
}

// settle counts what reached the agents against the rows: each row once, those that were in the dead worker's hands at
// most twice, what was rolled back never.
func (b *box) settle(ctx context.Context, t *testing.T, st *stage) {
	require.Eventually(t, func() bool {
		return st.asked(ctx, `SELECT count(*) FROM outbox WHERE kind = 'tasks.run' AND done_at IS NULL`) == 0
	}, 2*within, 10*every, "every row is done")
	require.Equal(t, b.rows, st.number(ctx, t, `SELECT count(*) FROM outbox WHERE kind = 'tasks.run' AND done_at IS NOT NULL`))
	require.Eventually(t, func() bool { different, _ := st.commands.counts(); return different >= b.rows }, within, every)
	different, total := st.commands.counts()
	require.Equal(t, b.rows, different, "each row reached its agent")
	agents := st.fleet.Credentials()
	repeated := 0
	for i := range b.rows {
		times := st.commands.times(agents[i%len(agents)].AgentID, firstTask+i)
		if _, inHand := b.inHand[firstTask+i]; inHand && times == 2 {
			repeated++
			continue
		}
		require.Equal(t, 1, times, "task %d", firstTask+i)
	}
	for _, task := range b.rolled {
		for _, a := range agents {
			require.Zero(t, st.commands.times(a.AgentID, task), "rolled back task %d", task)
		}
	}
	dead := st.number(ctx, t, `SELECT count(*) FROM outbox WHERE last_error IS NOT NULL`)
	t.Logf("%d rows, %d done, %d notifications: %d of the %d in the dead worker's hands were repeated, %d rows with an error", b.rows, b.rows, total, repeated, len(b.inHand), dead)
}
