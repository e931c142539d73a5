package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

func selectOne(ctx context.Context, db postgres.Querier) error {
	rows, err := db.Query(ctx, "SELECT 1")
	if err == nil {
		_, err = pgx.CollectRows(rows, pgx.RowTo[int32])
	}
	return err
}

// TestNobodyWorksWithAnotherSchema: no connection is lent, also before the probe has looked, until the database fits; then
// without a restart. The server itself counts as reached all the time.
func TestNobodyWorksWithAnotherSchema(t *testing.T) {
	t.Parallel()
	cc := dbtest.New(t).Config().ConnConfig
	px := newProxy(t, dialer(pgNetwork(cc)))
	px.up()
	out := &output{}
	logger, err := log.New(log.Options{Level: "info", Output: out})
	require.NoError(t, err)
	reg, err := health.New(logger, prometheus.NewRegistry())
	require.NoError(t, err)
	u, err := config.ParseURL(fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", cc.User, cc.Password, px.address, cc.Database))
	require.NoError(t, err)
	var fits atomic.Bool
	db, err := postgres.Open(t.Context(), config.Database{
		URL: u, MaxConns: 2, ConnectTimeout: time.Minute, StatementTimeout: time.Minute, LockTimeout: time.Minute,
	}, postgres.Deps{Application: "guarded", Health: reg, Verify: func(ctx context.Context, q postgres.Querier) error {
		if !fits.Load() {
			return errors.New("schema is too new")
		}
		return selectOne(ctx, q)
	}})
	require.NoError(t, err)
	for range 5 { // more than there are connections: a refused borrower gives his back
		_, err = db.Pool.Exec(t.Context(), "SELECT 1")
		require.ErrorIs(t, err, postgres.ErrUnfit)
		require.ErrorContains(t, err, "schema is too new")
	}
	_, err = db.Pool.Begin(t.Context())
	require.ErrorIs(t, err, postgres.ErrUnfit)
	require.NoError(t, db.Start(t.Context()))
	require.Eventually(t, reg.Dependency("postgres").Up, time.Minute, time.Millisecond)
	require.False(t, reg.Dependency("schema").Up())
	require.Equal(t, 1, out.count("dependency is away"), "said once")

	fits.Store(true)
	require.NoError(t, selectOne(t.Context(), db.Pool), "the borrower himself finds out")
	require.True(t, reg.Dependency("schema").Up())
	fits.Store(false)
	require.NoError(t, selectOne(t.Context(), db.Pool), "and it is asked once")
	require.NoError(t, db.Stop(t.Context()))
}
