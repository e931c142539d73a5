package agents_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

func TestSearchPagesThroughEveryOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fleet(t, 257)
	for _, key := range agents.SortKeys() {
		for _, sort := range []string{key, "-" + key} {
			seen := map[int32]bool{}
			cursor, pages := "", 0
			var hosts []string
			for {
				rows, next, err := b.service.Search(t.Context(), access.Everything(), agents.Filter{}, agents.Page{Sort: sort, Limit: 50, Cursor: cursor})
				require.NoError(t, err, sort)
				for _, r := range rows {
					require.False(t, seen[r.PK], "%s shows a row twice", sort)
					seen[r.PK] = true
					hosts = append(hosts, r.Hostname)
				}
				pages++
				if next == "" {
					break
				}
				cursor = next
			}
			require.Len(t, seen, 257, sort)
			require.Equal(t, 6, pages, sort)
			if key == "hostname" {
				if sort != key {
					slices.Reverse(hosts)
				}
				require.True(t, slices.IsSorted(hosts))
			}
		}
	}
}

func TestSearchFilters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fleet(t, 300)
	yes, no := true, false
	count := func(scope access.Scope, f agents.Filter) int {
		t.Helper()
		total, err := b.service.Total(t.Context(), scope, f)
		require.NoError(t, err)
		counts, err := b.service.Count(t.Context(), scope, f)
		require.NoError(t, err)
		require.Equal(t, total, counts.Total)
		require.Equal(t, total, counts.Online+counts.Offline+counts.Overdue)
		rows, _, err := b.service.Search(t.Context(), scope, f, agents.Page{Limit: 200})
		require.NoError(t, err)
		require.Len(t, rows, min(int(total), 200))
		return int(total)
	}
	all := access.Everything()
	require.Equal(t, 300, count(all, agents.Filter{}))
	require.Equal(t, 0, count(access.Scope{}, agents.Filter{}))
	require.Equal(t, 100, count(access.Scope{Clients: []int32{b.client2}}, agents.Filter{}))
	require.Equal(t, 100, count(access.Scope{Sites: []int32{b.site2}}, agents.Filter{}))
	require.Equal(t, 1, count(all, agents.Filter{Query: "PC-000123"}))
	require.Equal(t, 1, count(all, agents.Filter{Query: "  user7 depot pc-000007 "})+count(all, agents.Filter{Query: "user7 hq pc-000007"})+count(all, agents.Filter{Query: "user7 lab pc-000007"}))
	require.Equal(t, 0, count(all, agents.Filter{Query: "100%"}), "wildcards are text")
	require.Equal(t, 0, count(all, agents.Filter{Query: "pc_000123"}))
	require.Equal(t, 200, count(all, agents.Filter{ClientID: b.client1}))
	require.Equal(t, 100, count(all, agents.Filter{ClientID: b.client1, SiteID: b.site1}))
	require.Equal(t, 0, count(all, agents.Filter{ClientID: b.client1, SiteID: b.site3}))
	require.Equal(t, 100, count(all, agents.Filter{Plat: []string{"linux"}}))
	require.Equal(t, 200, count(all, agents.Filter{Plat: []string{"linux", "windows"}}))
	require.Equal(t, 150, count(all, agents.Filter{MonitoringType: "server"}))
	require.Equal(t, 15, count(all, agents.Filter{NeedsReboot: &yes}))
	require.Equal(t, 300, count(all, agents.Filter{Maintenance: &no}))
	require.Equal(t, 30, count(all, agents.Filter{Health: []agents.Health{agents.Failing}}))
	require.Equal(t, 300, count(all, agents.Filter{Health: []agents.Health{agents.Failing, agents.Warning, agents.Passing}}))
	online := count(all, agents.Filter{Status: []agents.Status{agents.Online}})
	offline := count(all, agents.Filter{Status: []agents.Status{agents.Offline}})
	overdue := count(all, agents.Filter{Status: []agents.Status{agents.Overdue}})
	require.Equal(t, 300, online+offline+overdue)
	require.Positive(t, online)
	require.Positive(t, offline)
	require.Positive(t, overdue)

	rows, _, err := b.service.Search(t.Context(), all, agents.Filter{Status: []agents.Status{agents.Overdue}}, agents.Page{Limit: 200})
	require.NoError(t, err)
	for _, r := range rows {
		require.Equal(t, agents.Overdue, r.Status, "the database and the program compute the same state")
	}
}

