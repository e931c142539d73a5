package results

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

const (
	applyWithin  = 30 * time.Second
	backoffLimit = 10 * time.Second
	// A batch in work is extended this often in its ack wait, so that it is not delivered again.
	extensions = 4
)

// settle applies a batch and acknowledges it. While the database is away it waits and holds the batch; a batch that fails
// for its content is split, so that only the result at fault is parked.
func (c *Consumer) settle(ctx context.Context, batch []jetstream.Msg) {
	backoff := c.limits.Backoff
	for {
		err := c.apply(ctx, batch)
		switch {
		case err == nil:
			return
		case permanent(err) && len(batch) > 1:
			for _, m := range batch {
				c.settle(ctx, []jetstream.Msg{m})
			}
			return
		case permanent(err):
			err = c.parkAlone(ctx, batch[0], err)
			if err == nil {
				return
			}
		}
		c.metrics.failures.Inc()
		c.limited.Warn("apply", "results cannot be written, waiting", zap.Int(log.FieldCount, len(batch)), zap.Error(err))
		if !wait(ctx, backoff) {
			c.giveBack(batch)
			return
		}
		backoff = min(2*backoff, backoffLimit)
	}
}

// giveBack lets another replica have the results at once instead of after the ack wait.
func (c *Consumer) giveBack(batch []jetstream.Msg) {
	for _, m := range batch {
		if err := m.Nak(); err != nil {
			c.log.Debug("result could not be given back, it will be delivered again later", zap.Error(err))
			return
		}
	}
}

// hold keeps the results of a batch from being delivered again while it is in work, in its transaction as well as while it
// waits for the database, until release is called.
func (c *Consumer) hold(batch []jetstream.Msg) (release func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(c.limits.AckWait / extensions)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				c.extend(batch)
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

func (c *Consumer) extend(batch []jetstream.Msg) {
	for _, m := range batch {
		err := m.InProgress()
		if errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
			continue // the batch was split, and this one is done
		}
		if err != nil {
			c.log.Debug("result could not be held, it may be delivered twice", zap.Error(err))
			return
		}
	}
}

// work is a batch on its way through the transaction.
type work struct {
	messages []jetstream.Msg
	parsed   []Message
	fresh    []int // indexes that are neither unreadable, of an unknown agent, nor applied before
	facts    []bus.Fact
	outcomes []string // by index, for the metrics
}

// apply writes a batch in one transaction, then acknowledges and tells. The flush of a batch is not cut short by a stop.
func (c *Consumer) apply(ctx context.Context, batch []jetstream.Msg) error {
	start := time.Now()
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyWithin)
	defer cancel()
	w := &work{messages: batch}
	err := pgx.BeginFunc(limited, c.pool, func(tx pgx.Tx) error { return c.write(limited, tx, w) })
	if err != nil {
		return fmt.Errorf("apply results: %w", err)
	}
	c.metrics.observe(w, time.Since(start))
	c.trace(w)
	for _, m := range batch {
		if err := m.Ack(); err != nil {
			c.limited.Warn("ack", "result could not be acknowledged, it will be delivered again", zap.Error(err))
			break
		}
	}
	c.tell(w)
	return nil
}

// trace lets the request that brought a result be followed to the database, for those who look closely: there are too many
// results to say so about each.
func (c *Consumer) trace(w *work) {
	if !c.log.Core().Enabled(zap.DebugLevel) {
		return
	}
	for i, m := range w.parsed {
		c.log.Debug("result written", zap.String(log.FieldAgentID, m.AgentID), zap.String("kind", string(m.Kind)), zap.String(log.FieldMessageID, m.ID),
			zap.String(log.FieldRequestID, m.RequestID), zap.String("outcome", w.outcomes[i]))
	}
}

