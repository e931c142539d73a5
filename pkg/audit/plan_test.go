package audit

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

// grow fills the log with n rows of a year, as a fleet of 2,000 agents in 100 clients leaves them: few users, mostly changes
// and commands, two of three rows about an agent.
func grow(t testing.TB, pool *pgxpool.Pool, n int) {
	t.Helper()
	ctx := context.Background()
	_, err := pool.Exec(ctx, `
		INSERT INTO clients (id, name) SELECT i, 'c' || i FROM generate_series(1, 101) i;
		INSERT INTO sites (id, client_id, name) SELECT i, i, 's' FROM generate_series(1, 101) i;
		ALTER TABLE agents DISABLE TRIGGER USER;
		INSERT INTO agents (id, agent_id, hostname, site_id) SELECT i, 'agent-' || lpad(i::text, 34, '0'), 'HOST-' || i, 1 + i % 100 FROM generate_series(1, 2000) i;
		ALTER TABLE agents ENABLE TRIGGER USER`)
	require.NoError(t, err)
	_, err = pool.Exec(ctx, `
		INSERT INTO audit_log (username, agent, agent_id, entry_time, action, object_type, before_value, after_value, message, debug_info)
		SELECT u, CASE WHEN i % 3 > 0 THEN 'HOST-' || a END, CASE WHEN i % 3 > 0 THEN 'agent-' || lpad(a::text, 34, '0') END,
		  now() - interval '1 hour' - ($1::int - i) * (interval '365 days' / $1::int),
		  CASE WHEN i % 50000 = 0 THEN 'failed_login' WHEN i % 5 = 0 THEN 'execute_command' WHEN i % 7 = 0 THEN 'add' ELSE 'modify' END,
		  CASE WHEN i % 3 > 0 THEN 'agent' WHEN i % 1000 = 0 THEN 'apikey' ELSE 'client' END,
		  jsonb_build_object('id', i, 'description', 'before', 'offline_time', 4), jsonb_build_object('id', i, 'description', 'after', 'offline_time', i % 60),
		  u || ' modified agent HOST-' || a, '{"ip": "192.0.2.7", "url": "/agents/x/", "method": "PUT"}'
		FROM (SELECT i, 1 + (i::bigint * 7919) % 2000 AS a, CASE WHEN i % 100000 = 0 THEN 'rare' ELSE 'user-' || i % 20 END AS u FROM generate_series(1, $1) i) x`, n)
	require.NoError(t, err)
	_, err = pool.Exec(ctx, "VACUUM (ANALYZE) audit_log")
	require.NoError(t, err)
	_, err = pool.Exec(ctx, "ANALYZE")
	require.NoError(t, err)
}

