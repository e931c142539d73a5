package schema_test

import (
	"context"
	_ "embed"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/schema"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

//go:embed testdata/fixture.sql
var fixture string

// exec runs one or more statements.
func exec(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	_, err := pool.Exec(context.Background(), sql, args...)
	require.NoError(t, err, sql)
}

// column returns the first column of all rows.
func column[T any](t *testing.T, pool *pgxpool.Pool, sql string, args ...any) []T {
	t.Helper()
	rows, err := pool.Query(context.Background(), sql, args...)
	require.NoError(t, err, sql)
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	require.NoError(t, err, sql)
	return values
}

// filled is a database in which every table has rows.
func filled(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := dbtest.New(t)
	exec(t, pool, fixture)
	return pool
}

const ownTables = `SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
	AND NOT c.relispartition AND c.relname <> 'goose_db_version' ORDER BY 1`

func TestMigrationsGoUpDownAndUpWithData(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.Empty(t)
	known, err := schema.Versions()
	require.NoError(t, err)

	for range 2 {
		applied, err := schema.Migrate(ctx, pool)
		require.NoError(t, err)
		require.Len(t, applied, len(known))
		exec(t, pool, fixture)

		rolledBack, err := schema.Rollback(ctx, pool, 0)
		require.NoError(t, err)
		require.Len(t, rolledBack, len(known))
		require.Empty(t, column[string](t, pool, ownTables))
		require.Empty(t, column[string](t, pool, `SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace`))
	}
	again, err := schema.Migrate(ctx, pool)
	require.NoError(t, err)
	require.Len(t, again, len(known))
	again, err = schema.Migrate(ctx, pool)
	require.NoError(t, err)
	require.Empty(t, again, "a second run has nothing to do")
}

func TestFixtureFillsEveryTable(t *testing.T) {
	t.Parallel()
	pool := filled(t)
	for _, table := range column[string](t, pool, ownTables) {
		require.NotEqual(t, []int64{0}, column[int64](t, pool, "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize()), "add rows of %s to testdata/fixture.sql", table)
	}
}

func TestSeveralProcessesMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	pool := dbtest.Empty(t)
	done := make(chan error, 3)
	for range cap(done) {
		go func() {
			_, err := schema.Migrate(context.Background(), pool)
			done <- err
		}()
	}
	for range cap(done) {
		require.NoError(t, <-done)
	}
	require.NoError(t, schema.Check(context.Background(), pool))
}

func TestCheckRefusesOtherVersions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.Empty(t)
	err := schema.Check(ctx, pool)
	require.ErrorIs(t, err, schema.ErrTooOld)
	require.ErrorContains(t, err, "rmmctl migrate up")

	_, err = schema.Migrate(ctx, pool)
	require.NoError(t, err)
	require.NoError(t, schema.Check(ctx, pool))

	version, err := schema.Version()
	require.NoError(t, err)
	exec(t, pool, "INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, true)", version+1)
	err = schema.Check(ctx, pool)
	require.ErrorIs(t, err, schema.ErrTooNew)
	require.ErrorContains(t, err, "install the release")

	exec(t, pool, "DELETE FROM goose_db_version WHERE version_id >= $1", version)
	require.ErrorIs(t, schema.Check(ctx, pool), schema.ErrTooOld)
}

func TestEveryForeignKeyHasAnIndex(t *testing.T) {
	t.Parallel()
	require.Empty(t, column[string](t, dbtest.New(t), `SELECT c.conrelid::regclass || '.' || a.attname
		FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
		WHERE c.contype = 'f' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])`))
}

func TestHashNamesTheContent(t *testing.T) {
	t.Parallel()
	one, err := schema.Hash()
	require.NoError(t, err)
	two, err := schema.Hash()
	require.NoError(t, err)
	require.Equal(t, one, two)
	require.Len(t, one, 16)
}
