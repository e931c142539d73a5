package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Row is a stored row.
type Row struct {
	ID         int64
	Time       time.Time
	Username   string
	Agent      *string // host name at that time
	AgentID    *string
	Action     string
	ObjectType string
	Message    *string
	Before     json.RawMessage // nil: null
	After      json.RawMessage
	Debug      json.RawMessage
	IP         string // of debug info; empty when it names none
	SiteID     *int32 // present site of the agent; nil when it is gone or none is concerned
	Site       string
	Client     string
	HasValues  bool // there is a before or an after, also when the reading left them out
}

// columns are read from "s", the rows of a page with their number n and the bytes of their values so far.
const rowColumns = `s.id, s.entry_time, s.username, s.agent, s.agent_id, s.action, s.object_type, s.message,
  coalesce(s.debug_info->>'ip', ''), si.id, coalesce(si.name, ''), coalesce(cl.name, ''),
  s.before_value IS NOT NULL OR s.after_value IS NOT NULL`

// places are the agents' present sites. They read agents, sites and clients, which other contexts own.
const places = ` LEFT JOIN agents ag ON ag.agent_id = s.agent_id LEFT JOIN sites si ON si.id = ag.site_id LEFT JOIN clients cl ON cl.id = si.client_id`

func (r *Row) targets() []any {
	return []any{
		&r.ID, &r.Time, &r.Username, &r.Agent, &r.AgentID, &r.Action, &r.ObjectType, &r.Message, &r.IP, &r.SiteID, &r.Site, &r.Client, &r.HasValues,
	}
}

// clean masks what versions without masks, or a restored system, may have stored in clear.
func (r *Row) clean() error {
	for _, value := range []*json.RawMessage{&r.Before, &r.After} {
		if !mayHoldSecrets(*value, r.ObjectType) {
			continue
		}
		masked, err := maskSecrets(*value, secretsOf(r.ObjectType))
		if err != nil {
			return fmt.Errorf("mask audit row %d: %w", r.ID, err)
		}
		*value = masked
	}
	return nil
}

// secretsOf are the further secret keys by the type of the object.
func secretsOf(objectType string) []string {
	switch objectType {
	case "globalkvstore", "keystore":
		return []string{"value"}
	case "urlaction":
		return []string{"rest_headers"}
	}
	return nil
}

// mayHoldSecrets saves the decoding of values, most of which name no secret.
func mayHoldSecrets(raw json.RawMessage, objectType string) bool {
	if len(raw) == 0 || raw[0] != '{' && raw[0] != '[' {
		return false
	}
	for _, key := range append(secretsOf(objectType), secretKeys()...) {
		if bytes.Contains(raw, []byte(`"`+key+`"`)) {
			return true
		}
	}
	return false
}

// planned makes Postgres plan a statement for these arguments each time. The conditions differ so much in what they match
// that a plan for any argument would be wrong for most.
func planned(args []any) []any { return append([]any{pgx.QueryExecModeCacheDescribe}, args...) }
