// Package variables fills {{root.path}} placeholders in script arguments, environment variables, the arguments of alert
// actions, web hooks, links and messages (rest-1.md §1.18, domain.md §7.3-7.7).
//
// It is sandboxed by construction: a path is looked up in a Data value that the caller filled beforehand, and nothing
// else is reachable: no method is called, no query is made, no secret is in the data. A value is never looked at for further
// placeholders: much of it comes from machines, which must not learn what is in the key store. Work and output are bounded.
package variables

import (
	"encoding/json"
	"strings"
)

// Root is the first word of a placeholder.
type Root string

// The roots. Alert counts only in what ForAlert returns: for the actions of alerts.
const (
	Alert  Root = "alert"
	Agent  Root = "agent"
	Site   Root = "site"
	Client Root = "client"
	Global Root = "global"
)

// Limits. A placeholder that would make an item longer than MaxItemBytes counts as one without a value.
const (
	MaxItemBytes = 256 << 10
	maxListBytes = 4 << 20 // of all values put into one list; further placeholders stay as they are
	maxPath      = 1024
)

// Object is a value with attributes, for example an agent or its site. Display is what a path that ends on the object
// prints. Attributes may hold string, bool, int, int64, float64, []string, json.RawMessage, fmt.Stringer or *Object; an
// attribute that is absent from the map is unknown.
type Object struct {
	Display    string
	Attributes map[string]any
}

// Field is a custom field of one root: the stored value, or the default where nothing is stored. Checkboxes hold a bool.
type Field struct {
	Value any // string, bool or []string
}

// Data is everything a placeholder can reach.
type Data struct {
	Kind    Root // the instance's own kind: a leading segment of that name is dropped
	Self    *Object
	Globals map[string]string
	Fields  map[Root]map[string]Field
}

// Lookup resolves a path such as "agent.site.name". ok is false when there is no value: the path names nothing known in
// the key store, or ends on or passes an empty value. An unknown attribute is skipped, so that the path ends on the last
// known object, as existing scripts may expect (rest-1.md §1.18 (3)).
func (d *Data) Lookup(path string) (value any, ok bool) {
	if d == nil || len(path) > maxPath {
		return nil, false
	}
	parts := strings.Split(path, ".")
	root := Root(parts[0])
	if len(parts) < 2 || !d.known(root) {
		return nil, false
	}
	if len(parts) == 2 {
		if root == Global {
			v, found := d.Globals[parts[1]]
			return v, found
		}
		if f, found := d.Fields[root][parts[1]]; found {
			return f.Value, f.Value != nil
		}
	}
	if root == Global {
		return nil, false
	}
	if root == d.Kind {
		parts = parts[1:]
	}
	return walk(d.Self, parts)
}

// known keeps other uses of double braces, such as templates of other tools in an argument, from being filled.
func (d *Data) known(root Root) bool {
	switch root {
	case Agent, Site, Client, Global:
		return true
	case Alert:
		return d.Kind == Alert
	default:
		return false
	}
}

func walk(object *Object, parts []string) (any, bool) {
	if object == nil {
		return nil, false
	}
	var current any = object
	for _, part := range parts {
		o, isObject := current.(*Object)
		if !isObject {
			break // values have no attributes: further segments are unknown and skipped
		}
		next, known := o.Attributes[part]
		if !known {
			continue
		}
		if empty(next) {
			return nil, false
		}
		current = next
	}
	return current, true
}

// empty says which values count as none: false, zero, empty and null (domain.md §7.3).
func empty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return x == ""
	case bool:
		return !x
	case int:
		return x == 0
	case int64:
		return x == 0
	case float64:
		return x == 0
	case []string:
		return len(x) == 0
	case json.RawMessage:
		s := strings.TrimSpace(string(x))
		return s == "" || s == "null" || s == "{}" || s == "[]" || s == `""` || s == "0" || s == "false"
	case *Object:
		return x == nil
	default:
		return false
	}
}

// Contains says whether any of the texts holds a placeholder, so that callers load Data only when it is needed.
func Contains(texts ...[]string) bool {
	for _, list := range texts {
		for _, s := range list {
			if _, found := find(s); found {
				return true
			}
		}
	}
	return false
}

// placeholder is the one placeholder of an item: its path, and the span that its value replaces.
type placeholder struct {
	path       string
	start, end int
}

// find locates the placeholder of an item. Only the first line is looked at, the path is the text after the last "{{"
// that still has a "}}" behind it, and the replaced span runs from the first "{{" to the last "}}" (domain.md §7.4).
func find(item string) (placeholder, bool) {
	line, _, _ := strings.Cut(item, "\n")
	end := strings.LastIndex(line, "}}")
	if end < 0 {
		return placeholder{}, false
	}
	first := strings.Index(line[:end], "{{")
	if first < 0 {
		return placeholder{}, false
	}
	last := strings.LastIndex(line[:end], "{{")
	return placeholder{path: strings.TrimSpace(line[last+2 : end]), start: first, end: end + 2}, true
}
