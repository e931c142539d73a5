package software_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/software"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	items, err := software.Decode([]byte(`{"agent_id":"x","software":[{"name":"a\u0000b","version":1.5,"publisher":null,"size":{"x":1}}]}`))
	require.NoError(t, err)
	require.Equal(t, []agentwire.Software{{Name: "ab", Version: "1.5", Size: `{"x":1}`}}, items)
	for _, empty := range []string{`{}`, `{"software":null}`} {
		items, err := software.Decode([]byte(empty))
		require.NoError(t, err)
		require.Empty(t, items)
	}
	for _, bad := range []string{``, `[]`, `{"software":{}}`, `{"software":[1]}`, `{"software":[` + strings.Repeat(`{},`, software.MaxItems) + `{}]}`} {
		_, err := software.Decode([]byte(bad))
		require.ErrorIs(t, err, software.ErrReport)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"software":[{"name":"a","version":1,"publisher":null}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := software.Decode(body)
		if err != nil {
			require.ErrorIs(t, err, software.ErrReport)
			return
		}
		raw, err := json.Marshal(items)
		require.NoError(t, err)
		require.NotContains(t, string(raw), `\u0000`)
	})
}

func TestTheNewestListCounts(t *testing.T) {
	t.Parallel()
	ctx, pool := t.Context(), dbtest.New(t)
	var client, site, pk int32
	require.NoError(t, pool.QueryRow(ctx, `INSERT INTO clients (name) VALUES ('c') RETURNING id`).Scan(&client))
	require.NoError(t, pool.QueryRow(ctx, `INSERT INTO sites (client_id, name) VALUES ($1, 's') RETURNING id`, client).Scan(&site))
	require.NoError(t, pool.QueryRow(ctx, `INSERT INTO agents (agent_id, hostname, site_id) VALUES ('a', 'a', $1) RETURNING id`, site).Scan(&pk))
	svc := software.NewService(pool)
	none, err := svc.OfAgent(ctx, pk)
	require.NoError(t, err)
	require.Nil(t, none)
	now := time.Now()
	list := func(name string, at time.Time) software.Incoming {
		return software.Incoming{AgentPK: pk, Items: []agentwire.Software{{Name: name}}, Received: at}
	}
	require.NoError(t, software.Apply(ctx, pool, []software.Incoming{list("two", now), list("one", now.Add(-time.Second))}))
	require.NoError(t, software.Apply(ctx, pool, []software.Incoming{list("zero", now.Add(-time.Hour))}))
	require.NoError(t, software.Apply(ctx, pool, nil))
	got, err := svc.OfAgent(ctx, pk)
	require.NoError(t, err)
	require.Contains(t, string(got.Software), `"two"`)
	seen := 0
	require.NoError(t, svc.ForEach(ctx, access.Everything(), func(software.Installed) error { seen++; return nil }))
	require.NoError(t, svc.ForEach(ctx, access.Scope{}, func(software.Installed) error { seen++; return nil }))
	require.Equal(t, 1, seen)
}
