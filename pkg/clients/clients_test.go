package clients_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/clients"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/settings"
)

// mover stands for pkg/agents: it moves rows the way that package does.
type mover struct{}

func (mover) MoveToSite(ctx context.Context, tx pgx.Tx, from []int32, to int32) error {
	_, err := tx.Exec(ctx, `UPDATE agents SET site_id = $1 WHERE site_id = ANY($2)`, to, from)
	return err
}

type granter struct{}

func (granter) GrantClient(ctx context.Context, tx pgx.Tx, role, client int32) error {
	_, err := tx.Exec(ctx, `INSERT INTO role_clients SELECT $1, $2 WHERE EXISTS (SELECT 1 FROM role_clients WHERE role_id = $1)`, role, client)
	return err
}

func (granter) GrantSite(ctx context.Context, tx pgx.Tx, role, site int32) error {
	_, err := tx.Exec(ctx, `INSERT INTO role_sites SELECT $1, $2 WHERE EXISTS (SELECT 1 FROM role_sites WHERE role_id = $1)`, role, site)
	return err
}

func (granter) OnlyLimitedTo(context.Context, pgx.Tx, int32, int32) ([]string, error) {
	return nil, nil
}

type bundle struct {
	pool *pgxpool.Pool
	svc  *clients.Service
	ctx  context.Context
}

func setup(t *testing.T) bundle {
	t.Helper()
	pool := dbtest.New(t)
	log := audit.New(0)
	return bundle{
		pool: pool,
		svc:  clients.New(clients.Deps{Pool: pool, Audit: log, Agents: mover{}, Roles: granter{}, Settings: settings.New(pool, log, nil)}),
		ctx:  access.With(t.Context(), &access.Principal{Kind: access.Session, Username: "admin", Super: true, Scope: access.Everything()}),
	}
}

func (b bundle) create(t *testing.T, client, site string) (clientID, siteID int32) {
	t.Helper()
	clientID, siteID, err := b.svc.Create(b.ctx, clients.NewClient{Client: clients.Client{Name: client}, SiteName: site})
	require.NoError(t, err)
	return clientID, siteID
}

func (b bundle) agent(t *testing.T, site int32, maintenance bool) {
	t.Helper()
	_, err := b.pool.Exec(b.ctx, `INSERT INTO agents (agent_id, hostname, site_id, maintenance_mode) VALUES (repeat('x', 30) || nextval('agents_id_seq'), 'h', $1, $2)`,
		site, maintenance)
	require.NoError(t, err)
}

func TestCreateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, _, err := b.svc.Create(b.ctx, clients.NewClient{Client: clients.Client{Name: "Half"}, SiteName: "a|b"})
	require.Equal(t, fault.KindInvalid, fault.KindOf(err))
	_, _, err = b.svc.Create(b.ctx, clients.NewClient{
		Client: clients.Client{Name: "Half"}, SiteName: "S", CustomFields: []customfields.Input{{Field: 99}},
	})
	require.Equal(t, fault.KindInvalid, fault.KindOf(err))
	list, err := b.svc.List(b.ctx, access.Everything())
	require.NoError(t, err)
	require.Empty(t, list)

	b.create(t, "Acme", "HQ")
	_, _, err = b.svc.Create(b.ctx, clients.NewClient{Client: clients.Client{Name: "Acme"}, SiteName: "HQ"})
	require.Equal(t, fault.KindInvalid, fault.KindOf(err))
}

