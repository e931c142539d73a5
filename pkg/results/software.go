package results

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/software"
	"github.com/gueencode/gueenrmm/proto/events"
)

// SoftwareHandler applies lists of installed software.
type SoftwareHandler struct{}

// Apply implements Handler.
func (SoftwareHandler) Apply(ctx context.Context, tx pgx.Tx, batch []Message) (Report, error) {
	out := Report{Poison: map[int]error{}}
	var incoming []software.Incoming
	for i, m := range batch {
		items, err := software.Decode(m.Body)
		if err != nil {
			out.Poison[i] = err
			continue
		}
		incoming = append(incoming, software.Incoming{AgentPK: m.AgentPK, Items: items, Received: m.Received})
		out.Facts = append(out.Facts, events.RowChanged(m.AgentID, m.Received))
	}
	return out, software.Apply(ctx, tx, incoming)
}
