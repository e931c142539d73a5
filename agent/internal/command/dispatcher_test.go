package command_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/bus"
	"github.com/gueencode/gueenrmm/agent/internal/command"
	"github.com/gueencode/gueenrmm/agent/internal/leaktest"
	"github.com/gueencode/gueenrmm/agent/internal/script"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const id = "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMn"

// replies records what is published, by subject.
type replies struct {
	mu  sync.Mutex
	got map[string][]string
}

func (r *replies) Publish(subject string, data []byte) error {
	text, err := agentwire.DecodeText(data)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got[subject] = append(r.got[subject], text)
	return nil
}

func (*replies) Flush(context.Context) error { return nil }

func (r *replies) of(subject string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.got[subject]...)
}

// slow blocks commands until it is released, and counts them.
type slow struct {
	release chan struct{}
	mu      sync.Mutex
	runs    int
}

func (s *slow) Run(context.Context, script.Script) script.Result { panic("broken runner") }
func (s *slow) Exec(ctx context.Context, c script.Command) script.CommandResult {
	s.mu.Lock()
	s.runs++
	s.mu.Unlock()
	select {
	case <-s.release:
	case <-ctx.Done():
	}
	return script.CommandResult{Stdout: c.Line}
}

func setup(t *testing.T) (*command.Dispatcher, *replies, *slow) {
	t.Helper()
	out, scripts := &replies{got: map[string][]string{}}, &slow{release: make(chan struct{})}
	d := command.New(context.Background(), command.Deps{AgentID: id, Bus: out, Scripts: scripts, Log: zap.NewNop(), Results: failing{}})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, d.Close(ctx))
	})
	return d, out, scripts
}

type failing struct{}

func (failing) Submit(string, string, any) error { return errors.New("disk is full") }

func send(t *testing.T, d *command.Dispatcher, reply string, cmd agentwire.Command) {
	t.Helper()
	data, err := cmd.Encode()
	require.NoError(t, err)
	d.Handle(bus.Message{Reply: reply, Data: data})
}

func answered(out *replies, subject string) func() bool {
	return func() bool { return len(out.of(subject)) > 0 }
}

func TestACrashIsAnswered(t *testing.T) {
	t.Parallel()

	d, out, _ := setup(t)
	send(t, d, "r", agentwire.Command{Func: "runscript"})
	require.Eventually(t, answered(out, "r"), time.Minute, time.Millisecond)
	require.Equal(t, []string{"internal error of the agent"}, out.of("r"))
}

func TestARepeatedCommandRunsOnce(t *testing.T) {
	t.Parallel()

	d, out, scripts := setup(t)
	cmd := agentwire.Command{Func: "rawcmd", ID: 7, Payload: map[string]string{"command": "x"}}
	send(t, d, "first", cmd)
	send(t, d, "meanwhile", cmd)
	require.Equal(t, []string{"this command has been received before"}, out.of("meanwhile"))
	close(scripts.release)
	require.Eventually(t, answered(out, "first"), time.Minute, time.Millisecond)
	send(t, d, "later", cmd)
	require.Equal(t, []string{"x"}, out.of("later"))
	require.Equal(t, 1, scripts.runs)
}

func TestTheNumberOfCommandsIsBounded(t *testing.T) {
	t.Parallel()

	d, out, scripts := setup(t)
	for range 400 {
		send(t, d, "r", agentwire.Command{Func: "rawcmd", Payload: map[string]string{"command": "x"}})
	}
	require.Len(t, out.of("r"), 400-32-256)
	require.True(t, strings.HasPrefix(out.of("r")[0], "the agent is busy"))
	send(t, d, "p", agentwire.Command{Func: "ping"})
	require.Equal(t, []string{"pong"}, out.of("p"), "a sign of life is given also then")
	close(scripts.release)
	require.Eventually(t, func() bool { return len(out.of("r")) == 400 }, time.Minute, time.Millisecond)
}

func TestForeignMessagesAreIgnored(t *testing.T) {
	t.Parallel()

	d, out, _ := setup(t)
	hello, err := agentwire.Hello{AgentID: id, Version: "1"}.Encode()
	require.NoError(t, err)
	d.Handle(bus.Message{Reply: "agent-hello", Data: hello})
	d.Handle(bus.Message{Reply: "x", Data: []byte{0xc1}})
	d.Handle(bus.Message{Reply: "x", Data: nil})
	send(t, d, "x", agentwire.Command{Func: "from_the_future"})
	require.Empty(t, out.of("agent-hello"))
	require.Empty(t, out.of("x"))
}
