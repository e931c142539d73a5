package audit

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

// benchRows is the size of the log in the benchmark.
const benchRows = 5_000_000

// growLarge is grow for millions of rows: pieces at once into a table without its secondary indexes, which are made again.
func growLarge(b *testing.B, pool *pgxpool.Pool) {
	b.Helper()
	ctx := context.Background()
	grow(b, pool, 1000)
	rows, err := pool.Query(ctx, `SELECT indexname::text, indexdef::text FROM pg_indexes WHERE tablename = 'audit_log' AND indexname <> 'audit_log_pkey'`)
	require.NoError(b, err)
	type index struct{ Name, Definition string }
	indexes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index])
	require.NoError(b, err)
	for _, i := range indexes {
		_, err := pool.Exec(ctx, "DROP INDEX "+i.Name)
		require.NoError(b, err)
	}
	const piece = 500_000
	var fill, create []string
	for first := 1001; first <= benchRows; first += piece {
		fill = append(fill, fmt.Sprintf(`INSERT INTO audit_log (username, agent, agent_id, entry_time, action, object_type, before_value, after_value, message, debug_info)
			SELECT u, CASE WHEN i %% 3 > 0 THEN 'HOST-' || a END, CASE WHEN i %% 3 > 0 THEN 'agent-' || lpad(a::text, 34, '0') END,
			  now() - interval '1 hour' - (%[1]d - i) * (interval '365 days' / %[1]d),
			  CASE WHEN i %% 50000 = 0 THEN 'failed_login' WHEN i %% 5 = 0 THEN 'execute_command' WHEN i %% 7 = 0 THEN 'add' ELSE 'modify' END,
			  CASE WHEN i %% 3 > 0 THEN 'agent' WHEN i %% 1000 = 0 THEN 'apikey' ELSE 'client' END,
			  '{"id": 1, "description": "before", "offline_time": 4}', '{"id": 1, "description": "after", "offline_time": 9}',
			  u || ' modified agent HOST-' || a, '{"ip": "192.0.2.7", "url": "/agents/x/", "method": "PUT"}'
			FROM (SELECT i, 1 + (i::bigint * 7919) %% 2000 AS a, CASE WHEN i %% 100000 = 0 THEN 'rare' ELSE 'user-' || i %% 20 END AS u FROM generate_series(%[2]d, %[3]d) i) x`,
			benchRows, first, min(first+piece-1, benchRows)))
	}
	for _, i := range indexes {
		create = append(create, i.Definition)
	}
	for _, statements := range [][]string{fill, create} {
		group := errgroup.Group{}
		group.SetLimit(4)
		for _, sql := range statements {
			group.Go(func() error { _, err := pool.Exec(ctx, sql); return err })
		}
		require.NoError(b, group.Wait())
	}
	_, err = pool.Exec(ctx, "VACUUM (ANALYZE) audit_log")
	require.NoError(b, err)
}

// BenchmarkPage reads pages of a log of five million rows, every kind of order and filter in turn, and reports percentiles.
// The first reading of each kind counts what later ones remember; it is reported by itself.
func BenchmarkPage(b *testing.B) {
	pool := dbtest.New(b)
	growLarge(b, pool)
	r, ctx := NewReader(pool, nil), context.Background()
	ago := func(days int) *time.Time { t := time.Now().AddDate(0, 0, -days); return &t }
	type kind struct {
		f     Filter
		p     Page
		scope access.Scope
	}
	all := access.Everything()
	newest := Page{Sort: "entry_time", Descending: true, Number: 1, Size: 50}
	kinds := []kind{
		{p: newest, scope: all}, {p: Page{Descending: true, Number: 20, Size: 50}, scope: all}, {p: Page{Number: 1, Size: 50}, scope: all},
		{p: Page{Descending: true, Number: 1 << 30, Size: 50}, scope: all}, {p: newest, scope: access.Scope{Clients: []int32{7}}},
	}
	for _, sort := range []string{"id", "username", "agent", "action", "object_type", "message"} {
		kinds = append(kinds, kind{p: Page{Sort: sort, Number: 1, Size: 50}, scope: all}, kind{p: Page{Sort: sort, Descending: true, Number: 2, Size: 50}, scope: all})
	}
	for _, f := range []Filter{
		{Users: []string{"user-3"}}, {Users: []string{"rare"}}, {Users: []string{"nobody"}}, {Actions: []string{"failed_login"}},
		{Actions: []string{"execute_command", "add"}}, {ObjectTypes: []string{"apikey"}}, {AgentIDs: []string{fmt.Sprintf("agent-%034d", 7)}},
		{ClientIDs: []int32{7}}, {Since: ago(1)}, {Since: ago(30)}, {Users: []string{"user-3"}, Actions: []string{"execute_command"}},
	} {
		kinds = append(kinds, kind{f: f, p: newest, scope: all})
	}
	read := func(k kind) time.Duration {
		start := time.Now()
		_, _, err := r.List(ctx, k.scope, k.f, k.p)
		require.NoError(b, err)
		return time.Since(start)
	}
	var first, took []time.Duration
	for _, k := range kinds {
		d := read(k)
		first = append(first, d)
		b.Logf("%8.1f ms at first: %+v %+v", float64(d.Microseconds())/1000, k.f, k.p)
	}
	for b.Loop() {
		for _, k := range kinds {
			took = append(took, read(k))
		}
	}
	report := func(name string, list []time.Duration) {
		slices.Sort(list)
		b.ReportMetric(float64(list[len(list)/2].Microseconds())/1000, name+"-p50-ms")
		b.ReportMetric(float64(list[len(list)*95/100].Microseconds())/1000, name+"-p95-ms")
	}
	report("first", first)
	report("page", took)
}
