package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// MaxPage is the most rows of one page.
const MaxPage = 1000

const (
	// fewRows is how many matching rows are collected and sorted; above, the walk along the order's index finds a page sooner.
	fewRows = 5_000
	// pageBytes bounds the values of one page in memory: a row may hold two of half a megabyte.
	pageBytes = 8 << 20
	leftOut   = `{"error":"left out: the values of this page are too large, ask for fewer rows"}`
)

// Reader reads the log.
type Reader struct {
	pool    *pgxpool.Pool
	counter *counter
}

// NewReader returns a Reader; now nil is time.Now.
func NewReader(pool *pgxpool.Pool, now func() time.Time) *Reader {
	if now == nil {
		now = time.Now
	}
	return &Reader{pool: pool, counter: newCounter(pool, now)}
}

// Page says which page of which order.
type Page struct {
	Sort       string // a column of sorts; anything else is the time
	Descending bool
	Number     int // from 1; beyond the end: the last page
	Size       int // at most MaxPage
}

// order is a list of sort terms; the last makes it unique.
type order []struct {
	column     string
	descending bool
}

// orderOf returns the order of a column. Each is the order of an index, forwards or backwards; rows that are equal in the
// column come newest first when it ascends. Values and debug info are no orders: their content must not show by it.
func orderOf(column string, descending bool) order {
	var o order
	add := func(column string, down bool) {
		o = append(o, struct {
			column     string
			descending bool
		}{"l." + column, down})
	}
	switch column {
	case "id":
		add("id", descending)
	case "username", "agent", "agent_id", "action", "object_type", "message":
		add(column, descending)
		add("entry_time", !descending)
		add("id", !descending)
	default:
		add("entry_time", descending)
		add("id", descending)
	}
	return o
}

func (o order) reversed() order {
	out := slices.Clone(o)
	for i := range out {
		out[i].descending = !out[i].descending
	}
	return out
}

func (o order) sql() string {
	terms := make([]string, len(o))
	for i, t := range o {
		terms[i] = t.column
		if t.descending {
			terms[i] += " DESC"
		}
	}
	return strings.Join(terms, ", ")
}

// List returns a page and how many rows there are on all pages.
func (r *Reader) List(ctx context.Context, scope access.Scope, f Filter, p Page) ([]Row, int64, error) {
	total, err := r.counter.total(ctx, f, scope)
	if err != nil || total == 0 {
		return nil, total, err
	}
	if p.Size < 1 || p.Size > MaxPage {
		p.Size = MaxPage
	}
	size := int64(p.Size)
	last := (total + size - 1) / size
	number := min(max(int64(p.Number), 1), last)
	offset := (number - 1) * size
	count := min(size, total-offset)
	o, backwards := orderOf(p.Sort, p.Descending), false
	if offset > total/2 { // the nearer end
		offset, backwards, o = total-offset-count, true, o.reversed()
	}
	rows, _, err := r.read(ctx, reading{
		where: selection(f, scope), few: total <= fewRows, order: o, limit: int(count), offset: offset, values: true,
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list audit log: %w", err)
	}
	if backwards {
		slices.Reverse(rows)
	}
	return rows, total, nil
}

// Get returns one row of the scope.
func (r *Reader) Get(ctx context.Context, scope access.Scope, id int64) (Row, error) {
	where := selection(Filter{}, scope)
	where.add("l.id = " + where.bind(id))
	rows, _, err := r.read(ctx, reading{where: where, few: true, order: orderOf("id", false), limit: 1, values: true})
	if err != nil {
		return Row{}, fmt.Errorf("read audit row: %w", err)
	}
	if len(rows) == 0 {
		return Row{}, fault.NotFound("AuditLog")
	}
	return rows[0], nil
}

// reading is one query.
type reading struct {
	where  conditions
	few    bool // so few rows match that they are collected first
	order  order
	limit  int
	offset int64
	values bool // with before, after and debug info
	cut    bool // end the page early instead of leaving values out
}

// read returns the rows, and whether rows beyond the page match (asked for with one more than the limit).
func (r *Reader) read(ctx context.Context, q reading) (rows []Row, more bool, err error) {
	sql, args := q.sql()
	found, err := r.pool.Query(ctx, sql, planned(args)...)
	if err != nil {
		return nil, false, err
	}
	defer found.Close()
	var picked int
	for found.Next() {
		var row Row
		if err := found.Scan(append(row.targets(), &row.Before, &row.After, &row.Debug, &picked)...); err != nil {
			return nil, false, err
		}
		if err := row.clean(); err != nil {
			return nil, false, err
		}
		rows = append(rows, row)
	}
	return rows, picked > len(rows), found.Err()
}

// sql first picks the keys of the page, then reads the wide columns of these rows alone.
func (q reading) sql() (string, []any) {
	o := q.order.sql()
	limit, offset := q.where.bind(q.limit+1), q.where.bind(q.offset)
	from := "audit_log l WHERE " + q.where.where()
	with := "WITH "
	if q.few {
		with += "matching AS MATERIALIZED (SELECT l.id, l.entry_time, l.username, l.agent, l.agent_id, l.action, l.object_type, l.message FROM " + from + "), "
		from = "matching l"
	}
	with += "picked AS MATERIALIZED (SELECT l.id FROM " + from + " ORDER BY " + o + " LIMIT " + limit + " OFFSET " + offset + ")"
	bytes, values := "0", "NULL::jsonb, NULL::jsonb, NULL::jsonb"
	shown := "s.n <= " + limit + " - 1"
	if q.values {
		bytes = `sum(coalesce(octet_length(l.before_value::text), 0) + coalesce(octet_length(l.after_value::text), 0)
    + coalesce(octet_length(l.debug_info::text), 0)) OVER (ORDER BY ` + o + ` ROWS UNBOUNDED PRECEDING)`
		fits := "(s.bytes <= " + q.where.bind(int64(pageBytes)) + " OR s.n = 1)"
		values = "s.before_value, s.after_value, s.debug_info"
		if q.cut {
			shown += " AND " + fits
		} else {
			note := q.where.bind(leftOut) + "::jsonb"
			values = "CASE WHEN " + fits + " OR s.before_value IS NULL THEN s.before_value ELSE " + note + " END, CASE WHEN " + fits +
				" OR s.after_value IS NULL THEN s.after_value ELSE " + note + " END, CASE WHEN " + fits + " THEN s.debug_info END"
		}
	}
	with += ", s AS (SELECT l.*, row_number() OVER (ORDER BY " + o + ") AS n, " + bytes + " AS bytes FROM picked JOIN audit_log l USING (id))"
	return with + " SELECT " + rowColumns + ", " + values + ", (SELECT count(*) FROM picked) FROM s" + places + " WHERE " + shown + " ORDER BY s.n", q.where.args
}
