package dbtest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/schema"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestDatabasesAreMigratedAndApart(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	one, two := dbtest.New(t), dbtest.New(t)
	require.NoError(t, schema.Check(ctx, one))

	_, err := one.Exec(ctx, "INSERT INTO clients (name) VALUES ('Default')")
	require.NoError(t, err)
	var clients int
	require.NoError(t, two.QueryRow(ctx, "SELECT count(*) FROM clients").Scan(&clients))
	require.Zero(t, clients)
}

func TestDatabaseIsDroppedAfterTheTest(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("inner", func(t *testing.T) {
		require.NoError(t, dbtest.New(t).QueryRow(context.Background(), "SELECT current_database()").Scan(&name))
	})
	var exists bool
	require.NoError(t, dbtest.Empty(t).QueryRow(context.Background(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists))
	require.NotEmpty(t, name)
	require.False(t, exists)
}

func TestSessionsHaveAnOddTimeZone(t *testing.T) {
	t.Parallel()
	var zone string
	require.NoError(t, dbtest.Empty(t).QueryRow(context.Background(), "SHOW timezone").Scan(&zone))
	require.Equal(t, dbtest.TimeZone, zone)
}

func TestExplainShowsWhetherAnIndexServes(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	require.Contains(t, dbtest.Explain(t, pool, "SELECT id FROM agents WHERE agent_id = $1", "x"), "agents_agent_id_key")
	require.Contains(t, dbtest.Explain(t, pool, "SELECT id FROM agents WHERE description = $1", "x"), "Seq Scan")
}
