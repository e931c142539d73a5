package bus_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

const wait = time.Minute

func agentID(letter string) string { return strings.Repeat(letter, 40) }

func next(t *testing.T, sub *nats.Subscription) *nats.Msg {
	t.Helper()
	m, err := sub.NextMsg(wait)
	require.NoError(t, err)
	return m
}

func subscribe(t *testing.T, nc *nats.Conn, subject string) *nats.Subscription {
	t.Helper()
	sub, err := nc.SubscribeSync(subject)
	require.NoError(t, err)
	bustest.Drain(t, nc)
	return sub
}

func nothing(t *testing.T, sub *nats.Subscription) {
	t.Helper()
	pending, _, err := sub.Pending()
	require.NoError(t, err)
	require.Zero(t, pending)
}

func TestCheckInReachesServicesWithItsReplyField(t *testing.T) {
	t.Parallel()
	srv := bustest.Start(t)
	services, id := srv.Services(t), agentID("a")
	sub, err := services.QueueSubscribeSync(subjects.AllCheckIns, "ingest")
	require.NoError(t, err)
	bustest.Drain(t, services)

	agent := srv.Agent(t, id)
	echo := subscribe(t, agent, id)
	require.NoError(t, agent.PublishRequest(id, "agent-hello", []byte("x")))
	m := next(t, sub)
	require.Equal(t, "agent-hello", m.Reply)
	got, ok := subjects.ParseCheckIn(m.Subject)
	require.True(t, ok)
	require.Equal(t, id, got)
	bustest.Drain(t, agent)
	nothing(t, echo) // what an agent sends on its own id does not come back to it
}

func TestRequestIsAnsweredExactlyOnce(t *testing.T) {
	t.Parallel()
	srv := bustest.Start(t)
	services, id := srv.Services(t), agentID("b")
	checkIns := subscribe(t, services, subjects.AllCheckIns)
	agent := srv.Agent(t, id)
	sub := subscribe(t, agent, id)

	inbox := services.NewRespInbox()
	replies := subscribe(t, services, inbox)
	require.NoError(t, services.PublishRequest(subjects.Command(id), inbox, []byte("ping")))
	m := next(t, sub)
	require.Equal(t, id, m.Subject)
	require.NoError(t, m.Respond([]byte("pong")))
	require.NoError(t, m.Respond([]byte("again")))
	bustest.Drain(t, agent)
	require.Equal(t, "pong", string(next(t, replies).Data))
	bustest.Drain(t, services)
	nothing(t, replies)
	nothing(t, checkIns) // services do not see their own commands among the check-ins
}

func TestRequestToAnAgentThatIsAwayFailsAtOnce(t *testing.T) {
	t.Parallel()
	srv := bustest.Start(t)
	services := srv.Services(t)
	_, err := services.Request(subjects.Command(agentID("c")), []byte("ping"), wait)
	require.ErrorIs(t, err, nats.ErrNoResponders)
}

func TestStreamsReachServices(t *testing.T) {
	t.Parallel()
	srv := bustest.Start(t)
	services, id := srv.Services(t), agentID("d")
	output := subscribe(t, services, id+".cmdoutput.one")
	terminal := subscribe(t, services, id+".terminal.two")
	agent := srv.Agent(t, id)
	require.NoError(t, agent.Publish(id+".cmdoutput.one", []byte("line")))
	require.NoError(t, agent.Publish(id+".terminal.two", []byte("chunk")))
	require.Equal(t, "line", string(next(t, output).Data))
	require.Equal(t, "chunk", string(next(t, terminal).Data))
}

func TestAgentReachesNothingElse(t *testing.T) {
	t.Parallel()
	srv := bustest.Start(t)
	services, id, other := srv.Services(t), agentID("e"), agentID("f")
	everything := subscribe(t, services, ">")
	victim := srv.Agent(t, other)
	received := subscribe(t, victim, other)

	denied := make(chan error, 64)
	agent := srv.Agent(t, id, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
	publishes := []string{
		other, subjects.CheckIn(other), subjects.Command(other), other + ".cmdoutput.x", other + ".terminal.x", "agent-hello", "facts.agent." + id + ".row",
		"results.check." + id, "$JS.API.INFO", "$JS.API.STREAM.CREATE.X", "$SYS.REQ.SERVER.PING", "$SYS.REQ.USER.AUTH", "_INBOX.x.y", id + ".other",
	}
	for _, subject := range publishes {
		require.NoError(t, agent.Publish(subject, []byte("x")), subject)
	}
	subscriptions := []string{other, ">", "*", "_INBOX.>", id + ".cmdoutput.>", "$SYS.>", "$JS.>", subjects.AllCheckIns, "facts.>"}
	for _, subject := range subscriptions {
		_, err := agent.SubscribeSync(subject)
		require.NoError(t, err, subject)
	}
	bustest.Drain(t, agent)
	for range len(publishes) + len(subscriptions) {
		select {
		case err := <-denied:
			require.ErrorIs(t, err, nats.ErrPermissionViolation)
		case <-time.After(wait):
			t.Fatal("a publish or subscription was not refused")
		}
	}
	bustest.Drain(t, victim)
	bustest.Drain(t, services)
	nothing(t, received)
	nothing(t, everything)
}

func TestAgentCannotUseJetStream(t *testing.T) {
	t.Parallel()
	srv := bustest.Start(t)
	js, err := srv.Services(t).JetStream(nats.MaxWait(wait))
	require.NoError(t, err)
	_, err = js.AccountInfo()
	require.NoError(t, err)
	agent := srv.Agent(t, agentID("g"))
	ajs, err := agent.JetStream(nats.MaxWait(200 * time.Millisecond))
	require.NoError(t, err)
	_, err = ajs.AccountInfo()
	require.Error(t, err)
}

func TestWrongTokenAndUnknownAgentAreRefused(t *testing.T) {
	t.Parallel()
	srv := bustest.Start(t)
	srv.Admit(agentID("h"), "right")
	for _, user := range []nats.Option{
		nats.UserInfo(agentID("h"), "wrong"), nats.UserInfo(agentID("i"), "right"), nats.UserInfo(bustest.ServicesUser, "wrong"), nats.Token("x"),
	} {
		require.Eventually(t, func() bool {
			nc, err := nats.Connect(srv.URL(), user, nats.Timeout(wait))
			if err == nil {
				nc.Close()
				t.Error("was admitted")
			}
			return err == nil || errors.Is(err, nats.ErrAuthorization) // and not that nobody answered in time
		}, wait, time.Millisecond)
	}
}

func TestAgentOverWebSocketWithCompression(t *testing.T) {
	t.Parallel()
	srv := bustest.Start(t)
	services, id := srv.Services(t), agentID("j")
	sub := subscribe(t, services, subjects.AllCheckIns)
	srv.Admit(id, "tok")
	var agent *nats.Conn
	require.Eventually(t, func() bool {
		nc, err := nats.Connect(srv.WebSocketURL(), nats.UserInfo(id, "tok"), nats.ProxyPath("/natsws"), nats.Compression(true), nats.Timeout(wait))
		agent = nc
		return err == nil
	}, wait, time.Millisecond)
	t.Cleanup(func() { agent.Close() })
	require.NoError(t, agent.PublishRequest(id, "agent-hello", []byte("x")))
	require.Equal(t, "agent-hello", next(t, sub).Reply)
}
