package remote_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const wait = time.Minute

func agentID(letter string) string { return strings.Repeat(letter, 40) }

type bundle struct {
	srv       *bustest.Server
	commander *remote.Commander
	conn      *bus.Conn
}

func setup(t *testing.T) *bundle {
	t.Helper()
	srv := bustest.Start(t)
	conn, err := bus.Open(bus.Settings{URL: srv.URL(), User: bustest.ServicesUser, Password: bustest.ServicesUser, Name: "test"},
		zap.NewNop(), prometheus.NewRegistry(), nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		defer cancel()
		require.NoError(t, conn.Stop(ctx))
	})
	c, err := remote.New(conn, prometheus.NewRegistry())
	require.NoError(t, err)
	return &bundle{srv: srv, commander: c, conn: conn}
}

// agent connects an agent that hands each command to handle.
func (b *bundle) agent(t *testing.T, id string, handle func(nc *nats.Conn, m *nats.Msg, cmd agentwire.Command)) *nats.Conn {
	t.Helper()
	nc := b.srv.Agent(t, id)
	_, err := nc.Subscribe(id, func(m *nats.Msg) {
		cmd, err := agentwire.DecodeCommand(m.Data)
		if err == nil {
			handle(nc, m, cmd)
		}
	})
	require.NoError(t, err)
	bustest.Drain(t, nc)
	return nc
}

func answer(v any) func(*nats.Conn, *nats.Msg, agentwire.Command) {
	return func(_ *nats.Conn, m *nats.Msg, _ agentwire.Command) {
		data, err := agentwire.EncodeValue(v)
		if err == nil {
			err = m.Respond(data)
		}
		if err != nil {
			panic(err)
		}
	}
}

func TestRequestGetsTheAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := agentID("a")
	headers := make(chan nats.Header, 1)
	b.agent(t, id, func(nc *nats.Conn, m *nats.Msg, cmd agentwire.Command) {
		headers <- m.Header
		answer("pong")(nc, m, cmd)
	})
	ctx := log.WithRequestID(t.Context(), "req-1")
	reply, err := b.commander.Request(ctx, id, agentwire.Command{Func: agentwire.FuncPing}, wait)
	require.NoError(t, err)
	require.Equal(t, "pong", reply.Text())
	require.Equal(t, "req-1", (<-headers).Get(log.RequestIDHeader))
}

func TestRequestFailsForTheRightReason(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ping := agentwire.Command{Func: agentwire.FuncPing}
	_, err := b.commander.Request(t.Context(), agentID("b"), ping, wait)
	require.ErrorIs(t, err, remote.ErrOffline)

	b.agent(t, agentID("c"), func(*nats.Conn, *nats.Msg, agentwire.Command) {})
	_, err = b.commander.Request(t.Context(), agentID("c"), ping, 50*time.Millisecond)
	require.ErrorIs(t, err, remote.ErrTimeout)

	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.commander.Request(canceled, agentID("c"), ping, wait)
	require.ErrorIs(t, err, context.Canceled)

	_, err = b.commander.Request(t.Context(), "*", ping, wait)
	require.ErrorIs(t, err, remote.ErrAgentID)

	b.srv.Stop()
	require.Eventually(t, func() bool { return b.conn.Check(t.Context()) != nil }, wait, time.Millisecond)
	_, err = b.commander.Request(t.Context(), agentID("c"), ping, wait)
	require.ErrorIs(t, err, remote.ErrBusDown)
	require.ErrorIs(t, err, remote.ErrNotSent)
	require.ErrorIs(t, b.commander.Publish(t.Context(), agentID("c"), ping), remote.ErrNotSent)
	_, err = b.commander.Output(t.Context(), agentID("c"), "x")
	require.ErrorIs(t, err, remote.ErrBusDown)
}

func TestPublishReachesAllAgents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := make(chan string, 2)
	ids := []string{agentID("d"), agentID("e"), agentID("f")}
	for _, id := range ids[:2] {
		b.agent(t, id, func(_ *nats.Conn, _ *nats.Msg, cmd agentwire.Command) { got <- cmd.Func })
	}
	for _, id := range ids {
		require.NoError(t, b.commander.Publish(t.Context(), id, agentwire.Command{Func: agentwire.FuncRunChecks}))
	}
	require.Equal(t, agentwire.FuncRunChecks, <-got)
	require.Equal(t, agentwire.FuncRunChecks, <-got)
}