// TestPagesWalkTheirIndex plans every order and filter on the statistics of 120,000 rows.
func TestPagesWalkTheirIndex(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	grow(t, pool, 120_000)
	all, limited := access.Everything(), access.Scope{Clients: []int32{7}}
	since := time.Now().AddDate(0, 0, -2)
	for name, c := range map[string]struct {
		f     Filter
		scope access.Scope
		sort  string
		down  bool
		few   bool
		index string
	}{
		"newest":                {scope: all, sort: "entry_time", down: true, index: "audit_log_entry_time_idx"},
		"oldest":                {scope: all, sort: "entry_time", index: "audit_log_entry_time_idx"},
		"by key":                {scope: all, sort: "id", down: true, index: "audit_log_pkey"},
		"by user":               {scope: all, sort: "username", index: "audit_log_username_idx"},
		"by user, down":         {scope: all, sort: "username", down: true, index: "audit_log_username_idx"},
		"by agent":              {scope: all, sort: "agent", index: "audit_log_agent_idx"},
		"by agent id":           {scope: all, sort: "agent_id", down: true, index: "audit_log_agent_id_idx"},
		"by action":             {scope: all, sort: "action", index: "audit_log_action_idx"},
		"by type":               {scope: all, sort: "object_type", index: "audit_log_object_type_idx"},
		"by message":            {scope: all, sort: "message", index: "audit_log_message_idx"},
		"of a user":             {scope: all, f: Filter{Users: []string{"user-3"}}, down: true, index: "audit_log_username_idx"},
		"of two users":          {scope: all, f: Filter{Users: []string{"user-3", "user-4"}}, down: true, index: "audit_log_entry_time_idx"},
		"of a busy agent":       {scope: all, f: Filter{AgentIDs: []string{"agent-0000000000000000000000000000000007"}}, down: true, index: "audit_log_agent_id_idx"},
		"of a rare user":        {scope: all, f: Filter{Users: []string{"rare"}}, few: true, down: true, index: "Index Cond: (username = 'rare'::text)"},
		"a rare action":         {scope: all, f: Filter{Actions: []string{"failed_login"}}, few: true, down: true, index: "audit_log_action_idx"},
		"a rare type":           {scope: all, f: Filter{ObjectTypes: []string{"apikey"}}, few: true, down: true, index: "audit_log_object_type_idx"},
		"of an agent":           {scope: all, f: Filter{AgentIDs: []string{"agent-0000000000000000000000000000000007"}}, few: true, down: true, index: "audit_log_agent_id_idx"},
		"of a client":           {scope: all, f: Filter{ClientIDs: []int32{7}}, few: true, down: true, index: "audit_log_agent_id_idx"},
		"of an empty client":    {scope: all, f: Filter{ClientIDs: []int32{101}}, few: true, down: true, index: "audit_log_agent_id_idx"},
		"of two days":           {scope: all, f: Filter{Since: &since}, few: true, down: true, index: "audit_log_entry_time_idx"},
		"in scope":              {scope: limited, down: true, index: "audit_log_entry_time_idx"},
		"an agent out of reach": {scope: limited, f: Filter{AgentIDs: []string{"agent-0000000000000000000000000000000008"}}, few: true, down: true, index: "audit_log_agent_id_idx"},
	} {
		sql, args := reading{where: selection(c.f, c.scope), few: c.few, order: orderOf(c.sort, c.down), limit: 50, values: true}.sql()
		plan := dbtest.Explain(t, pool, sql, args...)
		require.Contains(t, plan, c.index, "%s\n%s", name, plan)
		require.NotContains(t, plan, "Seq Scan on audit_log", "%s\n%s", name, plan)
	}
	counts := map[string]part{
		"count of a client": parts(Filter{ClientIDs: []int32{7}}, all)[0], "count in scope": parts(Filter{}, limited)[1],
		"count of a user": parts(Filter{Users: []string{"rare"}}, all)[0],
	}
	for name, p := range counts {
		plan := dbtest.Explain(t, pool, "SELECT count(*) FROM audit_log l WHERE "+p.where(), p.args...)
		require.NotContains(t, plan, "Seq Scan on audit_log", "%s\n%s", name, plan)
	}
	for _, sql := range []string{bounds, "SELECT count(*) FROM audit_log l WHERE true AND l.id > 119000"} {
		require.NotContains(t, dbtest.Explain(t, pool, sql), "Seq Scan", sql)
	}
}

