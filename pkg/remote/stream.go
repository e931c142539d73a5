package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

const (
	// A reader that is slower than the agent loses messages beyond this; memory stays bounded.
	streamMessages = 8192
	streamBytes    = 8 << 20
)

// ErrOverflow says that messages between the last and the next one were dropped because the reader was too slow.
var ErrOverflow = errors.New("stream messages were dropped")

// stream is a subscription that was ready before it was returned.
type stream struct {
	sub       *nats.Subscription
	commander *Commander
}

func (c *Commander) open(ctx context.Context, subject string) (*stream, error) {
	if subject == "" {
		return nil, ErrAgentID
	}
	if c.conn.Check(ctx) != nil {
		return nil, ErrBusDown
	}
	sub, err := c.conn.NATS().SubscribeSync(subject)
	if err != nil {
		return nil, c.why(ctx, err)
	}
	s := &stream{sub: sub, commander: c}
	if err = sub.SetPendingLimits(streamMessages, streamBytes); err == nil {
		err = c.flush(ctx)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open stream: %w", err)
	}
	return s, nil
}

// next waits for a message. ErrOverflow is not the end.
func (s *stream) next(ctx context.Context) ([]byte, error) {
	m, err := s.sub.NextMsgWithContext(ctx)
	switch {
	case err == nil:
		return m.Data, nil
	case errors.Is(err, nats.ErrSlowConsumer):
		s.commander.dropped.WithLabelValues("slow_reader").Inc()
		return nil, ErrOverflow
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	default:
		return nil, fmt.Errorf("read stream: %w", err)
	}
}

// Close ends the subscription; a pending Next returns. It may be called more than once.
func (s *stream) Close() {
	// A subscription that is already gone, alone or with its connection, is what is wanted.
	if err := s.sub.Unsubscribe(); err != nil {
		return
	}
}

// Output is the streamed output of one command.
type Output struct{ *stream }

// Output subscribes to a command's output. It is ready when it returns, so publish the command afterwards: early lines
// would be lost otherwise (agent-protocol.md §3.5).
func (c *Commander) Output(ctx context.Context, agentID, cmdID string) (*Output, error) {
	s, err := c.open(ctx, subjects.CommandOutput(agentID, cmdID))
	if err != nil {
		return nil, err
	}
	return &Output{s}, nil
}

// Next waits for the next line or end. Messages that do not decode are skipped and counted. After ErrOverflow it can be
// called again.
func (o *Output) Next(ctx context.Context) (agentwire.OutputFrame, error) {
	for {
		data, err := o.next(ctx)
		if err != nil {
			return agentwire.OutputFrame{}, err
		}
		f, err := agentwire.DecodeOutput(data)
		if err == nil {
			return f, nil
		}
		o.commander.dropped.WithLabelValues("undecodable").Inc()
	}
}

// Terminal is the output of one terminal session.
type Terminal struct {
	*stream
	rest []byte // incomplete UTF-8 sequence of the last chunk
}

// Chunk is output of a terminal session as valid UTF-8.
type Chunk struct {
	Text     string
	Notice   bool // Text is a message of the agent, not of the shell
	Done     bool
	ExitCode int64
}

// Terminal subscribes to a session's output. It is ready when it returns.
func (c *Commander) Terminal(ctx context.Context, agentID, sessionID string) (*Terminal, error) {
	s, err := c.open(ctx, subjects.Terminal(agentID, sessionID))
	if err != nil {
		return nil, err
	}
	return &Terminal{stream: s}, nil
}

// Next waits for the next chunk. A UTF-8 sequence that is split between chunks comes whole with the second one.
func (t *Terminal) Next(ctx context.Context) (Chunk, error) {
	for {
		data, err := t.next(ctx)
		if err != nil {
			return Chunk{}, err
		}
		f, err := agentwire.DecodeTerminal(data)
		if err != nil {
			t.commander.dropped.WithLabelValues("undecodable").Inc()
			continue
		}
		c := t.chunk(f)
		if c.Text != "" || c.Done {
			return c, nil
		}
	}
}

func (t *Terminal) chunk(f agentwire.TerminalFrame) Chunk {
	c := Chunk{Notice: f.Notice, Done: f.Done, ExitCode: f.ExitCode}
	if f.Notice {
		c.Text = strings.ToValidUTF8(string(f.Output), "\uFFFD")
		return c
	}
	whole, rest := append(t.rest, f.Output...), []byte(nil)
	if !f.Done {
		whole, rest = agentwire.SplitUTF8(whole)
	}
	t.rest = append([]byte(nil), rest...)
	c.Text = strings.ToValidUTF8(string(whole), "\uFFFD")
	return c
}
