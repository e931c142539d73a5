package results

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/debuglog"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/proto/events"
)

// DB is what a query outside a batch needs.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// resolveAgents looks up the agents of the results. Those of agents that no longer exist are done with.
func resolveAgents(ctx context.Context, tx pgx.Tx, w *work) error {
	var ids []string
	for _, i := range w.fresh {
		ids = append(ids, w.parsed[i].AgentID)
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT id, agent_id FROM agents WHERE agent_id = ANY ($1)`, ids)
	if err != nil {
		return fmt.Errorf("find agents of results: %w", err)
	}
	known := map[string]int32{}
	var pk int32
	var id string
	if _, err := pgx.ForEachRow(rows, []any{&pk, &id}, func() error { known[id] = pk; return nil }); err != nil {
		return fmt.Errorf("find agents of results: %w", err)
	}
	w.fresh = slices.DeleteFunc(w.fresh, func(i int) bool {
		pk, ok := known[w.parsed[i].AgentID]
		w.parsed[i].AgentPK = pk
		if !ok {
			w.outcomes[i] = outcomeGone
		}
		return !ok
	})
	return nil
}

// applyQuery marks results as applied and returns those that were not before. The order keeps two replicas that meet the
// same ids from waiting for each other.
const applyQuery = `INSERT INTO applied_results (message_id) SELECT DISTINCT u FROM unnest($1::text[]) AS u ORDER BY u
	ON CONFLICT DO NOTHING RETURNING message_id`

// skipApplied leaves out what was applied before.
func skipApplied(ctx context.Context, tx pgx.Tx, w *work) error {
	var ids []string
	for _, i := range w.fresh {
		ids = append(ids, w.parsed[i].ID)
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, applyQuery, ids)
	if err != nil {
		return fmt.Errorf("mark results: %w", err)
	}
	first, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("mark results: %w", err)
	}
	once := make(map[string]bool, len(first))
	for _, id := range first {
		once[id] = true
	}
	w.fresh = slices.DeleteFunc(w.fresh, func(i int) bool {
		id := w.parsed[i].ID
		if once[id] {
			delete(once, id) // the same id further on in the batch is a repetition
			return false
		}
		w.outcomes[i] = outcomeDuplicate
		return true
	})
	return nil
}

const maxReason = 1000

// park keeps a result that cannot be applied, for an operator to look at.
func (c *Consumer) park(ctx context.Context, db DB, subject string, m Message, reason error) error {
	text := strings.ToValidUTF8(strings.ReplaceAll(reason.Error(), "\x00", ""), "\uFFFD")
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "")
	}
	var agent *int32
	if m.AgentPK != 0 {
		agent = &m.AgentPK
	}
	received := m.Received
	if received.IsZero() {
		received = time.Now()
	}
	_, err := db.Exec(ctx, `INSERT INTO parked_results (subject, message_id, agent_id, ref, reason, payload, received)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, subject, m.ID, agent, m.Ref, text, m.Body, received)
	if err != nil {
		return fmt.Errorf("park result: %w", err)
	}
	if agent != nil {
		// The people who run the product see it too; the reason is in the parked row.
		err := debuglog.Once(ctx, db, debuglog.Entry{
			AgentPK: m.AgentPK, Level: debuglog.Error, Type: debuglog.AgentIssues,
			Message: "A result of kind " + string(m.Kind) + " could not be applied and was set aside.",
		})
		if err != nil {
			return err
		}
	}
	c.limited.Warn("parked "+string(m.Kind), "result cannot be applied and was parked", zap.String(log.FieldSubject, subject),
		zap.String(log.FieldMessageID, m.ID), zap.String(log.FieldRequestID, m.RequestID), zap.String(log.FieldReason, text))
	return nil
}

// parkAlone parks a result whose transaction failed for its content, and acknowledges it.
func (c *Consumer) parkAlone(ctx context.Context, m jetstream.Msg, reason error) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyWithin)
	defer cancel()
	parsed, err := parse(m)
	if err != nil {
		reason = err
	}
	if err := c.park(limited, c.pool, m.Subject(), parsed, reason); err != nil {
		return err
	}
	c.metrics.applied.WithLabelValues(label(parsed.Kind), outcomeParked).Inc()
	if err := m.Ack(); err != nil {
		c.limited.Warn("ack", "parked result could not be acknowledged, it will be delivered again", zap.Error(err))
	}
	return nil
}

// uniqueFacts leaves one of the facts about the same agent that say nothing beyond their kind.
func uniqueFacts(facts []bus.Fact) []bus.Fact {
	seen := map[string]bool{}
	return slices.DeleteFunc(facts, func(f bus.Fact) bool {
		if a, ok := f.(events.Agent); !ok || a.Result != nil {
			return false
		}
		again := seen[f.Subject()]
		seen[f.Subject()] = true
		return again
	})
}
