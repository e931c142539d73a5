package keystore_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/keystore"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

func as(ctx context.Context, name string) context.Context {
	return access.With(ctx, &access.Principal{Kind: access.Session, Username: name})
}

func TestEntries(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	s := keystore.New(pool, audit.New(0), nil)
	ctx := as(t.Context(), "jo")
	id, err := s.Create(ctx, "token", "first")
	require.NoError(t, err)
	require.NoError(t, s.Update(as(t.Context(), "al"), id, func(e *keystore.Entry) { e.Value = "second" }))
	require.NoError(t, s.Update(ctx, id, func(*keystore.Entry) {}))
	list, err := s.List(ctx)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "second", list[0].Value)
	require.Equal(t, "jo", *list[0].CreatedBy)
	require.Equal(t, "jo", *list[0].ModifiedBy)
	require.NoError(t, s.Delete(ctx, id))
	require.Equal(t, fault.KindNotFound, fault.KindOf(s.Delete(ctx, id)))
	require.ErrorContains(t, s.Update(ctx, id, func(*keystore.Entry) {}), "No GlobalKVStore matches the given query.")

	rows, err := pool.Query(ctx, `SELECT message || ' ' || coalesce(before_value->>'value', '-') || ' ' || coalesce(after_value->>'value', '-') ||
		' ' || coalesce(coalesce(before_value, after_value)->>'id', 'null') FROM audit_log ORDER BY id`)
	require.NoError(t, err)
	messages, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{
		"jo added globalkvstore token - ******** null", "al modified globalkvstore token ******** ******** 1",
		"jo deleted globalkvstore token ******** - null",
	}, messages, "values never reach the log, and an edit that changes nothing writes nothing")
}
