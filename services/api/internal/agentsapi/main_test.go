package agentsapi_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

type body = map[string]any

const (
	winID = "WINWINWINWINWINWINWINWINWINWINWINWINWINW"
	lnxID = "LNXLNXLNXLNXLNXLNXLNXLNXLNXLNXLNXLNXLNXL"
)

// fleet is the api with two clients of one site each and a Windows and a Linux agent, one per client.
type fleet struct {
	*resttest.API
	bus              *bustest.Server
	client1, client2 int32
	site1, site2     int32
}

// quiet publishes nothing.
type quiet struct{}

func (quiet) PublishFacts(...bus.Fact) error { return nil }

// setup builds the fleet; with a bus, agents can be connected.
func setup(t *testing.T, withBus bool) *fleet {
	t.Helper()
	f := &fleet{}
	var options []resttest.Option
	if withBus {
		f.bus = bustest.Start(t)
		conn := connect(t, f.bus)
		options = append(options, func(i *app.Infrastructure, _ *app.Options) { i.Bus = conn })
	}
	f.API = resttest.New(t, options...)
	ctx := t.Context()
	for i, name := range []string{"Acme", "Bolt"} {
		client, site := []*int32{&f.client1, &f.client2}[i], []*int32{&f.site1, &f.site2}[i]
		require.NoError(t, f.Pool.QueryRow(ctx, `INSERT INTO clients (name) VALUES ($1) RETURNING id`, name).Scan(client))
		require.NoError(t, f.Pool.QueryRow(ctx, `INSERT INTO sites (client_id, name) VALUES ($1, $2) RETURNING id`, *client, name+" HQ").Scan(site))
	}
	f.enrol(t, winID, agents.Windows, f.site1)
	f.enrol(t, lnxID, agents.Linux, f.site2)
	return f
}

func connect(t *testing.T, server *bustest.Server) *bus.Conn {
	t.Helper()
	state, err := health.New(zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	conn, err := bus.Open(bus.Settings{URL: server.URL(), User: bustest.ServicesUser, Password: bustest.ServicesUser, Name: "api"},
		zap.NewNop(), prometheus.NewRegistry(), state.Dependency("nats"))
	require.NoError(t, err)
	require.NoError(t, conn.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, conn.Stop(context.Background())) })
	require.Eventually(t, func() bool { return conn.Check(t.Context()) == nil }, 30*time.Second, 5*time.Millisecond)
	return conn
}

func (f *fleet) enrol(t *testing.T, id, plat string, site int32) {
	t.Helper()
	svc := agents.New(agents.Deps{Pool: f.Pool, Audit: audit.New(0), Facts: quiet{}, Log: zap.NewNop()})
	installer := &access.Principal{Kind: access.Session, Username: "installer", Installer: true}
	_, err := svc.Enrol(t.Context(), installer, agents.NewAgent{
		AgentID: id, Hostname: "host-" + id[:3], SiteID: site, MonitoringType: "server", Plat: plat, Goarch: "amd64",
	})
	require.NoError(t, err)
}

// answer makes an agent on the bus answer functions.
func (f *fleet) answer(t *testing.T, id string, answers map[string]any) {
	t.Helper()
	nc := f.bus.Agent(t, id)
	_, err := nc.Subscribe(id, func(m *nats.Msg) {
		cmd, err := agentwire.DecodeCommand(m.Data)
		if err != nil {
			return
		}
		answer, ok := answers[cmd.Func]
		if !ok {
			return
		}
		data, err := msgpack.Marshal(answer)
		if err != nil {
			return
		}
		if err := m.Respond(data); err != nil {
			return
		}
	})
	require.NoError(t, err)
	bustest.Drain(t, nc)
}

func agentPath(id, rest string) string { return fmt.Sprintf("/agents/%s/%s", id, rest) }