func TestCountIsExactWhateverHappens(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	grow(t, pool, 20_000)
	now := time.Now()
	c := newCounter(pool, func() time.Time { return now })
	all, limited := access.Everything(), access.Scope{Clients: []int32{7}, Sites: []int32{9}}
	check := func(what string) {
		t.Helper()
		for _, scope := range []access.Scope{all, limited, {}} {
			since := now.AddDate(0, 0, -30).Add(-time.Minute)
			for _, f := range []Filter{{}, {Since: &since}, {Since: &since, Until: &now}, {Users: []string{"user-3", "new"}}, {ClientIDs: []int32{7}}, {Actions: []string{}}} {
				got, err := c.total(ctx, f, scope)
				require.NoError(t, err)
				where := selection(f, scope)
				var want int64
				require.NoError(t, pool.QueryRow(ctx, "SELECT count(*) FROM audit_log l WHERE "+where.where(), where.args...).Scan(&want))
				require.Equal(t, want, got, "%s: %+v %+v", what, f, scope)
			}
		}
	}
	run := func(sql string) {
		t.Helper()
		_, err := pool.Exec(ctx, sql)
		require.NoError(t, err)
	}
	check("at first")
	check("again")
	run("INSERT INTO audit_log (username, action, object_type) SELECT 'new', 'add', 'client' FROM generate_series(1, 100)")
	check("after rows came")
	run("INSERT INTO audit_log (username, action, object_type, entry_time) SELECT 'new', 'add', 'client', now() - interval '10 minutes' FROM generate_series(1, 6000)")
	check("after more rows than a tail")
	check("when the number has moved on")
	run("UPDATE agents SET site_id = 1 WHERE site_id = 7")
	now = now.Add(placedFor)
	check("after agents moved")
	run("UPDATE core_settings SET audit_log_prune_days = 100; SELECT audit_log_prune(5000)")
	check("after the oldest went")
	run("UPDATE core_settings SET audit_log_prune_days = 1; SELECT audit_log_prune(1000000)")
	check("after all of the old went")
	empty := newCounter(dbtest.New(t), time.Now)
	n, err := empty.total(ctx, Filter{}, all)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestCounterForgetsWhatIsNotAskedFor(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c := newCounter(nil, func() time.Time { now = now.Add(time.Second); return now })
	first := c.entry("first")
	for i := range maxCounted {
		c.entry(string(rune('A' + i)))
	}
	require.Len(t, c.entries, maxCounted)
	require.NotSame(t, first, c.entry("first"))
}

func TestPagesFromBothEndsAreTheSame(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	grow(t, pool, 6_000)
	r := NewReader(pool, nil)
	for _, sort := range []string{"entry_time", "id", "username", "agent", "message"} {
		for _, down := range []bool{false, true} {
			var want []int64
			rows, err := pool.Query(ctx, "SELECT l.id FROM audit_log l ORDER BY "+orderOf(sort, down).sql())
			require.NoError(t, err)
			for rows.Next() {
				var id int64
				require.NoError(t, rows.Scan(&id))
				want = append(want, id)
			}
			require.NoError(t, rows.Err())
			for _, number := range []int{1, 2, 30, 31, 59, 60, 61} {
				page, total, err := r.List(ctx, access.Everything(), Filter{}, Page{Sort: sort, Descending: down, Number: number, Size: 101})
				require.NoError(t, err)
				require.EqualValues(t, 6000, total)
				from := (min(number, 60) - 1) * 101
				var got []int64
				for _, row := range page {
					got = append(got, row.ID)
				}
				require.Equal(t, want[from:min(from+101, 6000)], got, "%s %v %d", sort, down, number)
			}
		}
	}
}

func TestLargeValuesStayBounded(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	_, err := pool.Exec(ctx, `INSERT INTO audit_log (username, action, object_type, after_value) SELECT 'u', 'add', 'script', to_jsonb(repeat(md5(i::text), 16000)) FROM generate_series(1, 40) i`)
	require.NoError(t, err)
	r := NewReader(pool, nil)
	rows, _, err := r.List(ctx, access.Everything(), Filter{}, Page{Size: 40})
	require.NoError(t, err)
	bytes := 0
	for _, row := range rows {
		bytes += len(row.After)
	}
	require.Len(t, rows, 40)
	require.Less(t, bytes, pageBytes+1<<20)
	require.JSONEq(t, leftOut, string(rows[39].After))
	n := 0
	require.NoError(t, r.Each(ctx, access.Everything(), Filter{}, func(row *Row) error {
		require.Greater(t, len(row.After), 500_000, "an export leaves nothing out")
		n++
		return nil
	}))
	require.Equal(t, 40, n)
}
