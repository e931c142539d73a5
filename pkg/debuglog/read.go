package debuglog

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/cursor"
)

// MaxList is the most rows of one reading (rest-1.md §8).
const MaxList = 1000

const exportBatch = 500

// Filter narrows a reading; empty fields match everything.
type Filter struct {
	Level    string // exactly this one
	Type     string
	AgentID  string
	ClientID int32
	SiteID   int32
	Since    *time.Time // inclusive
	Until    *time.Time // exclusive
}

// Row is a stored row.
type Row struct {
	ID      int64
	Time    time.Time
	Level   Level
	Type    Type
	Message *string
	Agent   *string // host name
	AgentID *string
	Client  *string
	Site    *string
}

// Log reads the debug log.
type Log struct{ pool *pgxpool.Pool }

// New returns a Log.
func New(pool *pgxpool.Pool) *Log { return &Log{pool} }

// statement reads a page, newest first. Rows about no agent are in every scope (rest-1.md §1.6). It reads agents, sites and
// clients, which other contexts own.
func statement(f Filter, scope access.Scope, at cursor.Place, limit int) (string, []any) {
	var parts []string
	var args []any
	bind := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	for _, one := range []struct{ column, value string }{{"l.log_level", f.Level}, {"l.log_type", f.Type}} {
		if one.value != "" {
			parts = append(parts, one.column+" = "+bind(one.value))
		}
	}
	if f.AgentID != "" {
		parts = append(parts, "l.agent_id = (SELECT x.id FROM agents x WHERE x.agent_id = "+bind(f.AgentID)+")")
	}
	if f.ClientID != 0 {
		parts = append(parts, "si.client_id = "+bind(f.ClientID))
	}
	if f.SiteID != 0 {
		parts = append(parts, "si.id = "+bind(f.SiteID))
	}
	if !scope.All {
		parts = append(parts, "(l.agent_id IS NULL OR si.client_id = ANY ("+bind(orEmpty(scope.Clients))+"::int[]) OR si.id = ANY ("+
			bind(orEmpty(scope.Sites))+"::int[]))")
	}
	if f.Since != nil {
		parts = append(parts, "l.entry_time >= "+bind(*f.Since))
	}
	if f.Until != nil {
		parts = append(parts, "l.entry_time < "+bind(*f.Until))
	}
	if at.ID > 0 {
		parts = append(parts, "(l.entry_time, l.id) < ("+bind(at.Time())+"::timestamptz, "+bind(at.ID)+"::bigint)")
	}
	where := ""
	if len(parts) > 0 {
		where = " WHERE " + strings.Join(parts, " AND ")
	}
	return `SELECT l.id, l.entry_time, l.log_level, l.log_type, l.message, a.hostname, a.agent_id, cl.name, si.name
FROM debug_log l LEFT JOIN agents a ON a.id = l.agent_id LEFT JOIN sites si ON si.id = a.site_id LEFT JOIN clients cl ON cl.id = si.client_id` +
		where + " ORDER BY l.entry_time DESC, l.id DESC LIMIT " + bind(limit), args
}

func (l *Log) read(ctx context.Context, f Filter, scope access.Scope, at cursor.Place, limit int) ([]Row, error) {
	sql, args := statement(f, scope, at, limit)
	// Planned for these arguments each time: how much a level or an agent matches differs too much.
	found, err := l.pool.Query(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read debug log: %w", err)
	}
	rows, err := pgx.CollectRows(found, pgx.RowToStructByPos[Row])
	if err != nil {
		return nil, fmt.Errorf("read debug log: %w", err)
	}
	return rows, nil
}

// List returns the newest rows of the scope, at most MaxList.
func (l *Log) List(ctx context.Context, scope access.Scope, f Filter) ([]Row, error) {
	return l.read(ctx, f, scope, cursor.Place{}, MaxList)
}

// Browse returns at most limit rows after the cursor, and the cursor of what follows; empty at both ends.
func (l *Log) Browse(ctx context.Context, scope access.Scope, f Filter, limit int, after string) (rows []Row, next string, err error) {
	at, err := cursor.Parse(after)
	if err != nil {
		return nil, "", err
	}
	limit = min(max(limit, 1), MaxList)
	if rows, err = l.read(ctx, f, scope, at, limit+1); err != nil || len(rows) <= limit {
		return rows, "", err
	}
	rows = rows[:limit]
	next, err = lastOf(rows).Encode()
	return rows, next, err
}

// Each calls fn with every row of the scope that matches, newest first, reading in pieces.
func (l *Log) Each(ctx context.Context, scope access.Scope, f Filter, fn func(*Row) error) error {
	for at := (cursor.Place{}); ; {
		rows, err := l.read(ctx, f, scope, at, exportBatch)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := fn(&rows[i]); err != nil {
				return err
			}
		}
		if len(rows) < exportBatch {
			return nil
		}
		at = lastOf(rows)
	}
}

func lastOf(rows []Row) cursor.Place {
	last := rows[len(rows)-1]
	return cursor.After(last.Time, last.ID)
}

func orEmpty(ids []int32) []int32 {
	if ids == nil {
		return []int32{}
	}
	return ids
}
