package audit_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

type row struct {
	Username   string
	Action     string
	ObjectType string
	Message    string
	Before     json.RawMessage
	After      json.RawMessage
	Debug      json.RawMessage
}

func stored(t *testing.T, pool *pgxpool.Pool) []row {
	t.Helper()
	rs, err := pool.Query(t.Context(), `
		SELECT username, action, object_type, message, before_value, after_value, debug_info FROM audit_log ORDER BY id`)
	require.NoError(t, err)
	out, err := pgx.CollectRows(rs, pgx.RowToStructByPos[row])
	require.NoError(t, err)
	return out
}

func asUser(t *testing.T) context.Context {
	t.Helper()
	return access.With(t.Context(), &access.Principal{Kind: access.Session, Username: "jo", IP: "192.0.2.9"})
}

type thing struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

func TestChangeWritesObjectRows(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	log := audit.New(0)
	ctx := audit.WithRequest(asUser(t), audit.Request{URL: "/things/1/", Method: "PUT", Operation: "editThing", Params: map[string]string{"pk": "1"}})

	require.NoError(t, log.Change(ctx, pool, audit.Object{Type: "thing", Name: "A", After: thing{Name: "A"}}))
	require.NoError(t, log.Change(ctx, pool, audit.Object{Type: "thing", Name: "A", Before: thing{"A", "x"}, After: thing{"A", "x"}}))
	require.NoError(t, log.Change(ctx, pool, audit.Object{Type: "thing", Name: "B", Before: thing{"A", "old"}, After: thing{"B", "new"}}))
	require.NoError(t, log.Change(ctx, pool, audit.Object{Type: "thing", Name: "B", Before: thing{Name: "B"}}))

	got := stored(t, pool)
	require.Len(t, got, 3, "an unchanged object writes nothing")
	require.Equal(t, []string{"jo added thing A", "jo modified thing B", "jo deleted thing B"},
		[]string{got[0].Message, got[1].Message, got[2].Message})
	require.JSONEq(t, `{"name":"A","password":"********"}`, string(got[1].Before))
	require.JSONEq(t, `{"name":"B","password":"********"}`, string(got[1].After))
	require.JSONEq(t, `{"url":"/things/1/","method":"PUT","view_class":"editThing","view_func":"editThing","view_args":[],
		"view_kwargs":{"pk":"1"},"ip":"192.0.2.9","auth":"session"}`, string(got[1].Debug))
	require.Nil(t, got[2].After)
}

func TestChangeIgnoresAgentsAndJobs(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	for _, kind := range []access.Kind{access.Agent, access.System, access.Anonymous} {
		ctx := access.With(t.Context(), &access.Principal{Kind: kind, Username: "x"})
		require.NoError(t, audit.New(0).Change(ctx, pool, audit.Object{Type: "thing", Name: "A", After: thing{Name: "A"}}))
	}
	require.Empty(t, stored(t, pool))
}

func TestRecordBounds(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	require.NoError(t, audit.New(100).Record(asUser(t), pool, audit.Entry{
		Username: "jo", Action: audit.ExecuteCommand, ObjectType: "agent", Message: strings.Repeat("é", 300),
		After: strings.Repeat("y", 200),
	}))
	got := stored(t, pool)
	require.Len(t, got, 1)
	require.Equal(t, 255, len([]rune(got[0].Message)))
	require.True(t, strings.HasSuffix(got[0].Message, "é.."))
	require.Contains(t, string(got[0].After), "value too large")
	require.JSONEq(t, `{"ip":"192.0.2.9","auth":"session"}`, string(got[0].Debug))
}
