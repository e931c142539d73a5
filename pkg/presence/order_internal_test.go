package presence

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/schema/db/presencedb"
)

// Events may come in any order and more than once; the outcome is always that of the latest connection.
func TestOrderOfEventsDoesNotMatter(t *testing.T) {
	t.Parallel()
	pool, q := dbtest.New(t), presencedb.New()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	step := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
	id := strings.Repeat("a", 40)
	_, err := pool.Exec(t.Context(), `WITH c AS (INSERT INTO clients (name) VALUES ('c') RETURNING id),
		s AS (INSERT INTO sites (name, client_id) SELECT 'site', id FROM c RETURNING id)
		INSERT INTO agents (agent_id, hostname, site_id) SELECT $1, 'host', s.id FROM s`, id)
	require.NoError(t, err)
	connect := func(n int) func() error {
		return func() error {
			_, err := q.Connect(t.Context(), pool, presencedb.ConnectParams{AgentIds: []string{id}, Ats: []time.Time{step(n)}})
			return err
		}
	}
	disconnect := func(n, end int) func() error {
		return func() error {
			_, err := q.Disconnect(t.Context(), pool, presencedb.DisconnectParams{
				AgentIds: []string{id}, Started: []time.Time{step(n)}, Ended: []time.Time{step(end)},
			})
			return err
		}
	}
	for _, tc := range []struct {
		events []func() error
		want   bool
	}{
		{[]func() error{connect(1), disconnect(1, 5)}, false},
		{[]func() error{connect(1), disconnect(1, 5), connect(6)}, true},
		{[]func() error{connect(1), connect(3), disconnect(1, 4)}, true}, // replaced
	} {
		permute(len(tc.events), func(order []int) {
			_, err := pool.Exec(t.Context(), `UPDATE agent_presence SET connected = false, connected_at = NULL, disconnected_at = NULL`)
			require.NoError(t, err)
			for range 2 { // everything twice
				for _, i := range order {
					require.NoError(t, tc.events[i]())
				}
			}
			var got bool
			require.NoError(t, pool.QueryRow(t.Context(), `SELECT connected FROM agent_presence`).Scan(&got))
			require.Equal(t, tc.want, got, fmt.Sprint(order))
		})
	}
}

func permute(n int, visit func([]int)) {
	var walk func(done []int)
	walk = func(done []int) {
		if len(done) == n {
			visit(done)
			return
		}
	next:
		for i := range n {
			for _, d := range done {
				if d == i {
					continue next
				}
			}
			walk(append(append([]int(nil), done...), i))
		}
	}
	walk(nil)
}

func TestTrackerNamesTheOlderConnection(t *testing.T) {
	t.Parallel()
	tr, now := newTracker(), time.Now()
	one := connection{AgentID: "a", ServerID: "s", CID: 1, Start: now}
	two := connection{AgentID: "a", ServerID: "s", CID: 2, Start: now.Add(time.Second)}
	older, contested := tr.connected(two, now)
	require.Empty(t, older)
	require.False(t, contested)
	older, contested = tr.connected(one, now) // its event was late
	require.Equal(t, []uint64{1}, ids(older))
	require.False(t, contested)
	require.Equal(t, []uint64{1}, ids(tr.surplus()))
	tr.disconnected(one)
	require.Equal(t, []uint64{2}, ids(tr.of("a")))
	for i, want := range []bool{false, true} {
		at := now.Add(time.Duration(i+1) * 2 * time.Second)
		older, contested = tr.connected(connection{AgentID: "a", ServerID: "s", CID: uint64(3 + i), Start: at}, at)
		require.Equal(t, []uint64{uint64(2 + i)}, ids(older))
		require.Equal(t, want, contested)
		tr.disconnected(older[0])
	}
	tr.replace(listing{taken: now.Add(time.Minute)})
	require.Zero(t, tr.len())
}

func ids(cs []connection) (out []uint64) {
	for _, c := range cs {
		out = append(out, c.CID)
	}
	return out
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(`{"server":{"id":"N"},"client":{"start":"2026-01-01T00:00:00Z","id":7,"user":"` + strings.Repeat("a", 40) + `"}}`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _, err := parseEvent(data)
		if err == nil {
			require.NotEmpty(t, c.AgentID)
			require.False(t, c.Start.IsZero())
		}
	})
}