func TestListCountsAndScopes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme, hq := b.create(t, "Acme", "HQ")
	_, other := b.create(t, "Beta", "Main")
	branch, err := b.svc.CreateSite(b.ctx, access.Everything(), clients.Site{ClientID: acme, Name: "Branch"}, nil)
	require.NoError(t, err)
	b.agent(t, hq, false)
	b.agent(t, branch, true)
	b.agent(t, other, false)

	all, err := b.svc.List(b.ctx, access.Everything())
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, clients.Totals{Agents: 2, Maintenance: true}, all[0].Totals)
	require.Equal(t, []string{"Branch", "HQ"}, []string{all[0].Sites[0].Name, all[0].Sites[1].Name})
	require.Equal(t, clients.Totals{Agents: 1}, all[0].Sites[1].Totals)

	bySite := access.Scope{Sites: []int32{branch}}
	limited, err := b.svc.List(b.ctx, bySite)
	require.NoError(t, err)
	require.Len(t, limited, 1)
	require.Len(t, limited[0].Sites, 1)
	require.Equal(t, 2, limited[0].Totals.Agents, "a client counts all its agents")

	_, err = b.svc.GetSite(b.ctx, bySite, hq)
	require.Equal(t, fault.KindForbidden, fault.KindOf(err))
	_, err = b.svc.GetSite(b.ctx, bySite, 9999)
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	none, err := b.svc.List(b.ctx, access.Scope{})
	require.NoError(t, err)
	require.Empty(t, none, "the zero scope reaches nothing")
}

func TestDeleteMovesAgents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme, hq := b.create(t, "Acme", "HQ")
	_, main := b.create(t, "Beta", "Main")
	b.agent(t, hq, false)

	_, err := b.svc.Delete(b.ctx, access.Everything(), acme, nil)
	require.Equal(t, fault.KindRefused, fault.KindOf(err))
	_, err = b.svc.Delete(b.ctx, access.Everything(), acme, &hq)
	require.Equal(t, fault.KindRefused, fault.KindOf(err), "a site that goes with the client is no target")
	missing := int32(9999)
	_, err = b.svc.Delete(b.ctx, access.Everything(), acme, &missing)
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))

	name, err := b.svc.Delete(b.ctx, access.Everything(), acme, &main)
	require.NoError(t, err)
	require.Equal(t, "Acme", name)
	list, err := b.svc.List(b.ctx, access.Everything())
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, 1, list[0].Totals.Agents)
}

func TestLastSiteStays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme, hq := b.create(t, "Acme", "HQ")
	beta, _ := b.create(t, "Beta", "Main")

	_, err := b.svc.DeleteSite(b.ctx, access.Everything(), hq, nil)
	require.ErrorContains(t, err, "at least 1 site")
	err = b.svc.UpdateSite(b.ctx, access.Everything(), hq, func(s *clients.Site) { s.ClientID = beta }, nil)
	require.ErrorContains(t, err, "at least one site")

	_, err = b.svc.CreateSite(b.ctx, access.Everything(), clients.Site{ClientID: acme, Name: "Branch"}, nil)
	require.NoError(t, err)
	name, err := b.svc.DeleteSite(b.ctx, access.Everything(), hq, nil)
	require.NoError(t, err)
	require.Equal(t, "HQ", name)
}

func TestCustomValuesKeepWhatIsNotSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fields := customfields.NewService(b.pool, audit.New(0))
	def := customfields.New(customfields.Client, "Tags")
	def.Type = customfields.Multiple
	field, err := fields.Create(b.ctx, def)
	require.NoError(t, err)
	_, err = fields.Create(b.ctx, def)
	require.Equal(t, fault.KindInvalid, fault.KindOf(err))

	acme, _ := b.create(t, "Acme", "HQ")
	tags := []string{"a", "b"}
	keep := func(*clients.Client) {}
	require.NoError(t, b.svc.Update(b.ctx, access.Everything(), acme, keep, []customfields.Input{{Field: field, Multiple: &tags}}))
	text, off := "x", false
	err = b.svc.Update(b.ctx, access.Everything(), acme, keep, []customfields.Input{{Field: field, String: &text}})
	require.Equal(t, fault.KindInvalid, fault.KindOf(err), "nobody would see it")
	require.NoError(t, b.svc.Update(b.ctx, access.Everything(), acme, keep, []customfields.Input{{Field: field, Bool: &off}}))
	got, err := b.svc.Get(b.ctx, access.Everything(), acme)
	require.NoError(t, err)
	require.Len(t, got.CustomFields, 1)
	require.Equal(t, tags, got.CustomFields[0].Current())
}

