package busauth

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
)

const patience = 20 * time.Second

// crowd is a responder without a bus: questions are handed to it, answers are kept by the reply subject.
type crowd struct {
	*Responder
	logs    *observer.ObservedLogs
	clock   *clock
	hold    chan struct{} // look-ups wait for it
	entered chan struct{} // one token for each look-up that began

	mu      sync.Mutex
	answers map[string][]byte
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newCrowd(t *testing.T, limits Limits) *crowd {
	t.Helper()
	seed, err := bus.NewIssuerSeed()
	require.NoError(t, err)
	signer, err := bus.NewSigner(seed)
	require.NoError(t, err)
	core, logs := observer.New(zap.InfoLevel)
	c := &crowd{
		logs: logs, clock: &clock{now: time.Now()}, hold: make(chan struct{}), entered: make(chan struct{}, 1000), answers: map[string][]byte{},
	}
	c.Responder, err = New(Deps{
		Signer: signer, Logger: zap.New(core), Metrics: prometheus.NewRegistry(), Now: c.clock.read, Limits: limits,
		Authenticate: func(context.Context, string, string) (Verdict, error) {
			c.entered <- struct{}{}
			<-c.hold
			return Accepted, nil
		},
	})
	require.NoError(t, err)
	c.respond = func(m *nats.Msg, data []byte) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.answers[m.Reply] = data
		return nil
	}
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(t.Context()))
	c.begin()
	return c
}

// occupy keeps every worker busy with one question each. The next question is asked when the last one was taken: those that
// wait are bounded too, and a worker that starts late would find its own one refused.
func (c *crowd) occupy(t *testing.T) {
	t.Helper()
	for i := range concurrency {
		c.handle(ask(t, fmt.Sprintf("busy%d", i)))
		select {
		case <-c.entered:
		case <-time.After(patience):
			t.Fatal("not all workers took a question")
		}
	}
}

func (c *crowd) stop(t *testing.T) {
	t.Helper()
	close(c.hold)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	require.NoError(t, c.finish(ctx))
}

func (c *crowd) admitted() (n int) {
	for _, a := range c.answers {
		if len(a) > 0 {
			n++
		}
	}
	return n
}

func (c *crowd) count(v Verdict) float64 {
	return testutil.ToFloat64(c.Responder.answers.WithLabelValues(string(v)))
}

func ask(t *testing.T, reply string) *nats.Msg {
	t.Helper()
	server, err := nkeys.CreateServer()
	require.NoError(t, err)
	user, err := nkeys.CreateUser()
	require.NoError(t, err)
	claims := jwt.NewAuthorizationRequestClaims("issuer")
	claims.Audience = "nats-authorization-request"
	claims.UserNkey, err = user.PublicKey()
	require.NoError(t, err)
	claims.Server.ID, err = server.PublicKey()
	require.NoError(t, err)
	claims.ConnectOptions = jwt.ConnectOptions{Username: strings.Repeat("a", 40), Password: "tok"}
	token, err := claims.Encode(server)
	require.NoError(t, err)
	return &nats.Msg{Reply: reply, Data: []byte(token)}
}

// More agents than workers and places to wait: the oldest that wait are refused while the others still do, the others are
// admitted, and the log has one line of it.
func TestSurplusIsRefusedAtOnceAndTheOthersAreAdmitted(t *testing.T) {
	t.Parallel()
	const waiting, surplus = 8, 30
	c := newCrowd(t, Limits{Waiting: waiting, Patience: time.Hour})
	c.occupy(t)
	for i := range waiting + surplus {
		c.handle(ask(t, fmt.Sprintf("%d", i)))
	}
	c.mu.Lock()
	require.Len(t, c.answers, surplus)
	for i := range surplus { // the oldest ones
		data, refused := c.answers[fmt.Sprintf("%d", i)]
		require.True(t, refused)
		require.Empty(t, data)
	}
	c.mu.Unlock()
	c.stop(t)
	require.Equal(t, concurrency+waiting, c.admitted())
	require.InDelta(t, surplus, c.count(tooMany), 0)
	require.InDelta(t, concurrency+waiting, c.count(Accepted), 0)
	lines := c.logs.All()
	require.Len(t, lines, 1)
	require.EqualValues(t, surplus, lines[0].ContextMap()["count"])
}

func TestAgentsThatWaitedTooLongAreRefused(t *testing.T) {
	t.Parallel()
	const late = 10
	c := newCrowd(t, Limits{})
	c.occupy(t)
	for i := range late {
		c.handle(ask(t, fmt.Sprintf("%d", i)))
	}
	c.clock.pass(DefaultPatience + time.Millisecond)
	c.handle(ask(t, "fresh"))
	c.stop(t)
	require.Equal(t, concurrency+1, c.admitted())
	require.NotEmpty(t, c.answers["fresh"])
	require.InDelta(t, late, c.count(tooLate), 0)
	require.Len(t, c.answers, concurrency+1+late)
}

func TestOneLineForEachBurst(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.InfoLevel)
	at := &clock{now: time.Now()}
	b := &burst{logger: zap.New(core), now: at.read}
	b.tell(false)
	require.Empty(t, logs.All())
	b.add(2)
	at.pass(burstEnds - time.Millisecond)
	b.tell(false) // may go on
	require.Empty(t, logs.All())
	b.add(3)
	at.pass(burstEnds)
	b.tell(false)
	b.tell(false)
	b.tell(true)
	require.Len(t, logs.All(), 1)
	require.EqualValues(t, 5, logs.All()[0].ContextMap()["count"])
	require.EqualValues(t, (burstEnds - time.Millisecond).Milliseconds(), logs.All()[0].ContextMap()["duration_ms"])
	b.add(1)
	b.tell(true) // the service stops
	require.Len(t, logs.All(), 2)
}
