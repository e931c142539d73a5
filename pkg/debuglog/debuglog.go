// Package debuglog writes and reads the debug log: what went wrong with agents, updates, scripts and the product itself, for
// the people who run it (domain.md §11.2). It is not the log of the programs: rows are in the database, carry an agent where
// one is concerned, and are shown in the web app. Messages name things, never contents: no script, output or credential.
package debuglog

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// Level is how bad it is (rest-1.md §1.17).
type Level string

// The levels, from the mildest.
const (
	Info     Level = "info"
	Warning  Level = "warning"
	Error    Level = "error"
	Critical Level = "critical"
)

// Type is what it is about (rest-1.md §1.17).
type Type string

// The types.
const (
	AgentUpdate  Type = "agent_update"
	AgentIssues  Type = "agent_issues"
	WinUpdates   Type = "win_updates"
	SystemIssues Type = "system_issues"
	Scripting    Type = "scripting"
)

// maxMessage bounds what one row may say: texts of errors come from outside.
const maxMessage = 4_000

// Entry is one row.
type Entry struct {
	AgentPK int32 // 0: no agent
	Level   Level
	Type    Type
	Message string
}

// Execer is the transaction or pool a row is written through.
type Execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// insert writes the rows that the global setting agent_debug_level lets through, of agents that still exist. It reads
// core_settings and agents, which other contexts own.
const insert = `
INSERT INTO debug_log (agent_id, log_level, log_type, message)
SELECT w.agent, w.level, w.type, w.message
FROM unnest($1::int[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS w (agent, level, type, message, n)
CROSS JOIN core_settings k
WHERE array_position(ARRAY['info', 'warning', 'error', 'critical'], w.level)
    >= array_position(ARRAY['info', 'warning', 'error', 'critical'], k.agent_debug_level)
  AND (w.agent IS NULL OR EXISTS (SELECT FROM agents a WHERE a.id = w.agent))
ORDER BY w.n`

// Write stores the entries whose level reaches the global setting.
func Write(ctx context.Context, db Execer, entries ...Entry) error {
	agents := make([]*int32, len(entries))
	levels, types, messages := make([]string, len(entries)), make([]string, len(entries)), make([]string, len(entries))
	for i, e := range entries {
		if e.AgentPK != 0 {
			agents[i] = &entries[i].AgentPK
		}
		levels[i], types[i], messages[i] = string(e.Level), string(e.Type), shorten(e.Message)
	}
	if _, err := db.Exec(ctx, insert, agents, levels, types, messages); err != nil {
		return fmt.Errorf("write debug log: %w", err)
	}
	return nil
}

// insertOnce is insert for one entry about an agent that has none of the type younger than ten minutes.
const insertOnce = `
INSERT INTO debug_log (agent_id, log_level, log_type, message)
SELECT a.id, $2, $3, $4 FROM agents a CROSS JOIN core_settings k
WHERE a.id = $1 AND array_position(ARRAY['info', 'warning', 'error', 'critical'], $2::text)
    >= array_position(ARRAY['info', 'warning', 'error', 'critical'], k.agent_debug_level)
  AND NOT EXISTS (SELECT FROM debug_log d WHERE d.agent_id = a.id AND d.entry_time > now() - interval '10 minutes' AND d.log_type = $3::text)`

// Once is Write for one entry about an agent that may come in a flood: it is left out when the agent has an entry of the type
// that is younger than ten minutes.
func Once(ctx context.Context, db Execer, e Entry) error {
	if _, err := db.Exec(ctx, insertOnce, e.AgentPK, string(e.Level), string(e.Type), shorten(e.Message)); err != nil {
		return fmt.Errorf("write debug log: %w", err)
	}
	return nil
}

// shorten cuts a text and takes out what the database cannot store.
func shorten(text string) string {
	out := make([]rune, 0, min(len(text), maxMessage))
	for _, r := range text {
		if r == 0 {
			continue
		}
		if len(out) == maxMessage {
			return string(out[:maxMessage-1]) + "…"
		}
		out = append(out, r)
	}
	return string(out)
}
