package rest

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// AgentID is the path form of an agent's identifier: at least 21 characters, or the route does not match (rest-1.md §1.1).
type AgentID string

// minAgentID keeps /agents/history/ and its like apart from /agents/<agent_id>/.
const minAgentID = 21

// paramPlan is one path, query or header parameter.
type paramPlan struct {
	in       string // path, query, header
	name     string
	doc      string
	index    []int
	typ      reflect.Type // without the pointer
	optional bool         // a pointer: nil when it was not sent
	fallback string
	rules    rules
}

func planParam(f reflect.StructField) (paramPlan, error) {
	p := paramPlan{index: f.Index, doc: f.Tag.Get("doc"), fallback: f.Tag.Get("default"), typ: f.Type}
	for _, in := range []string{"path", "query", "header"} {
		if name := f.Tag.Get(in); name != "" {
			p.in, p.name = in, name
		}
	}
	if p.in == "" {
		return p, fmt.Errorf("field %s is neither a path, query or header parameter nor the Body", f.Name)
	}
	if f.Type.Kind() == reflect.Pointer {
		p.optional, p.typ = true, f.Type.Elem()
	}
	r, err := parseRules(f.Tag.Get("rule"))
	if err != nil {
		return p, fmt.Errorf("field %s: %w", f.Name, err)
	}
	r.blank = true
	p.rules = r
	elem := p.typ
	if isListType(elem) {
		elem = elem.Elem()
	}
	if err := supported(elem); err != nil {
		return p, fmt.Errorf("field %s: %w", f.Name, err)
	}
	return p, nil
}

// matchesPath says whether a path segment has the form that the parameter's type asks for. A segment that has not is no
// bad input: the route simply does not exist.
func (p *paramPlan) matchesPath(segment string) bool {
	switch {
	case segment == "":
		return false
	case p.typ == reflect.TypeFor[AgentID]():
		return utf8.RuneCountInString(segment) >= minAgentID
	case p.typ.Kind() == reflect.Int32:
		n, ok := parseInt(value{kind: kindString, text: segment})
		return isDigits(segment) && ok && n <= 1<<31-1
	case p.typ.Kind() == reflect.Int64:
		return isDigits(segment) && len(segment) <= 18
	}
	return true
}

func readParams(plan *inputPlan, c *Call, dst reflect.Value) error {
	errs := &Errors{}
	query := c.Request.URL.Query()
	for i := range plan.params {
		p := &plan.params[i]
		var texts []string
		switch p.in {
		case "path":
			texts = []string{c.params[p.name]}
		case "query":
			texts = query[p.name]
		case "header":
			texts = c.Request.Header.Values(p.name)
		}
		if p.fallback != "" && (len(texts) == 0 || texts[0] == "" && p.typ.Kind() != reflect.String) {
			texts = []string{p.fallback} // "?limit=" is the same as no limit
		}
		if len(texts) == 0 {
			if p.rules.required {
				errs.Add(p.name, msgRequired)
			}
			continue
		}
		p.set(dst.FieldByIndex(p.index), readable(texts), errs)
	}
	return errs.Err()
}

// readable replaces bytes that are no UTF-8, which neither the database nor an answer takes.
func readable(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = strings.ToValidUTF8(text, string(utf8.RuneError))
	}
	return out
}

func (p *paramPlan) set(dst reflect.Value, texts []string, errs *Errors) {
	if p.optional {
		if texts[0] == "" && p.typ.Kind() != reflect.String {
			return // "?page=" is the same as no page
		}
		target := reflect.New(p.typ)
		dst.Set(target)
		dst = target.Elem()
	}
	if isListType(p.typ) {
		p.setList(dst, texts, errs)
		return
	}
	v := value{kind: kindString, text: texts[0]}
	if v.text == "" && p.typ.Kind() != reflect.String {
		return
	}
	if message := scalar(dst, v, &p.rules); message != "" {
		errs.Add(p.name, message)
	}
}

// setList reads both a=1&a=2 and a=1,2.
func (p *paramPlan) setList(dst reflect.Value, texts []string, errs *Errors) {
	r := p.rules.item
	if r == nil {
		r = &rules{blank: true}
	}
	out := reflect.MakeSlice(p.typ, 0, len(texts))
	for _, text := range texts {
		for _, part := range strings.Split(text, ",") {
			if part == "" {
				continue
			}
			item := reflect.New(p.typ.Elem()).Elem()
			if message := scalar(item, value{kind: kindString, text: part}, r); message != "" {
				errs.Add(p.name, message)
				return
			}
			out = reflect.Append(out, item)
		}
	}
	dst.Set(out)
}
