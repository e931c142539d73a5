// Package outbox takes background work in the transaction of the change that asks for it and hands it to the queue.
//
// A row of the table outbox is the truth about one piece of work: the drainer hands it to the queue under the row's task
// id, the worker marks it done, and what the queue has lost (a crash of Redis without persistence) is handed over again.
// So nothing that was committed is lost, nothing that was rolled back is done, and work that was marked done is not done
// twice; only a worker that dies between an outside effect and the mark leaves that effect to be repeated.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/schema/db/outboxdb"
)

// maxPayload bounds one payload: large data belongs in a table, the message carries its id.
const maxPayload = 256 << 10

// Message is one piece of work.
type Message struct {
	// Kind names the handler.
	Kind string
	// Queue is one of the queues of pkg/platform/queue; empty = default.
	Queue string
	// Payload is encoded as JSON. It is stored in the database and in Redis: no secrets.
	Payload any
	// Dedupe, if not empty, makes a second message of this kind and key vanish for as long as the first is kept
	// (some days after it was done).
	Dedupe string
	// Delay is how long to wait before the work is handed over.
	Delay time.Duration
}

// Enqueue writes the messages in the caller's transaction, in one statement. It returns how many were new.
func Enqueue(ctx context.Context, tx outboxdb.DBTX, messages ...Message) (int64, error) {
	if len(messages) == 0 {
		return 0, nil
	}
	p := outboxdb.InsertOutboxParams{RequestID: log.RequestID(ctx)}
	for _, m := range messages {
		payload, err := encode(m)
		if err != nil {
			return 0, err
		}
		if m.Queue == "" {
			m.Queue = queue.Default
		}
		p.Queues = append(p.Queues, m.Queue)
		p.Kinds = append(p.Kinds, m.Kind)
		p.Payloads = append(p.Payloads, payload)
		p.DedupeKeys = append(p.DedupeKeys, m.Dedupe)
		p.DelaysMs = append(p.DelaysMs, m.Delay.Milliseconds())
	}
	n, err := outboxdb.New().InsertOutbox(ctx, tx, p)
	if err != nil {
		return 0, fmt.Errorf("write outbox: %w", err)
	}
	return n, nil
}

func encode(m Message) (json.RawMessage, error) {
	if m.Payload == nil {
		return json.RawMessage("{}"), nil
	}
	payload, err := json.Marshal(m.Payload)
	if err != nil {
		return nil, fmt.Errorf("encode payload of %s: %w", m.Kind, err)
	}
	if len(payload) > maxPayload {
		return nil, fmt.Errorf("payload of %s has %d bytes, at most %d are allowed", m.Kind, len(payload), maxPayload)
	}
	return payload, nil
}

// Once makes a handler skip a task that is marked done and mark one that succeeds. Tasks that do not come from the outbox
// run as they are.
func Once(db outboxdb.DBTX, h queue.Handler) queue.Handler {
	do := h.Do
	queries := outboxdb.New()
	h.Do = func(ctx context.Context, task queue.Task) error {
		id, err := uuid.Parse(task.ID)
		if err != nil {
			return do(ctx, task)
		}
		done, err := queries.OutboxDone(ctx, db, id)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			// Not from the outbox, or done so long ago that the row was pruned.
			return do(ctx, task)
		case err != nil:
			return queue.NotBegun(fmt.Errorf("look whether task is done: %w", err))
		case done:
			return nil
		}
		if err := do(ctx, task); err != nil {
			return err
		}
		// The work is done: that is written down even if the time of the task is over.
		mctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markWithin)
		defer cancel()
		if err := queries.MarkOutboxDone(mctx, db, id); err != nil {
			return fmt.Errorf("mark task done: %w", err)
		}
		return nil
	}
	return h
}

// markWithin bounds writing down that a task is done.
const markWithin = 10 * time.Second