// TestStatusFollowsChangedTimes: orders and filters by status use the times an agent has now, and those of agents to come.
func TestStatusFollowsChangedTimes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fleet(t, 300)
	all, overdue := access.Everything(), agents.Filter{Status: []agents.Status{agents.Overdue}}
	before, err := b.service.Total(t.Context(), all, overdue)
	require.NoError(t, err)
	require.Positive(t, before)
	_, err = b.pool.Exec(t.Context(), `UPDATE agents SET offline_time = 1000000, overdue_time = 2000000 WHERE id % 2 = 0`)
	require.NoError(t, err)
	_, err = b.pool.Exec(t.Context(), `INSERT INTO agents (agent_id, hostname, site_id, offline_time, overdue_time) VALUES ('late', 'late', $1, 1, 2)`, b.site1)
	require.NoError(t, err)
	_, err = b.pool.Exec(t.Context(), `UPDATE agent_presence p SET last_seen = $1::timestamptz - interval '3 minutes' FROM agents a WHERE a.id = p.agent_id AND a.agent_id = 'late'`, b.now)
	require.NoError(t, err)
	var differ int
	require.NoError(t, b.pool.QueryRow(t.Context(), `SELECT count(*) FROM agent_presence p JOIN agents a ON a.id = p.agent_id
		WHERE (a.offline_time, a.overdue_time) IS DISTINCT FROM (p.offline_time, p.overdue_time)`).Scan(&differ))
	require.Zero(t, differ)
	rows, _, err := b.service.Search(t.Context(), all, overdue, agents.Page{Limit: 200, Sort: "-status"})
	require.NoError(t, err)
	names := make([]string, 0, len(rows))
	for _, r := range rows {
		require.Equal(t, agents.Overdue, r.Status)
		require.True(t, r.PK%2 == 1 || r.Hostname == "late", "an even one is online now: %d", r.PK)
		names = append(names, r.Hostname)
	}
	require.Contains(t, names, "late")
	require.Less(t, int64(len(rows)), before)
}

func TestSearchRefusesForeignCursors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fleet(t, 10)
	_, next, err := b.service.Search(t.Context(), access.Everything(), agents.Filter{}, agents.Page{Limit: 2})
	require.NoError(t, err)
	for _, p := range []agents.Page{
		{Sort: "nosuch"}, {Sort: "client", Cursor: next}, {Cursor: "!!"}, {Cursor: "e30"},
		{Sort: "status", Cursor: "eyJzIjoic3RhdHVzIiwiayI6IngiLCJpIjoxfQ"}, {Sort: "last_seen", Cursor: "eyJzIjoibGFzdF9zZWVuIiwiayI6IngiLCJpIjoxfQ"},
	} {
		_, _, err := b.service.Search(t.Context(), access.Everything(), agents.Filter{}, p)
		if p.Cursor == "e30" {
			require.NoError(t, err, "an empty cursor is the beginning")
			continue
		}
		require.Equal(t, fault.KindInvalid, fault.KindOf(err), fmt.Sprintf("%+v", p))
	}
}

func TestSearchUsesIndexes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fleet(t, 10_000)
	yes := true
	tests := map[string]struct {
		filter agents.Filter
		page   agents.Page
		want   []string
	}{
		"first page":  {agents.Filter{}, agents.Page{}, []string{"agent_search_hostname_idx"}},
		"backwards":   {agents.Filter{}, agents.Page{Sort: "-hostname"}, []string{"Backward", "agent_search_hostname_idx"}},
		"by client":   {agents.Filter{}, agents.Page{Sort: "client"}, []string{"agent_search_client_name_idx"}},
		"by os":       {agents.Filter{}, agents.Page{Sort: "os"}, []string{"agent_search_operating_system_idx"}},
		"of one site": {agents.Filter{SiteID: b.site1}, agents.Page{}, []string{"agent_search_"}},
		"text":        {agents.Filter{Query: "pc-000123"}, agents.Page{}, []string{"agent_search_haystack_idx"}},
		"reboot":      {agents.Filter{NeedsReboot: &yes}, agents.Page{}, []string{"agent_facets_needs_reboot_idx"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.page.Limit = 50
			for _, full := range []bool{false, true} {
				sql, args, partial, err := agents.SearchSQL(b.now, access.Everything(), tt.filter, tt.page, full)
				require.NoError(t, err)
				plan := dbtest.Explain(t, b.pool, sql, args...)
				require.NotContains(t, plan, "Seq Scan")
				want := tt.want
				if partial {
					want = []string{"agent_search_hostname_idx"}
				}
				for _, part := range want {
					require.Contains(t, plan, part)
				}
			}
		})
	}
}

