package results

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

// Parked is a result that could not be applied.
type Parked struct {
	ID        int64
	Subject   string
	MessageID string
	Ref       string
	Reason    string
	Size      int
	Received  time.Time
	ParkedAt  time.Time
}

// AgentID is the agent that sent it, as the subject says, or "".
func (p Parked) AgentID() string {
	_, id, _ := subjects.ParseResult(p.Subject)
	return id
}

// Kind is what it is about, as the subject says, or "".
func (p Parked) Kind() Kind {
	kind, _, _ := subjects.ParseResult(p.Subject)
	return Kind(kind)
}

const parkedColumns = `id, subject, message_id, ref, reason, length(payload), received, parked`

func scanParked(row pgx.CollectableRow) (p Parked, err error) {
	err = row.Scan(&p.ID, &p.Subject, &p.MessageID, &p.Ref, &p.Reason, &p.Size, &p.Received, &p.ParkedAt)
	return p, err
}

// ParkedFilter chooses among the parked results; what is empty chooses all.
type ParkedFilter struct {
	IDs     []int64
	Kind    Kind
	AgentID string
	Reason  string // a part of it, in any case
}

const parkedChosen = `($1::bigint[] IS NULL OR id = ANY ($1)) AND ($2 = '' OR split_part(subject, '.', 2) = $2)
	AND ($3 = '' OR split_part(subject, '.', 3) = $3) AND strpos(lower(reason), lower($4)) > 0`

func (f ParkedFilter) args() []any { return []any{f.IDs, string(f.Kind), f.AgentID, f.Reason} }

// ListParked returns what of the chosen was parked after the given key, oldest first, up to most.
func ListParked(ctx context.Context, pool *pgxpool.Pool, f ParkedFilter, after int64, most int) ([]Parked, error) {
	rows, err := pool.Query(ctx, `SELECT `+parkedColumns+` FROM parked_results WHERE `+parkedChosen+` AND id > $5 ORDER BY id LIMIT $6`,
		append(f.args(), after, most)...)
	if err != nil {
		return nil, fmt.Errorf("list parked results: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanParked)
	if err != nil {
		return nil, fmt.Errorf("list parked results: %w", err)
	}
	return out, nil
}

// GetParked returns one with its body as the agent sent it. The body may hold what a script printed: show it to nobody but
// the operator who asks.
func GetParked(ctx context.Context, pool *pgxpool.Pool, id int64) (p Parked, body []byte, err error) {
	err = pool.QueryRow(ctx, `SELECT `+parkedColumns+`, payload FROM parked_results WHERE id = $1`, id).
		Scan(&p.ID, &p.Subject, &p.MessageID, &p.Ref, &p.Reason, &p.Size, &p.Received, &p.ParkedAt, &body)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, nil, fault.NotFound("Parked result")
	}
	if err != nil {
		return p, nil, fmt.Errorf("read parked result: %w", err)
	}
	return p, body, nil
}

// DeleteParked gives the chosen ones up and returns which those were.
func DeleteParked(ctx context.Context, pool *pgxpool.Pool, f ParkedFilter) (ids []int64, err error) {
	rows, err := pool.Query(ctx, `DELETE FROM parked_results WHERE `+parkedChosen+` RETURNING id`, f.args()...)
	if err != nil {
		return nil, fmt.Errorf("delete parked results: %w", err)
	}
	if ids, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
		return nil, fmt.Errorf("delete parked results: %w", err)
	}
	return ids, nil
}

// RetryParked hands one to the stream again, as of the time when it was received first, and takes it from the parked ones
// when the stream has it. If it still cannot be applied it is parked anew. Repeating the call after a crash does not apply
// it twice.
func RetryParked(ctx context.Context, pool *pgxpool.Pool, conn *bus.Conn, id int64) error {
	p, body, err := GetParked(ctx, pool, id)
	if err != nil {
		return err
	}
	js, err := conn.JetStream()
	if err != nil {
		return err
	}
	// The first message's id is taken: it counts as applied since it was parked.
	m := &nats.Msg{Subject: p.Subject, Data: body, Header: nats.Header{
		nats.MsgIdHdr:  []string{fmt.Sprintf("parked:%d", p.ID)},
		headerReceived: []string{p.Received.UTC().Format(time.RFC3339Nano)},
	}}
	if p.Ref != "" {
		m.Header[headerRef] = []string{p.Ref}
	}
	if _, err := js.PublishMsg(ctx, m); err != nil {
		return fmt.Errorf("hand parked result to the stream: %w", err)
	}
	_, err = DeleteParked(ctx, pool, ParkedFilter{IDs: []int64{id}})
	return err
}

const countedParked = 10_000

func countParked(ctx context.Context, pool *pgxpool.Pool) (n int, err error) {
	err = pool.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM parked_results LIMIT $1) p`, countedParked).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count parked results: %w", err)
	}
	return n, nil
}
