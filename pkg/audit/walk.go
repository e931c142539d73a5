package audit

import (
	"context"
	"fmt"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/cursor"
)

// exportBatch is how many rows an export reads at a time.
const exportBatch = 500

// Window is a piece of the log in the order of time, newest first, without the values.
type Window struct {
	Rows  []Row
	Next  string // empty at the end
	Total int64  // when the first piece was read
}

// Browse returns the rows after the place that a cursor names; an empty one is the beginning.
func (r *Reader) Browse(ctx context.Context, scope access.Scope, f Filter, limit int, after string) (Window, error) {
	at, err := cursor.Parse(after)
	if err == nil && after == "" {
		at.Total, err = r.counter.total(ctx, f, scope)
	}
	if err != nil {
		return Window{}, err
	}
	w := Window{Total: at.Total}
	var more bool
	w.Rows, more, err = r.after(ctx, scope, f, at, reading{limit: min(max(limit, 1), MaxPage)})
	if err != nil {
		return Window{}, fmt.Errorf("browse audit log: %w", err)
	}
	if more {
		w.Next, err = lastOf(w.Rows, at.Total).Encode()
	}
	return w, err
}

// Each calls fn with every row of the scope that matches, newest first, with the values. It reads in pieces, so that neither
// a transaction stays open nor memory grows however long fn takes. Rows written meanwhile are left out.
func (r *Reader) Each(ctx context.Context, scope access.Scope, f Filter, fn func(*Row) error) error {
	total, err := r.counter.total(ctx, f, scope)
	if err != nil {
		return err
	}
	for at := (cursor.Place{Total: total}); ; {
		rows, more, err := r.after(ctx, scope, f, at, reading{limit: exportBatch, values: true, cut: true})
		if err != nil {
			return fmt.Errorf("read audit log: %w", err)
		}
		for i := range rows {
			if err := fn(&rows[i]); err != nil {
				return err
			}
		}
		if !more || len(rows) == 0 {
			return nil
		}
		at = lastOf(rows, total)
	}
}

func lastOf(rows []Row, total int64) cursor.Place {
	last := rows[len(rows)-1]
	place := cursor.After(last.Time, last.ID)
	place.Total = total
	return place
}

func (r *Reader) after(ctx context.Context, scope access.Scope, f Filter, at cursor.Place, q reading) ([]Row, bool, error) {
	q.where, q.order, q.few = selection(f, scope), orderOf("entry_time", true), at.Total <= fewRows
	if at.ID > 0 {
		q.where.add("(l.entry_time, l.id) < (" + q.where.bind(at.Time()) + "::timestamptz, " + q.where.bind(at.ID) + "::bigint)")
	}
	return r.read(ctx, q)
}
