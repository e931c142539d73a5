package audit

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
)

// Filter narrows a reading of the log. Of a list, nil means any and empty means none (rest-1.md §8).
type Filter struct {
	AgentIDs    []string
	ClientIDs   []int32 // of the agents' present place
	SiteIDs     []int32
	Users       []string
	Actions     []string
	ObjectTypes []string
	Since       *time.Time // inclusive
	Until       *time.Time // exclusive
}

// placed says that the rows to find depend on where agents are now, which changes without a row being written.
func (f Filter) placed() bool { return f.ClientIDs != nil || f.SiteIDs != nil }

// ofAgents says that only rows about agents can match.
func (f Filter) ofAgents() bool { return f.AgentIDs != nil || f.placed() }

// conditions collects conditions on the row l with their arguments.
type conditions struct {
	parts []string
	args  []any
}

func (c *conditions) bind(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *conditions) add(part string) { c.parts = append(c.parts, part) }

func (c *conditions) where() string {
	if len(c.parts) == 0 {
		return "true"
	}
	return strings.Join(c.parts, " AND ")
}

// agentsOf is the set of the agents of clients and sites. It reads agents and sites, which pkg/agents and pkg/clients own.
func (c *conditions) agentsOf(clients, sites []int32) string {
	return "SELECT a.agent_id FROM agents a JOIN sites s ON s.id = a.site_id WHERE s.client_id = ANY (" + c.bind(orEmpty(clients)) +
		"::int[]) OR s.id = ANY (" + c.bind(orEmpty(sites)) + "::int[])"
}

func (c *conditions) filter(f Filter) {
	for _, one := range []struct {
		column string
		values []string
	}{{"l.agent_id", f.AgentIDs}, {"l.username", f.Users}, {"l.action", f.Actions}, {"l.object_type", f.ObjectTypes}} {
		switch {
		case one.values == nil:
		case len(one.values) == 1: // its index then has the rows in the order of time as well
			c.add(one.column + " = " + c.bind(one.values[0]))
		default:
			c.add(one.column + " = ANY (" + c.bind(one.values) + "::text[])")
		}
	}
	if f.placed() {
		c.add("l.agent_id IN (" + c.agentsOf(f.ClientIDs, f.SiteIDs) + ")")
	}
	if f.Since != nil {
		c.add("l.entry_time >= " + c.bind(*f.Since))
	}
	if f.Until != nil {
		c.add("l.entry_time < " + c.bind(*f.Until))
	}
}

// selection is the whole condition: filter and scope (rest-1.md §1.6, audit-log scope; a role's clients and sites both count).
func selection(f Filter, scope access.Scope) conditions {
	var c conditions
	c.filter(f)
	switch {
	case scope.All:
	case f.ofAgents():
		c.add("l.agent_id IN (" + c.agentsOf(scope.Clients, scope.Sites) + ")")
	default:
		c.add("(l.agent_id IS NULL OR l.agent_id IN (" + c.agentsOf(scope.Clients, scope.Sites) + "))")
	}
	return c
}

// part is a piece of a selection that is counted by itself.
type part struct {
	conditions
	key    string
	stable bool // what was counted stays true, because rows are only added
}

// parts splits a selection into disjoint pieces: the rows about no agent, whose number only grows, and those about agents
// that a scope reaches at the moment.
func parts(f Filter, scope access.Scope) []part {
	if scope.All || f.ofAgents() {
		return []part{{conditions: selection(f, scope), key: keyOf("all", f, scope), stable: scope.All && !f.placed()}}
	}
	var none, some conditions
	none.filter(f)
	none.add("l.agent_id IS NULL")
	some.filter(f)
	some.add("l.agent_id IN (" + some.agentsOf(scope.Clients, scope.Sites) + ")")
	return []part{
		{conditions: none, key: keyOf("none", f, access.Scope{}), stable: true},
		{conditions: some, key: keyOf("some", f, scope)},
	}
}

// keyOf names a piece in memory.
func keyOf(kind string, f Filter, scope access.Scope) string {
	raw, err := json.Marshal([]any{kind, f, scope})
	if err != nil {
		return "" // cannot happen: the types are plain; without a key nothing is remembered
	}
	return string(raw)
}

func orEmpty(ids []int32) []int32 {
	if ids == nil {
		return []int32{}
	}
	return ids
}
