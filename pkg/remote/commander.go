// Package remote sends commands to agents and reads their answers and streams (agent-protocol.md §3). It uses the one
// shared connection of the service and knows at once when an agent is not connected.
package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

// Why a command did not get its answer.
var (
	ErrOffline = errors.New("agent is not connected")     // known at once: nobody listens on the agent's id
	ErrTimeout = errors.New("agent did not answer")       // connected, but no answer within the wait
	ErrBusDown = errors.New("message bus is not reached") // our own side; trying again later helps
)

// ErrNotSent is an ErrBusDown that was known before the command left: trying again later repeats nothing.
var ErrNotSent = fmt.Errorf("nothing was sent: %w", ErrBusDown)

// ErrAgentID says that the id cannot be an agent's.
var ErrAgentID = errors.New("not an agent id")

// Commander sends commands. It is safe for concurrent use.
type Commander struct {
	conn     *bus.Conn
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	dropped  *prometheus.CounterVec
}

// New returns a Commander on a connection to the services' account.
func New(conn *bus.Conn, metrics prometheus.Registerer) (*Commander, error) {
	c := &Commander{
		conn: conn,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_agent_commands_total", Help: "Commands to agents, by function and outcome.",
		}, []string{"func", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gueen_agent_command_seconds", Help: "Time until an agent answered.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 9),
		}, []string{"func"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_agent_stream_dropped_total", Help: "Stream messages of agents not passed on, by reason.",
		}, []string{"reason"}),
	}
	for _, m := range []prometheus.Collector{c.requests, c.duration, c.dropped} {
		if err := metrics.Register(m); err != nil {
			return nil, fmt.Errorf("register remote metrics: %w", err)
		}
	}
	return c, nil
}

// Request sends the command and waits for the agent's answer. Errors: ErrOffline, ErrTimeout, ErrBusDown, ErrNotSent, ErrAgentID, the
// context's own end, or a command that cannot be encoded.
func (c *Commander) Request(ctx context.Context, agentID string, cmd agentwire.Command, wait time.Duration) (Reply, error) {
	start := time.Now()
	reply, err := c.request(ctx, agentID, cmd, wait)
	c.requests.WithLabelValues(cmd.Func, outcome(err)).Inc()
	if err != nil {
		return Reply{}, fmt.Errorf("command %s: %w", cmd.Func, err)
	}
	c.duration.WithLabelValues(cmd.Func).Observe(time.Since(start).Seconds())
	return reply, nil
}

func (c *Commander) request(ctx context.Context, agentID string, cmd agentwire.Command, wait time.Duration) (Reply, error) {
	m, err := c.message(ctx, agentID, cmd)
	if err != nil {
		return Reply{}, err
	}
	limited, cancel := context.WithTimeoutCause(ctx, wait, ErrTimeout)
	defer cancel()
	answer, err := c.conn.NATS().RequestMsgWithContext(limited, m)
	if err == nil {
		return Reply{data: answer.Data}, nil
	}
	return Reply{}, c.why(ctx, err)
}

// Publish sends the command without waiting for an answer. It does not learn whether the agent is there.
func (c *Commander) Publish(ctx context.Context, agentID string, cmd agentwire.Command) error {
	m, err := c.message(ctx, agentID, cmd)
	if err == nil {
		err = c.conn.NATS().PublishMsg(m)
		if err != nil {
			err = c.why(ctx, err)
		}
	}
	c.requests.WithLabelValues(cmd.Func, outcome(err)).Inc()
	if err != nil {
		return fmt.Errorf("command %s: %w", cmd.Func, err)
	}
	return nil
}

func (c *Commander) message(ctx context.Context, agentID string, cmd agentwire.Command) (*nats.Msg, error) {
	if !agentwire.ValidAgentID(agentID) {
		return nil, ErrAgentID
	}
	data, err := cmd.Encode()
	if err != nil {
		return nil, err
	}
	if c.conn.Check(ctx) != nil {
		return nil, ErrNotSent
	}
	m := &nats.Msg{Subject: subjects.Command(agentID), Data: data}
	if id := log.RequestID(ctx); id != "" {
		m.Header = nats.Header{log.RequestIDHeader: []string{id}}
	}
	return m, nil
}

// why maps an error of the client to what it means here; ctx is the caller's context.
func (c *Commander) why(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, nats.ErrNoResponders):
		return ErrOffline
	case c.conn.Check(ctx) != nil, errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrReconnectBufExceeded):
		return ErrBusDown
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return ErrTimeout
	default:
		return err
	}
}

const flushWithin = 3 * time.Second

// flush waits until the server has processed what was sent, subscriptions included.
func (c *Commander) flush(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, flushWithin)
	defer cancel()
	if err := c.conn.NATS().FlushWithContext(limited); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return errors.Join(ErrBusDown, err)
	}
	return nil
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, ErrOffline):
		return "offline"
	case errors.Is(err, ErrTimeout):
		return "timeout"
	case errors.Is(err, ErrBusDown):
		return "bus_down"
	case errors.Is(err, context.Canceled):
		return "canceled"
	default:
		return "error"
	}
}
