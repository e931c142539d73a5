package faults

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// killEach ends processes as kill -9 does, one after the other. Their supervisor starts them again; the others stay.
func killEach(names ...string) func(ctx context.Context, t *testing.T, st *stage) {
	return func(ctx context.Context, t *testing.T, st *stage) {
		for _, name := range names {
			before := st.pids()
			tr := st.begin(ctx)
			tr.flows(t, 20)
			require.NoError(t, st.process(t, name).Restart(ctx))
			st.allReady(ctx, t)
			tr.flows(t, 20)
			tr.beats(ctx, t)
			tr.end(ctx, t, "kill -9 "+name)
			after := st.pids()
			require.NotEqual(t, before[name], after[name], "%s was restarted", name)
			before[name] = after[name]
			require.Equal(t, before, after, "nothing else was restarted")
		}
	}
}

// crashConsumer kills natsapi while results flow. What it had fetched is given to the next one a minute later: the books
// are settled after other faults.
func (st *stage) crashConsumer(ctx context.Context, t *testing.T) *traffic {
	t.Helper()
	before := st.pids()
	tr := st.begin(ctx)
	tr.flows(t, 50)
	require.NoError(t, st.process(t, "natsapi").Restart(ctx))
	st.allReady(ctx, t)
	tr.flows(t, 50)
	tr.beats(ctx, t)
	tr.stop(t)
	after := st.pids()
	require.NotEqual(t, before["natsapi"], after["natsapi"], "natsapi was restarted")
	before["natsapi"] = after["natsapi"]
	require.Equal(t, before, after, "nothing else was restarted")
	return tr
}
