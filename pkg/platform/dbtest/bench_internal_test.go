package dbtest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// BenchmarkClone is what a test pays for its database: clone, first connection, drop.
func BenchmarkClone(b *testing.B) {
	ctx := context.Background()
	admin := adminURL(ctx, b)
	template, err := ensureTemplate(ctx, admin)
	require.NoError(b, err)
	for b.Loop() {
		require.NoError(b, createDatabase(ctx, admin, "bench_clone", template))
		url, err := withDatabase(admin, "bench_clone")
		require.NoError(b, err)
		conn, err := pgx.Connect(ctx, url)
		require.NoError(b, err)
		require.NoError(b, conn.Close(ctx))
		require.NoError(b, dropDatabase(ctx, admin, "bench_clone"))
	}
}
