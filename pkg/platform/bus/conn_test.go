package bus_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/porttest"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func open(t *testing.T, url string) (*bus.Conn, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	c, err := bus.Open(bus.Settings{URL: url, User: bustest.ServicesUser, Password: bustest.ServicesUser, Name: "test"}, zap.New(core), prometheus.NewRegistry(), nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		defer cancel()
		require.NoError(t, c.Stop(ctx))
	})
	return c, logs
}

func TestConnectionStartsWithoutTheServer(t *testing.T) {
	t.Parallel()
	c, logs := open(t, "nats://"+porttest.Reserve(t))
	require.ErrorIs(t, c.Check(t.Context()), bus.ErrDown)
	require.Equal(t, 1, logs.FilterMessageSnippet("is away").Len())
}

func TestConnectionRecoversWithOneLineEachWay(t *testing.T) {
	t.Parallel()
	srv := bustest.Start(t)
	c, logs := open(t, srv.URL())
	gaps := make(chan struct{}, 8)
	remove := c.OnGap(func() { gaps <- struct{}{} })
	sub, err := c.Subscribe("facts.>", "", func(m *nats.Msg) {})
	require.NoError(t, err)
	require.True(t, sub.IsValid())
	require.Eventually(t, func() bool { return c.Check(t.Context()) == nil }, wait, time.Millisecond)

	srv.Stop()
	require.Eventually(t, func() bool { return c.Check(t.Context()) != nil }, wait, time.Millisecond)
	srv.Restart(t)
	require.Eventually(t, func() bool { return c.Check(t.Context()) == nil }, 3*wait, time.Millisecond)
	require.Eventually(t, func() bool { return logs.FilterMessageSnippet("connected again").Len() > 0 }, wait, time.Millisecond)
	require.Equal(t, 1, logs.FilterMessageSnippet("is away").Len())
	<-gaps
	remove()
}

func TestWrongPasswordKeepsTrying(t *testing.T) {
	t.Parallel()
	srv := bustest.Start(t)
	core, logs := observer.New(zap.InfoLevel)
	c, err := bus.Open(bus.Settings{URL: srv.URL(), User: bustest.ServicesUser, Password: "wrong", Name: "test"}, zap.New(core), prometheus.NewRegistry(), nil)
	require.NoError(t, err)
	require.ErrorIs(t, c.Check(t.Context()), bus.ErrDown)
	require.Eventually(t, func() bool { return c.NATS().Stats().Reconnects == 0 && !c.NATS().IsClosed() && logs.Len() > 0 }, wait, time.Millisecond)
	require.NotContains(t, strings.Join(messages(logs), " "), "wrong")
	require.NoError(t, c.Stop(t.Context()))
}

func messages(logs *observer.ObservedLogs) []string {
	var out []string
	for _, e := range logs.All() {
		out = append(out, e.Message)
		for _, v := range e.ContextMap() {
			if s, ok := v.(string); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

func TestOpenRefusesNonsense(t *testing.T) {
	t.Parallel()
	_, err := bus.Open(bus.Settings{URL: "nonsense"}, zap.NewNop(), prometheus.NewRegistry(), nil)
	require.Error(t, err)
}

// fact is a small message of a context; the bus does not know what is in it.
type fact struct {
	Changed string `json:"changed"`
}

// Subject is where the fact is published.
func (fact) Subject() string { return subjects.AgentFact(agentID("a"), "row") }

func TestFactsAndStream(t *testing.T) {
	t.Parallel()
	srv := bustest.Start(t)
	c, _ := open(t, srv.URL())
	sub := subscribe(t, srv.Services(t), subjects.AllAgentFacts)
	require.NoError(t, c.PublishFacts(fact{Changed: "row"}))
	got := next(t, sub)
	require.Equal(t, fact{}.Subject(), got.Subject)
	require.JSONEq(t, `{"changed":"row"}`, string(got.Data))

	ctx, cancel := context.WithTimeout(t.Context(), 2*wait)
	defer cancel()
	_, err := c.EnsureStream(ctx, jetstream.StreamConfig{Name: "RESULTS", Subjects: []string{subjects.AllResults}})
	require.NoError(t, err)
	_, err = c.EnsureStream(ctx, jetstream.StreamConfig{Name: "RESULTS", Subjects: []string{subjects.AllResults}, MaxMsgs: 100})
	require.NoError(t, err)
}

func TestServerConfigKeepsSecretsOut(t *testing.T) {
	t.Parallel()
	seed, err := bus.NewIssuerSeed()
	require.NoError(t, err)
	s := bus.ServerSettings{
		StoreDir: "/var/lib/nats", User: "services", Password: "secret-one", SystemUser: "sys", SystemPassword: "secret-two",
		AuthUser: "auth", AuthPassword: "secret-three", IssuerSeed: seed, BcryptCost: 4,
	}
	conf, err := bus.ServerConfig(s)
	require.NoError(t, err)
	for _, secret := range []string{"secret-one", "secret-two", "secret-three", seed} {
		require.NotContains(t, string(conf), secret)
	}
	for _, breakIt := range []func(*bus.ServerSettings){
		func(s *bus.ServerSettings) { s.Password = "" },
		func(s *bus.ServerSettings) { s.AuthUser = s.User },
		func(s *bus.ServerSettings) { s.IssuerSeed = "SUABC" },
		func(s *bus.ServerSettings) { s.CertFile = "x" },
		func(s *bus.ServerSettings) { s.Listen = "nowhere" },
		func(s *bus.ServerSettings) { s.StoreDir = "" },
	} {
		bad := s
		breakIt(&bad)
		_, err := bus.ServerConfig(bad)
		require.Error(t, err)
	}
}
