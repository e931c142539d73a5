package debuglog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/debuglog"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

func filled(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := dbtest.New(t)
	_, err := pool.Exec(context.Background(), `
		INSERT INTO clients (id, name) VALUES (1, 'one'), (2, 'two');
		INSERT INTO sites (id, client_id, name) VALUES (1, 1, 'a'), (2, 2, 'b');
		INSERT INTO agents (id, agent_id, hostname, site_id) VALUES (1, 'agent-1', 'HOST-1', 1), (2, 'agent-2', 'HOST-2', 2)`)
	require.NoError(t, err)
	return pool
}

func texts(rows []debuglog.Row) (out []string) {
	for _, r := range rows {
		out = append(out, *r.Message)
	}
	return out
}

func TestWriteKeepsWhatReachesTheLevel(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), filled(t)
	for setting, want := range map[string]int{"info": 4, "warning": 3, "error": 2, "critical": 1} {
		_, err := pool.Exec(ctx, "TRUNCATE debug_log; ", nil...)
		require.NoError(t, err)
		_, err = pool.Exec(ctx, "UPDATE core_settings SET agent_debug_level = $1", setting)
		require.NoError(t, err)
		var entries []debuglog.Entry
		for _, level := range []debuglog.Level{debuglog.Info, debuglog.Warning, debuglog.Error, debuglog.Critical} {
			entries = append(entries, debuglog.Entry{AgentPK: 1, Level: level, Type: debuglog.AgentIssues, Message: string(level)})
		}
		require.NoError(t, debuglog.Write(ctx, pool, entries...))
		rows, err := debuglog.New(pool).List(ctx, access.Everything(), debuglog.Filter{})
		require.NoError(t, err)
		require.Len(t, rows, want, setting)
		require.Equal(t, "critical", *rows[0].Message, "newest first, in the order they were written")
	}
}

func TestWriteBoundsWhatComesFromOutside(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), filled(t)
	require.NoError(t, debuglog.Write(ctx, pool,
		debuglog.Entry{Level: debuglog.Error, Type: debuglog.SystemIssues, Message: strings.Repeat("é", 10_000)},
		debuglog.Entry{Level: debuglog.Error, Type: debuglog.SystemIssues, Message: "nul\x00 and \xff"},
		debuglog.Entry{AgentPK: 999, Level: debuglog.Error, Type: debuglog.AgentIssues, Message: "of an agent that is gone"},
	))
	rows, err := debuglog.New(pool).List(ctx, access.Everything(), debuglog.Filter{})
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.Equal(t, "nul and \uFFFD", *rows[0].Message)
	require.Len(t, []rune(*rows[1].Message), 4_000)
	require.NoError(t, debuglog.Write(ctx, pool))
}

func TestOnceHoldsBackAFlood(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), filled(t)
	count := func() (n int) {
		require.NoError(t, pool.QueryRow(ctx, "SELECT count(*) FROM debug_log").Scan(&n))
		return n
	}
	refused := debuglog.Entry{AgentPK: 1, Level: debuglog.Error, Type: debuglog.AgentIssues, Message: "a result was refused"}
	for range 50 {
		require.NoError(t, debuglog.Once(ctx, pool, refused))
	}
	require.Equal(t, 1, count())
	other := refused
	other.AgentPK = 2
	require.NoError(t, debuglog.Once(ctx, pool, other))
	other.AgentPK = 999
	require.NoError(t, debuglog.Once(ctx, pool, other), "an agent that is gone has no row")
	require.Equal(t, 2, count())
	_, err := pool.Exec(ctx, "UPDATE debug_log SET entry_time = now() - interval '11 minutes'")
	require.NoError(t, err)
	require.NoError(t, debuglog.Once(ctx, pool, refused))
	require.Equal(t, 3, count())
	_, err = pool.Exec(ctx, "DELETE FROM debug_log; UPDATE core_settings SET agent_debug_level = 'critical'")
	require.NoError(t, err)
	require.NoError(t, debuglog.Once(ctx, pool, refused))
	require.Zero(t, count())
}

func TestReadingIsFilteredScopedAndPaged(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), filled(t)
	log := debuglog.New(pool)
	for i := range 7 {
		require.NoError(t, debuglog.Write(ctx, pool, debuglog.Entry{
			AgentPK: int32(i % 3), Level: []debuglog.Level{debuglog.Info, debuglog.Error}[i%2], Type: debuglog.Scripting, Message: fmt.Sprint(i),
		}))
	}
	list := func(scope access.Scope, f debuglog.Filter) []string {
		rows, err := log.List(ctx, scope, f)
		require.NoError(t, err)
		return texts(rows)
	}
	all := access.Everything()
	require.Equal(t, []string{"6", "5", "4", "3", "2", "1", "0"}, list(all, debuglog.Filter{}))
	require.Equal(t, []string{"4", "1"}, list(all, debuglog.Filter{AgentID: "agent-1"}))
	require.Equal(t, []string{"5"}, list(all, debuglog.Filter{ClientID: 2, Level: "error"}))
	require.Equal(t, []string{"5", "2"}, list(all, debuglog.Filter{SiteID: 2}))
	require.Empty(t, list(all, debuglog.Filter{Type: "win_updates"}))
	require.Empty(t, list(all, debuglog.Filter{AgentID: "nobody"}))
	soon, past := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	require.Empty(t, list(all, debuglog.Filter{Since: &soon}))
	require.Empty(t, list(all, debuglog.Filter{Until: &past}))
	require.Equal(t, []string{"6", "4", "3", "1", "0"}, list(access.Scope{Clients: []int32{1}}, debuglog.Filter{}), "rows about no agent are in every scope")
	require.Equal(t, []string{"6", "5", "3", "2", "0"}, list(access.Scope{Sites: []int32{2}}, debuglog.Filter{}))
	require.Equal(t, []string{"6", "3", "0"}, list(access.Scope{}, debuglog.Filter{}))

	var paged []string
	for cursor := ""; ; {
		rows, next, err := log.Browse(ctx, all, debuglog.Filter{}, 3, cursor)
		require.NoError(t, err)
		paged = append(paged, texts(rows)...)
		if cursor = next; cursor == "" {
			break
		}
	}
	require.Equal(t, []string{"6", "5", "4", "3", "2", "1", "0"}, paged)
	_, _, err := log.Browse(ctx, all, debuglog.Filter{}, 3, "nonsense")
	require.Equal(t, fault.KindInvalid, fault.KindOf(err))

	_, err = pool.Exec(ctx, `INSERT INTO debug_log (message) SELECT 'x' FROM generate_series(1, 1500)`)
	require.NoError(t, err)
	require.Len(t, list(all, debuglog.Filter{}), debuglog.MaxList)
	n := 0
	require.NoError(t, log.Each(ctx, all, debuglog.Filter{}, func(*debuglog.Row) error { n++; return nil }))
	require.Equal(t, 1507, n)
	require.ErrorContains(t, log.Each(ctx, all, debuglog.Filter{}, func(*debuglog.Row) error { return fmt.Errorf("enough") }), "enough")
}