func TestRestrictedRoleSeesWhatItCreates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme, _ := b.create(t, "Acme", "HQ")
	var role int32
	require.NoError(t, b.pool.QueryRow(b.ctx, `INSERT INTO roles (name) VALUES ('r') RETURNING id`).Scan(&role))
	_, err := b.pool.Exec(b.ctx, `INSERT INTO role_clients VALUES ($1, $2)`, role, acme)
	require.NoError(t, err)
	ctx := access.With(t.Context(), &access.Principal{Kind: access.Session, Username: "u", RoleID: &role, Scope: access.Scope{Clients: []int32{acme}}})
	created, _, err := b.svc.Create(ctx, clients.NewClient{Client: clients.Client{Name: "New"}, SiteName: "S"})
	require.NoError(t, err)
	var granted bool
	require.NoError(t, b.pool.QueryRow(b.ctx, `SELECT EXISTS (SELECT 1 FROM role_clients WHERE role_id = $1 AND client_id = $2)`, role, created).Scan(&granted))
	require.True(t, granted)
}

func TestParseExpiry(t *testing.T) {
	t.Parallel()
	for _, ok := range []string{"2099-01-01T00:00:00Z", "2099-01-01T00:00:00+0000", "2099-01-01T00:00:00-04:00"} {
		_, err := clients.ParseExpiry(ok)
		require.NoError(t, err, ok)
	}
	for _, bad := range []string{"tomorrow", "2099-01-01T00:00:00", "2099-01-01T00:00:00.5Z", "2099-13-01T00:00:00Z", ""} {
		_, err := clients.ParseExpiry(bad)
		require.Error(t, err, bad)
	}
}

// TestListUsesOneQueryEach proves that the number of queries does not grow with the number of clients.
func TestListPlans(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.pool.Exec(b.ctx, `
		INSERT INTO clients (name) SELECT 'c' || g FROM generate_series(1, 500) g;
		INSERT INTO sites (client_id, name) SELECT c.id, 's' || g FROM clients c, generate_series(1, 4) g;
		INSERT INTO agents (agent_id, hostname, site_id) SELECT repeat('a', 30) || s.id || '-' || g, 'h', s.id FROM sites s, generate_series(1, 5) g;
		ANALYZE`)
	require.NoError(t, err)
	list, err := b.svc.List(b.ctx, access.Everything())
	require.NoError(t, err)
	require.Len(t, list, 500)
	require.Equal(t, 20, list[0].Totals.Agents)
	plan := dbtest.Explain(t, b.pool, `SELECT count(*) FROM agents WHERE site_id = ANY($1)`, []int32{1, 2, 3})
	require.Contains(t, plan, "Index", fmt.Sprint(plan))
}

// TestTotalsReadOnlyAnIndex: with 100,000 agents their wide rows would take most of a second.
func TestTotalsReadOnlyAnIndex(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	_, err := pool.Exec(t.Context(), `INSERT INTO clients (name) SELECT 'c' || g FROM generate_series(1, 20) g;
		INSERT INTO sites (client_id, name) SELECT c.id, 's' || g FROM clients c, generate_series(1, 5) g;
		INSERT INTO agents (agent_id, hostname, site_id, plat, goarch) SELECT lpad(g::text, 40, '0'), 'h' || g, 1 + g % 100, 'linux', 'amd64' FROM generate_series(1, 3000) g`)
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `VACUUM ANALYZE agents`)
	require.NoError(t, err)
	plan := dbtest.Explain(t, pool, `SELECT a.site_id, count(*)::int, bool_or(a.maintenance_mode) FROM agents a WHERE true GROUP BY 1`)
	require.Contains(t, plan, "Index Only Scan using agents_site_totals_idx", plan)
}
