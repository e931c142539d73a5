package audit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// exportBatch is how many rows an export reads at a time.
const exportBatch = 500

// position is a row's place in the order of time, newest first, with what the first page counted.
type position struct {
	Time  int64 `json:"t"` // microseconds
	ID    int64 `json:"i"`
	Total int64 `json:"n"`
}

func (p position) text() (string, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

func parsePosition(text string) (p position, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil || p.ID <= 0 {
		return p, fault.InvalidField("cursor", "This is no cursor of this list.")
	}
	return p, nil
}

// Window is a piece of the log in the order of time, newest first, without the values.
type Window struct {
	Rows  []Row
	Next  string // empty at the end
	Total int64  // when the first piece was read
}

// Browse returns the rows after the cursor; an empty cursor is the beginning.
func (r *Reader) Browse(ctx context.Context, scope access.Scope, f Filter, limit int, cursor string) (Window, error) {
	var at position
	var err error
	if cursor == "" {
		at.Total, err = r.counter.total(ctx, f, scope)
	} else {
		at, err = parsePosition(cursor)
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
		w.Next, err = positionOf(w.Rows, at.Total).text()
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
	for at := (position{Total: total}); ; {
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
		at = positionOf(rows, total)
	}
}

func positionOf(rows []Row, total int64) position {
	last := rows[len(rows)-1]
	return position{Time: last.Time.UnixMicro(), ID: last.ID, Total: total}
}

func (r *Reader) after(ctx context.Context, scope access.Scope, f Filter, at position, q reading) ([]Row, bool, error) {
	q.where, q.order, q.few = selection(f, scope), orderOf("entry_time", true), at.Total <= fewRows
	if at.ID > 0 {
		q.where.add("(l.entry_time, l.id) < (" + q.where.bind(time.UnixMicro(at.Time)) + "::timestamptz, " + q.where.bind(at.ID) + "::bigint)")
	}
	return r.read(ctx, q)
}