// tell wakes the publishers that wait and nudges the other services. Both may be lost.
func (c *Consumer) tell(w *work) {
	for inbox, tokens := range waiting(w.messages) {
		if err := c.conn.NATS().Publish(inbox, []byte(tokens)); err != nil {
			c.log.Debug("publisher could not be woken", zap.Error(err))
			break
		}
	}
	if err := c.conn.PublishFacts(uniqueFacts(w.facts)...); err != nil {
		c.log.Debug("facts about results could not be published", zap.Error(err))
	}
}

// waiting returns, by the inbox of their publisher, the tokens of the results that somebody waits for.
func waiting(batch []jetstream.Msg) map[string]string {
	var out map[string]string
	for _, m := range batch {
		inbox, token, ok := strings.Cut(m.Headers().Get(headerApplied), " ")
		if !ok || !strings.HasPrefix(inbox, nats.InboxPrefix) {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[inbox] += " " + token
	}
	return out
}

func (c *Consumer) write(ctx context.Context, tx pgx.Tx, w *work) error {
	w.parsed, w.outcomes = make([]Message, len(w.messages)), make([]string, len(w.messages))
	w.fresh, w.facts = w.fresh[:0], w.facts[:0]
	for i, m := range w.messages {
		var err error
		if w.parsed[i], err = parse(m); err == nil && c.handlers[w.parsed[i].Kind] == nil {
			err = errors.New("no handler for this kind")
		}
		if err != nil {
			if err := c.park(ctx, tx, m.Subject(), w.parsed[i], err); err != nil {
				return err
			}
			w.outcomes[i] = outcomeParked
			continue
		}
		w.fresh = append(w.fresh, i)
	}
	if err := resolveAgents(ctx, tx, w); err != nil {
		return err
	}
	if err := skipApplied(ctx, tx, w); err != nil {
		return err
	}
	for _, kind := range []Kind{KindCheck, KindTask, KindHistory, KindSoftware} {
		if err := c.hand(ctx, tx, w, kind); err != nil {
			return err
		}
	}
	return nil
}

// hand gives the fresh results of one kind to their handler.
func (c *Consumer) hand(ctx context.Context, tx pgx.Tx, w *work, kind Kind) error {
	var batch []Message
	var index []int
	for _, i := range w.fresh {
		if w.parsed[i].Kind == kind {
			batch, index = append(batch, w.parsed[i]), append(index, i)
		}
	}
	if len(batch) == 0 {
		return nil
	}
	report, err := safely(c.handlers[kind], ctx, tx, batch)
	if err != nil {
		return fmt.Errorf("%s results: %w", kind, err)
	}
	w.facts = append(w.facts, report.Facts...)
	for j, i := range index {
		w.outcomes[i] = outcomeApplied
		if reason, ok := report.Dropped[j]; ok {
			w.outcomes[i] = outcomeDropped
			c.limited.Warn("dropped "+batch[j].AgentID, "result is not for a row of its agent",
				zap.String(log.FieldAgentID, batch[j].AgentID), zap.String("kind", string(kind)),
				zap.String(log.FieldRequestID, batch[j].RequestID), zap.Error(reason))
		}
		if reason, ok := report.Poison[j]; ok {
			w.outcomes[i] = outcomeParked
			if err := c.park(ctx, tx, w.messages[i].Subject(), batch[j], reason); err != nil {
				return err
			}
		}
	}
	return nil
}

// errPanic marks a handler that broke on a result: the result is at fault until shown otherwise.
var errPanic = errors.New("handler panicked")

func safely(h Handler, ctx context.Context, tx pgx.Tx, batch []Message) (r Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v at %s", errPanic, p, firstLines(debug.Stack()))
		}
	}()
	return h.Apply(ctx, tx, batch)
}

func firstLines(stack []byte) string {
	const most = 2000
	if len(stack) > most {
		stack = stack[:most]
	}
	return string(stack)
}

// permanent says whether trying again cannot help: the data is at fault, not the database.
func permanent(err error) bool {
	if errors.Is(err, errPanic) {
		return true
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code[:2] {
	case "22", "23", "54": // data exception, integrity violation, program limit exceeded
		return true
	default:
		return false
	}
}
