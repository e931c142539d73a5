package policies_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/policies"
)

func TestPolicies(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	admin := &access.Principal{Kind: access.Session, Username: "admin", Super: true, Scope: access.Everything()}
	ctx := access.With(t.Context(), admin)
	svc := policies.NewService(pool, audit.New(0))
	exec := func(sql string, args ...any) {
		_, err := pool.Exec(ctx, sql, args...)
		require.NoError(t, err, sql)
	}
	exec(`INSERT INTO clients (id, name) VALUES (1, 'c1'), (2, 'c2')`)
	exec(`INSERT INTO sites (id, client_id, name) VALUES (1, 1, 's1'), (2, 2, 's2')`)
	for i, kind := range []string{"server", "workstation", "server"} {
		exec(`INSERT INTO agents (id, agent_id, hostname, monitoring_type, site_id) VALUES ($1, $2, $2, $3, $4)`, i+1, fmt.Sprint("a", i+1), kind, i/2+1)
	}
	id, err := svc.Create(ctx, admin, policies.Policy{Name: "p", Active: true, ExcludedAgents: []int32{3}})
	require.NoError(t, err)
	_, err = svc.Create(ctx, admin, policies.Policy{Name: "p"})
	require.Equal(t, fault.KindInvalid, fault.KindOf(err))
	count := func() int32 {
		list, err := svc.List(ctx)
		require.NoError(t, err)
		require.Len(t, list, 1)
		return list[0].AgentsCount
	}
	require.Equal(t, int32(0), count())
	exec(`UPDATE agents SET policy_id = $1 WHERE id = 2`, id)
	require.Equal(t, int32(1), count())
	exec(`UPDATE core_settings SET server_policy_id = $1`, id)
	require.Equal(t, int32(2), count(), "the default reaches servers, but not the excluded one")
	require.NoError(t, svc.Edit(ctx, admin, id, func(p *policies.Policy) { p.ExcludedAgents, p.ExcludedSites, p.Name = nil, []int32{1}, "q" }))
	require.Equal(t, int32(1), count())
	got, err := svc.Get(ctx, id)
	require.NoError(t, err)
	require.Equal(t, []int32{1}, got.ExcludedSites)
	require.Empty(t, got.ExcludedAgents)
	exec(`INSERT INTO win_update_policies (policy_id) VALUES ($1)`, id)
	rules, err := svc.PatchRules(ctx)
	require.NoError(t, err)
	require.Equal(t, "inherit", rules[id][0].Critical)
	require.NoError(t, svc.Delete(ctx, id))
	require.Equal(t, fault.KindNotFound, fault.KindOf(svc.Delete(ctx, id)))
	_, err = svc.Get(ctx, id)
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	var entries int
	require.NoError(t, pool.QueryRow(ctx, `SELECT count(*) FROM audit_log WHERE object_type = 'policy' AND action IN ('add', 'modify', 'delete')`).Scan(&entries))
	require.Equal(t, 3, entries)
}