func TestOutputMissesNothingFromTheStart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := agentID("g")
	b.agent(t, id, func(nc *nats.Conn, _ *nats.Msg, _ agentwire.Command) {
		subject := subjects.CommandOutput(id, "one")
		for _, line := range []string{"first", ""} {
			data, err := agentwire.EncodeOutputLine(line)
			require.NoError(t, err)
			require.NoError(t, nc.Publish(subject, data))
		}
		require.NoError(t, nc.Publish(subject, []byte{0xc1})) // never valid
		end, err := agentwire.EncodeOutputEnd(3)
		require.NoError(t, err)
		require.NoError(t, nc.Publish(subject, end))
	})
	out, err := b.commander.Output(t.Context(), id, "one")
	require.NoError(t, err)
	defer out.Close()
	require.NoError(t, b.commander.Publish(t.Context(), id, agentwire.Command{Func: agentwire.FuncRawCmd}))
	for _, want := range []agentwire.OutputFrame{{Line: "first", HasLine: true}, {HasLine: true}, {Done: true, ExitCode: 3}} {
		f, err := out.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, f)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = out.Next(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestSlowReaderLosesLinesButNotTheStream(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := agentID("h")
	nc := b.srv.Agent(t, id)
	out, err := b.commander.Output(t.Context(), id, "one")
	require.NoError(t, err)
	defer out.Close()
	line, err := agentwire.EncodeOutputLine(strings.Repeat("x", 1000))
	require.NoError(t, err)
	for range 20_000 {
		require.NoError(t, nc.Publish(subjects.CommandOutput(id, "one"), line))
	}
	bustest.Drain(t, nc)
	require.NoError(t, b.conn.NATS().FlushTimeout(wait))
	lines, overflows := 0, 0
	next := func() (more bool) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		switch _, err := out.Next(ctx); {
		case err == nil:
			lines++
		case errors.Is(err, remote.ErrOverflow):
			overflows++
		default:
			require.ErrorIs(t, err, context.DeadlineExceeded)
			return lines == 0 || overflows == 0
		}
		return true
	}
	for end := time.Now().Add(wait); next() && time.Now().Before(end); {
	}
	require.Positive(t, lines)
	require.Less(t, lines, 20_000)
	require.Positive(t, overflows)
}

func TestTerminalCarriesSplitCharacters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, euro := agentID("i"), "€"
	nc := b.srv.Agent(t, id)
	term, err := b.commander.Terminal(t.Context(), id, "s")
	require.NoError(t, err)
	defer term.Close()
	publish := func(data []byte, err error) {
		t.Helper()
		require.NoError(t, err)
		require.NoError(t, nc.Publish(subjects.Terminal(id, "s"), data))
	}
	publish(agentwire.EncodeTerminalChunk([]byte("a" + euro[:1])))
	publish(agentwire.EncodeTerminalChunk([]byte(euro[1:2])))
	publish(agentwire.EncodeTerminalChunk([]byte(euro[2:] + "b\xff")))
	publish(agentwire.EncodeTerminalInfo("s", "fell back"))
	publish(agentwire.EncodeTerminalChunk([]byte(euro[:2])))
	publish(agentwire.EncodeOutputEnd(7))
	for _, want := range []remote.Chunk{
		{Text: "a"}, {Text: euro + "b\uFFFD"}, {Text: "[INFO] fell back\r\n", Notice: true}, {Text: "\uFFFD", Done: true, ExitCode: 7},
	} {
		c, err := term.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, c)
	}
}

func TestReplyDecodes(t *testing.T) {
	t.Parallel()
	encode := func(v any) remote.Reply {
		data, err := agentwire.EncodeValue(v)
		require.NoError(t, err)
		return remote.NewReply(data)
	}
	var script agentwire.ScriptResult
	require.NoError(t, encode(agentwire.ScriptResult{Stdout: "a", RetCode: 1 << 31}).Decode(&script))
	require.Equal(t, int64(1<<31), script.RetCode)
	var procs []agentwire.Process
	require.NoError(t, encode([]agentwire.Process{{Name: "init", PID: 1}}).Decode(&procs))
	require.Equal(t, "init", procs[0].Name)
	var free struct{ Success bool }
	require.NoError(t, encode(map[string]any{"success": true}).Decode(&free))
	require.True(t, free.Success)
	require.ErrorIs(t, encode("text").Decode(&procs), remote.ErrReply)
	require.JSONEq(t, `{"a":1}`, encode(map[string]any{"a": 1}).Text())
	require.Empty(t, remote.NewReply([]byte{0xc1}).Text())
}

func FuzzReply(f *testing.F) {
	f.Add([]byte("\xa4pong"))
	f.Add([]byte{0x81, 0xa1, 'a', 0x01})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := remote.NewReply(data)
		require.True(t, strings.ToValidUTF8(r.Text(), "") == r.Text())
		var (
			free  any
			procs []agentwire.Process
			s     agentwire.ScriptResult
		)
		for _, v := range []any{&free, &procs, &s} {
			if err := r.Decode(v); err != nil {
				require.ErrorIs(t, err, remote.ErrReply)
			}
		}
	})
}
