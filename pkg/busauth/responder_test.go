package busauth_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gueencode/gueenrmm/pkg/busauth"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const wait = time.Minute

func agentID(letter string) string { return strings.Repeat(letter, 40) }

type tokens struct {
	mu   sync.Mutex
	byID map[string]string
	err  error
}

func (k *tokens) authenticate(_ context.Context, agentID, token string) (busauth.Verdict, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch have, known := k.byID[agentID]; {
	case k.err != nil:
		return "", k.err
	case !known:
		return busauth.Unknown, nil
	case have == "disabled":
		return busauth.Disabled, nil
	case have != token:
		return busauth.Foreign, nil
	}
	return busauth.Accepted, nil
}

type bundle struct {
	srv     *bustest.Server
	tokens  *tokens
	conn    *bus.Conn
	logs    *observer.ObservedLogs
	metrics *prometheus.Registry
	asked   int // how often the server was asked to let somebody in
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{srv: bustest.StartWithoutAuth(t), tokens: &tokens{byID: map[string]string{}}}
	b.start(t)
	return b
}

func (b *bundle) start(t *testing.T) *busauth.Responder {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	b.logs, b.metrics = logs, prometheus.NewRegistry()
	conn, err := bus.Open(bus.Settings{URL: b.srv.URL(), User: bustest.AuthUser, Password: bustest.AuthUser, Name: "auth"}, zap.New(core), b.metrics, nil)
	require.NoError(t, err)
	signer, err := bus.NewSigner(b.srv.Settings.IssuerSeed)
	require.NoError(t, err)
	r, err := busauth.New(busauth.Deps{
		Conns: []*bus.Conn{conn}, Signer: signer, Authenticate: b.tokens.authenticate, Logger: zap.New(core), Metrics: b.metrics, Now: time.Now,
		Limits: busauth.Limits{Patience: wait},
	})
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context()))
	require.NoError(t, conn.NATS().FlushTimeout(wait))
	b.conn = conn
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		defer cancel()
		require.NoError(t, r.Stop(ctx))
		require.NoError(t, conn.Stop(ctx))
	})
	return r
}

func (b *bundle) connect(t *testing.T, user, token string) (*nats.Conn, error) {
	t.Helper()
	for end := time.Now().Add(wait); ; {
		b.asked++
		nc, err := nats.Connect(b.srv.URL(), nats.UserInfo(user, token), nats.Timeout(wait))
		if nc != nil {
			t.Cleanup(nc.Close)
		}
		// A server that got no answer in time says something else.
		if err == nil || errors.Is(err, nats.ErrAuthorization) || time.Now().After(end) {
			return nc, err
		}
	}
}

func TestAgentWithItsTokenConnectsAndReports(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := agentID("a")
	b.tokens.byID[id] = "tok"
	sub, err := b.srv.Services(t).SubscribeSync(subjects.AllCheckIns)
	require.NoError(t, err)
	nc, err := b.connect(t, id, "tok")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		if nc.PublishRequest(id, "agent-hello", []byte("x")) != nil {
			return false
		}
		m, err := sub.NextMsg(50 * time.Millisecond)
		return err == nil && m.Reply == "agent-hello"
	}, wait, time.Millisecond)
}

func TestRefusalsAreCountedAndLoggedOncePerAgent(t *testing.T) {
	t.Parallel()
	b := &bundle{srv: bustest.StartWithoutAuth(t), tokens: &tokens{byID: map[string]string{}}}
	r := b.start(t)
	b.tokens.byID[agentID("a")], b.tokens.byID[agentID("b")] = "tok", "disabled"
	cases := map[string][2]string{
		"unknown_token":          {agentID("z"), "secret-token"},
		"token_of_another_agent": {agentID("a"), "secret-token"},
		"disabled":               {agentID("b"), "secret-token"},
		"bad_agent_id":           {"services.>", "secret-token"},
	}
	asked := map[string]int{}
	for verdict, c := range cases {
		before := b.asked
		for range 3 {
			_, err := b.connect(t, c[0], c[1])
			require.ErrorIs(t, err, nats.ErrAuthorization)
		}
		asked[verdict] = b.asked - before
	}
	for verdict := range cases {
		// Counted and logged when the answer was sent, which the agent may have by then.
		require.Eventually(t, func() bool { return counter(b.metrics, verdict) >= 3 }, wait, time.Millisecond, verdict)
		require.Eventually(t, func() bool { return b.logs.FilterField(zap.String("reason", verdict)).Len() > 0 }, wait, time.Millisecond, verdict)
	}
	require.NoError(t, r.Stop(t.Context()))
	for verdict := range cases {
		require.LessOrEqual(t, counter(b.metrics, verdict), float64(asked[verdict]), verdict)
		require.Equal(t, 1, b.logs.FilterField(zap.String("reason", verdict)).Len(), verdict)
	}
	for _, e := range b.logs.All() {
		for _, v := range e.ContextMap() {
			require.NotContains(t, v, "secret-token")
		}
	}
}

func counter(reg *prometheus.Registry, verdict string) float64 {
	families, err := reg.Gather()
	if err != nil {
		return -1
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "gueen_busauth_answers_total" && m.GetLabel()[0].GetValue() == verdict {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestUnanswerableQuestionRefusesAndRecovers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := agentID("a")
	b.tokens.byID[id], b.tokens.err = "tok", errors.New("database is away")
	_, err := b.connect(t, id, "tok")
	require.ErrorIs(t, err, nats.ErrAuthorization)
	b.tokens.mu.Lock()
	b.tokens.err = nil
	b.tokens.mu.Unlock()
	_, err = b.connect(t, id, "tok")
	require.NoError(t, err)
}

// TestStopDoesNotWaitForAServerThatIsAway: nothing more can arrive.
func TestStopDoesNotWaitForAServerThatIsAway(t *testing.T) {
	t.Parallel()
	b := &bundle{srv: bustest.StartWithoutAuth(t), tokens: &tokens{byID: map[string]string{}}}
	r := b.start(t)
	b.srv.Stop()
	require.Eventually(t, func() bool { return !b.conn.NATS().IsConnected() }, wait, 5*time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	require.NoError(t, r.Stop(ctx))
}

func TestReplicasShareTheQuestions(t *testing.T) {
	t.Parallel()
	b := &bundle{srv: bustest.StartWithoutAuth(t), tokens: &tokens{byID: map[string]string{}}}
	r1 := b.start(t)
	first := b.metrics
	r2 := b.start(t)
	const agents = 40
	for i := range agents {
		id := agentID(string(rune('A'+i%26))) + string(rune('a'+i/26))
		b.tokens.mu.Lock()
		b.tokens.byID[id] = "tok"
		b.tokens.mu.Unlock()
		_, err := b.connect(t, id, "tok")
		require.NoError(t, err)
	}
	var one, two float64
	require.Eventually(t, func() bool {
		one, two = counter(first, "accepted"), counter(b.metrics, "accepted")
		return one+two >= agents
	}, wait, time.Millisecond)
	// Stopped, both have counted all that they answered: each question once, by one of them.
	require.NoError(t, r1.Stop(t.Context()))
	require.NoError(t, r2.Stop(t.Context()))
	one, two = counter(first, "accepted"), counter(b.metrics, "accepted")
	require.LessOrEqual(t, one+two, float64(b.asked), "a question is answered by one replica")
	require.Positive(t, one)
	require.Positive(t, two)
}
