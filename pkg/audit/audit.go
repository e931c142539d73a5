// Package audit writes the audit log: who changed or started what, from where, with the object before and after
// (rest-1.md §1.11, domain.md §11). A row is written in the transaction of the change it describes, so that neither exists
// without the other.
package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gueencode/gueenrmm/pkg/access"
)

// Action is what was done (rest-1.md §1.17).
type Action string

// The actions that rows carry.
const (
	Login          Action = "login"
	FailedLogin    Action = "failed_login"
	Add            Action = "add"
	Modify         Action = "modify"
	Delete         Action = "delete"
	AgentInstall   Action = "agent_install"
	RemoteSession  Action = "remote_session"
	ExecuteScript  Action = "execute_script"
	ExecuteCommand Action = "execute_command"
	BulkAction     Action = "bulk_action"
	URLAction      Action = "url_action"
	View           Action = "view"
)

// DefaultMaxValueBytes is the size above which a JSON column is replaced by a note (rest-1.md §1.11).
const DefaultMaxValueBytes = 512 << 10

const maxMessage = 255

// Execer is the transaction or pool a row is written through.
type Execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Entry is one row. Before, After and Debug may be anything that marshals to JSON; nil is stored as null.
type Entry struct {
	Username   string
	Action     Action
	ObjectType string
	Message    string
	Agent      string // host name at that time; empty when no agent is concerned
	AgentID    string
	Before     any
	After      any
	Debug      map[string]any // nil takes the caller's address and kind of credential
	Secrets    []string       // further keys of Before and After whose values are masked
}

// Log writes audit rows.
type Log struct {
	maxValueBytes int
}

// New returns a Log that replaces values above maxValueBytes; 0 takes DefaultMaxValueBytes.
func New(maxValueBytes int) *Log {
	if maxValueBytes <= 0 {
		maxValueBytes = DefaultMaxValueBytes
	}
	return &Log{maxValueBytes: maxValueBytes}
}

const insertRow = `
INSERT INTO audit_log (username, agent, agent_id, action, object_type, before_value, after_value, message, debug_info)
VALUES ($1, NULLIF($2, ''), NULLIF($3, ''), $4, $5, $6, $7, $8, $9)`

// Record writes an explicit row through db, which should be the transaction of what it describes.
func (l *Log) Record(ctx context.Context, db Execer, e Entry) error {
	before, err := l.value(e.Before, e.Secrets)
	if err != nil {
		return fmt.Errorf("audit %s %s: encode before: %w", e.Action, e.ObjectType, err)
	}
	after, err := l.value(e.After, e.Secrets)
	if err != nil {
		return fmt.Errorf("audit %s %s: encode after: %w", e.Action, e.ObjectType, err)
	}
	if e.Debug == nil {
		e.Debug = callerDebug(access.From(ctx))
	}
	debug, err := l.value(e.Debug, nil)
	if err != nil {
		return fmt.Errorf("audit %s %s: encode debug info: %w", e.Action, e.ObjectType, err)
	}
	_, err = db.Exec(ctx, insertRow, e.Username, e.Agent, e.AgentID, string(e.Action), e.ObjectType,
		before, after, shorten(e.Message), debug)
	if err != nil {
		return fmt.Errorf("audit %s %s: %w", e.Action, e.ObjectType, err)
	}
	note(ctx)
	return nil
}

// Object describes a changed row of an audited model. Before is nil for an addition, After for a deletion.
type Object struct {
	Type    string // lower-cased model name, for example "client"
	Name    string // display name, ends the message
	Before  any
	After   any
	Agent   string // set for agents only
	AgentID string
	Secrets []string // further keys whose values are masked
}

// Change writes the object row of an addition, modification or deletion made by the context's caller. A modification
// whose serialised forms are equal writes nothing. Changes made by agents and by the product itself are not audited.
func (l *Log) Change(ctx context.Context, db Execer, o Object) error {
	actor := access.From(ctx)
	if actor.Kind != access.Session && actor.Kind != access.APIKey {
		return nil
	}
	action, verb := Modify, "modified"
	switch {
	case o.Before == nil:
		action, verb = Add, "added"
	case o.After == nil:
		action, verb = Delete, "deleted"
	default:
		same, err := sameJSON(o.Before, o.After)
		if err != nil {
			return fmt.Errorf("audit modify %s: compare: %w", o.Type, err)
		}
		if same {
			note(ctx)
			return nil
		}
	}
	before, err := rowless(o.Before, action)
	if err != nil {
		return fmt.Errorf("audit %s %s: encode before: %w", action, o.Type, err)
	}
	after, err := rowless(o.After, action)
	if err != nil {
		return fmt.Errorf("audit %s %s: encode after: %w", action, o.Type, err)
	}
	return l.Record(ctx, db, Entry{
		Username: actor.Username, Action: action, ObjectType: o.Type, Agent: o.Agent, AgentID: o.AgentID,
		Message: fmt.Sprintf("%s %s %s %s", actor.Username, verb, o.Type, o.Name),
		Before:  before, After: after, Debug: requestDebug(ctx, actor), Secrets: o.Secrets,
	})
}

// rowless sets the id to null where the object has no row: before it was added and after it was deleted (rest-2.md §0.6).
func rowless(v any, action Action) (any, error) {
	if v == nil || action == Modify {
		return v, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return v, nil //nolint:nilerr // not an object, so it has no id to hide
	}
	if _, has := members["id"]; !has {
		return json.RawMessage(raw), nil
	}
	members["id"] = json.RawMessage("null")
	return members, nil
}

func (l *Log) value(v any, secrets []string) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if raw, err = maskSecrets(raw, secrets); err != nil {
		return nil, err
	}
	if len(raw) > l.maxValueBytes {
		return json.RawMessage(`{"error":"value too large to store in audit log. Check documentation for configuring AUDIT_MAX_VALUE_BYTES"}`), nil
	}
	return raw, nil
}

func shorten(message string) string {
	runes := []rune(message)
	if len(runes) <= maxMessage {
		return message
	}
	return string(runes[:maxMessage-2]) + ".."
}

func sameJSON(a, b any) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	if err != nil {
		return false, err
	}
	return bytes.Equal(x, y), nil
}
