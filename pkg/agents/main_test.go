package agents_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/keystore"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// facts records what was announced.
type facts struct {
	mu   sync.Mutex
	sent []string
}

func (f *facts) PublishFacts(list ...bus.Fact) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range list {
		f.sent = append(f.sent, one.Subject())
	}
	return nil
}

func (f *facts) list() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.sent...)
}

// bundle is a database with two clients, three sites and a service on it.
type bundle struct {
	pool                *pgxpool.Pool
	service             *agents.Service
	facts               *facts
	client1, client2    int32
	site1, site2, site3 int32 // 1 and 2 of client1, 3 of client2
	now                 time.Time
}

func setup(t testing.TB) *bundle {
	t.Helper()
	b := &bundle{pool: dbtest.New(t), facts: &facts{}, now: time.Now()}
	b.service = agents.New(agents.Deps{
		Pool: b.pool, Audit: audit.New(0), Facts: b.facts, Globals: keystore.New(b.pool, audit.New(0), nil), Log: zap.NewNop(), Now: func() time.Time { return b.now },
	})
	ctx := t.Context()
	scan := func(dst *int32, sql string, args ...any) {
		require.NoError(t, b.pool.QueryRow(ctx, sql, args...).Scan(dst))
	}
	scan(&b.client1, `INSERT INTO clients (name) VALUES ('Acme') RETURNING id`)
	scan(&b.client2, `INSERT INTO clients (name) VALUES ('Bolt') RETURNING id`)
	const site = `INSERT INTO sites (client_id, name) VALUES ($1, $2) RETURNING id`
	scan(&b.site1, site, b.client1, "HQ")
	scan(&b.site2, site, b.client1, "Lab")
	scan(&b.site3, site, b.client2, "Depot")
	return b
}

func installer() *access.Principal {
	return &access.Principal{Kind: access.Session, Username: "installer", Installer: true}
}

func admin() *access.Principal {
	return &access.Principal{Kind: access.Session, UserID: 0, Username: "root", Super: true, Scope: access.Everything()}
}

// as returns a context of the admin, whose changes are audited.
func as(ctx context.Context, p *access.Principal) context.Context { return access.With(ctx, p) }

func machine(id string, site int32) agents.NewAgent {
	return agents.NewAgent{
		AgentID: id, Hostname: "host-" + id[:4], SiteID: site, MonitoringType: "server", Plat: agents.Linux, Goarch: "amd64",
	}
}

func (b *bundle) enrol(t testing.TB, n agents.NewAgent) (agents.Ref, string) {
	t.Helper()
	got, err := b.service.Enrol(t.Context(), installer(), n)
	require.NoError(t, err)
	ref, err := b.service.Find(t.Context(), access.Everything(), n.AgentID)
	require.NoError(t, err)
	require.Equal(t, got.PK, ref.PK)
	return ref, got.Token
}

// fleet inserts n agents in one statement, spread over the three sites.
func (b *bundle) fleet(t testing.TB, n int) {
	t.Helper()
	ctx := t.Context()
	_, err := b.pool.Exec(ctx, `
		INSERT INTO agents (agent_id, hostname, plat, goarch, operating_system, monitoring_type, site_id, needs_reboot, logged_in_username, public_ip, description)
		SELECT 'FLEETAGENTIDENTIFIER' || lpad(i::text, 10, '0'), 'pc-' || lpad(i::text, 6, '0'), (ARRAY['windows','linux','darwin'])[1 + i % 3], 'amd64',
		  'Windows 11 build ' || i % 50, (ARRAY['server','workstation'])[1 + i % 2], (ARRAY[$2::int, $3, $4])[1 + i % 3], i % 20 = 0,
		  'user' || i % 500, '203.0.' || i % 200 || '.' || i % 250, 'machine ' || i
		FROM generate_series(1, $1::int) i`, n, b.site1, b.site2, b.site3)
	require.NoError(t, err)
	_, err = b.pool.Exec(ctx, `UPDATE agent_presence SET last_seen = $1::timestamptz - (agent_id % 100) * interval '30 seconds', connected = true, version = '2.4.0'`, b.now)
	require.NoError(t, err)
	_, err = b.pool.Exec(ctx, `UPDATE agent_check_counts SET total = 5, passing = 5 - (agent_id % 10 = 0)::int, failing = (agent_id % 10 = 0)::int`)
	require.NoError(t, err)
	_, err = b.pool.Exec(ctx, `UPDATE agent_inventory SET cpu_model = '{"Intel(R) Core(TM) i7, 6C/12T"}', graphics = 'Intel UHD', local_ips = '10.1.' || agent_id % 250 || '.7',
		make_model = 'Dell Inc. OptiPlex', physical_disks = '{"SSD 512GB SCSI"}', serial_number = 'SN' || agent_id, wmi_detail = jsonb_build_object('pad', repeat(md5(agent_id::text), 40))`)
	require.NoError(t, err)
	_, err = b.pool.Exec(ctx, `ANALYZE`)
	require.NoError(t, err)
}