func TestTree(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fleet(t, 30)
	tree, err := b.service.Tree(t.Context(), access.Everything())
	require.NoError(t, err)
	require.Len(t, tree, 2)
	require.Equal(t, "Acme", tree[0].Name)
	require.Equal(t, int64(20), tree[0].Count.Total)
	require.Len(t, tree[0].Sites, 2)
	require.Equal(t, int64(10), tree[0].Sites[0].Count.Total)
	require.Equal(t, int64(3), tree[0].Count.Failing+tree[1].Count.Failing)

	tree, err = b.service.Tree(t.Context(), access.Scope{Sites: []int32{b.site3}})
	require.NoError(t, err)
	require.Len(t, tree, 1)
	require.Equal(t, "Bolt", tree[0].Name)

	_, err = b.pool.Exec(t.Context(), `UPDATE clients SET name = 'Ajax' WHERE name = 'Acme'`)
	require.NoError(t, err)
	_, err = b.pool.Exec(t.Context(), `INSERT INTO sites (client_id, name) SELECT id, 'Annex' FROM clients WHERE name = 'Ajax'`)
	require.NoError(t, err)
	tree, err = b.service.Tree(t.Context(), access.Everything())
	require.NoError(t, err)
	require.Equal(t, "Ajax", tree[0].Name, "counts are kept for a moment, names are not")
	require.Equal(t, "Annex", tree[0].Sites[0].Name)
	require.Zero(t, tree[0].Sites[0].Count.Total)
	require.Equal(t, int64(20), tree[0].Count.Total)
}

func TestCountsAreReusedForAMoment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fleet(t, 3)
	first, err := b.service.Total(t.Context(), access.Everything(), agents.Filter{})
	require.NoError(t, err)
	b.enrol(t, machine(strings.Repeat("q", 40), b.site1))
	again, err := b.service.Total(t.Context(), access.Everything(), agents.Filter{})
	require.NoError(t, err)
	require.Equal(t, first, again)
	b.now = b.now.Add(3 * time.Second)
	later, err := b.service.Total(t.Context(), access.Everything(), agents.Filter{})
	require.NoError(t, err)
	require.Equal(t, first+1, later)
}

func BenchmarkSearch(b *testing.B) {
	s := setup(b)
	s.fleet(b, 10_000)
	for name, run := range map[string]struct {
		f agents.Filter
		p agents.Page
	}{
		"first":     {},
		"last_seen": {p: agents.Page{Sort: "-last_seen"}},
		"text":      {f: agents.Filter{Query: "user123 203.0"}},
		"failing":   {f: agents.Filter{Health: []agents.Health{agents.Failing}, ClientID: s.client1}, p: agents.Page{Sort: "status"}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.service.Search(b.Context(), access.Everything(), run.f, run.p); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/counts", func(b *testing.B) {
			for b.Loop() {
				s.now = s.now.Add(time.Minute / 20)
				if _, err := s.service.Count(b.Context(), access.Everything(), run.f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("e30", "status")
	f.Add("eyJzIjoic3RhdHVzIiwiayI6IngiLCJpIjoxfQ", "-last_seen")
	f.Fuzz(func(t *testing.T, cursor, sort string) {
		_, _, _, err := agents.SearchSQL(time.Time{}, access.Everything(), agents.Filter{Query: sort}, agents.Page{Sort: sort, Cursor: cursor}, false)
		if err != nil {
			require.Equal(t, fault.KindInvalid, fault.KindOf(err))
		}
	})
}
