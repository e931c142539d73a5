package checks_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/pkg/variables"
)

// bundle is a fresh database with two clients of one site each, and the service on it.
type bundle struct {
	ctx     context.Context
	pool    *pgxpool.Pool
	svc     *checks.Service
	alerts  *resolvedAlerts
	agents  *fakeAgents
	sites   [2]int32
	clients [2]int32
	serial  atomic.Int32
}

type resolvedAlerts struct{ checks []int32 }

func (r *resolvedAlerts) ResolveChecks(_ context.Context, _ checks.DB, _ int32, ids []int32) error {
	r.checks = append(r.checks, ids...)
	return nil
}

type fixedVariables struct{ pool *pgxpool.Pool }

func (f fixedVariables) Variables(ctx context.Context, pks []int32, texts ...[]string) (map[int32]*variables.Data, error) {
	out := map[int32]*variables.Data{}
	if !variables.Contains(texts...) {
		return out, nil
	}
	for _, pk := range pks {
		var host string
		if err := f.pool.QueryRow(ctx, `SELECT hostname FROM agents WHERE id = $1`, pk).Scan(&host); err != nil {
			return nil, err
		}
		out[pk] = &variables.Data{Kind: variables.Agent, Self: &variables.Object{Display: host, Attributes: map[string]any{"hostname": host}}}
	}
	return out, nil
}

type fakeAgents struct {
	reply string
	err   error
	told  []string
}

func (f *fakeAgents) RunChecks(context.Context, string) (string, error) { return f.reply, f.err }
func (f *fakeAgents) RunChecksOn(_ context.Context, ids []string) error {
	f.told = append(f.told, ids...)
	return f.err
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{ctx: t.Context(), pool: dbtest.New(t), alerts: &resolvedAlerts{}, agents: &fakeAgents{reply: "ok"}}
	log := audit.New(0)
	b.svc = checks.NewService(checks.Deps{
		Pool: b.pool, Audit: log, Scripts: scripts.NewService(b.pool, log), Variables: fixedVariables{b.pool},
		Alerts: b.alerts, Agents: b.agents, Jitter: func() int { return 7 },
	})
	for i := range b.sites {
		require.NoError(t, b.pool.QueryRow(b.ctx, `INSERT INTO clients (name) VALUES ($1) RETURNING id`, fmt.Sprint("client", i)).Scan(&b.clients[i]))
		require.NoError(t, b.pool.QueryRow(b.ctx, `INSERT INTO sites (client_id, name) VALUES ($1, 'site') RETURNING id`, b.clients[i]).Scan(&b.sites[i]))
	}
	return b
}

func (b *bundle) admin() *access.Principal {
	return &access.Principal{Kind: access.Session, Username: "admin", Super: true, Scope: access.Everything()}
}

// limited is a caller who sees the first client only.
func (b *bundle) limited() *access.Principal {
	return &access.Principal{Kind: access.Session, Username: "limited", Scope: access.Scope{Clients: []int32{b.clients[0]}}}
}

func (b *bundle) agent(t *testing.T, site int32, plat string) (pk int32, id string) {
	t.Helper()
	id = fmt.Sprintf("AGENTIDENTIFIERNUMBER%03d", b.serial.Add(1))
	require.NoError(t, b.pool.QueryRow(b.ctx, `INSERT INTO agents (agent_id, hostname, plat, site_id) VALUES ($1, $2, $3, $4) RETURNING id`,
		id, "host-"+id[21:], plat, site).Scan(&pk))
	return pk, id
}

func (b *bundle) policy(t *testing.T, name string, active, enforced bool) (id int32) {
	t.Helper()
	require.NoError(t, b.pool.QueryRow(b.ctx, `INSERT INTO policies (name, active, enforced) VALUES ($1, $2, $3) RETURNING id`,
		name, active, enforced).Scan(&id))
	return id
}

func (b *bundle) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := b.pool.Exec(b.ctx, sql, args...)
	require.NoError(t, err, sql)
}

func (b *bundle) create(t *testing.T, agentID string, d checks.Definition) int32 {
	t.Helper()
	_, err := b.svc.Create(b.ctx, b.admin(), agentID, d)
	require.NoError(t, err)
	var id int32
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT max(id) FROM checks`).Scan(&id))
	return id
}

type counts struct{ Total, Passing, Failing, Warning, Info, Pending int }

func (b *bundle) counts(t *testing.T, agentPK int32) counts {
	t.Helper()
	var c counts
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT total, passing, failing, warning, info, pending FROM agent_check_counts
		WHERE agent_id = $1`, agentPK).Scan(&c.Total, &c.Passing, &c.Failing, &c.Warning, &c.Info, &c.Pending))
	return c
}

func (b *bundle) effective(t *testing.T, agentPK int32) []int32 {
	t.Helper()
	var ids []int32
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT coalesce(array_agg(check_id ORDER BY check_id), '{}') FROM agent_policy_checks
		WHERE agent_id = $1`, agentPK).Scan(&ids))
	return ids
}

func of(t checks.Type, set func(*checks.Definition)) checks.Definition {
	d := checks.New(t)
	if set != nil {
		set(&d)
	}
	return d
}
