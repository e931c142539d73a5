package rest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// The messages of rest-1.md §1.5.
const (
	msgRequired    = "This field is required."
	msgNull        = "This field may not be null."
	msgBlank       = "This field may not be blank."
	msgNotString   = "Not a valid string."
	msgNulByte     = "Null characters are not allowed."
	msgNotInt      = "A valid integer is required."
	msgNotNumber   = "A valid number is required."
	msgNotBool     = "Must be a valid boolean."
	msgEmptyList   = "This list may not be empty."
	msgNotDatetime = "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
	msgNotTime     = "Time has wrong format. Use one of these formats instead: hh:mm[:ss[.uuuuuu]]."
	msgNotFile     = "The submitted data was not a file. Check the encoding type on the form."
)

// Errors collects validation messages in the order of the fields, because clients show the first. The zero value is ready.
type Errors struct {
	keys   []string
	values map[string]any // []string, *Errors, or []any of *Errors
	merged *Errors        // the nested object whose messages stand here, see merge
}

// Add appends a message to a field; fault.NonField is the field of messages about the whole object.
func (e *Errors) Add(field, message string) {
	list, _ := e.values[field].([]string)
	e.put(field, append(list, message))
}

// AddItem appends a message to one item of a list field.
func (e *Errors) AddItem(field string, index int, message string) {
	nested, ok := e.values[field].(*Errors)
	if !ok {
		nested = &Errors{}
		e.put(field, nested)
	}
	nested.Add(strconv.Itoa(index), message)
}

// Require refuses the named fields that are absent. Operations whose permission depends on their body use it instead of
// the required rule, so that who may not call them is told that first.
func Require(present map[string]bool, names ...string) error {
	e := &Errors{}
	for _, name := range names {
		if !present[name] {
			e.Add(name, msgRequired)
		}
	}
	return e.Err()
}

// Empty says whether nothing was refused.
func (e *Errors) Empty() bool { return e == nil || len(e.keys) == 0 }

// Err returns e as an error, or nil when nothing was refused.
func (e *Errors) Err() error {
	if e.Empty() {
		return nil
	}
	return e
}

// Error implements error.
func (e *Errors) Error() string {
	raw, err := e.MarshalJSON()
	if err != nil {
		return "invalid input"
	}
	return "invalid input: " + string(raw)
}

// Fields returns the messages as fault.Fields.
func (e *Errors) Fields() fault.Fields {
	out := make(fault.Fields, len(e.keys))
	for _, k := range e.keys {
		out[k] = e.values[k]
	}
	return out
}

// MarshalJSON writes the fields in the order in which they were refused.
func (e *Errors) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, k := range e.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := encodeJSON(k)
		if err != nil {
			return nil, err
		}
		value, err := encodeJSON(e.values[k])
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (e *Errors) put(field string, v any) {
	if e.values == nil {
		e.values = map[string]any{}
	}
	if _, ok := e.values[field]; !ok {
		e.keys = append(e.keys, field)
	}
	e.values[field] = v
}

// sort brings the fields into the order of the body's type.
func (e *Errors) sort(plan *bodyPlan) {
	rank := map[string]int{}
	for i := range plan.fields {
		rank[plan.fields[i].name] = i - len(plan.fields)
	}
	slices.SortStableFunc(e.keys, func(a, b string) int { return rank[a] - rank[b] })
}

// nest takes over the messages of a nested object.
func (e *Errors) nest(field string, nested *Errors) {
	if !nested.Empty() {
		e.put(field, nested)
	}
}

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// merge takes over the messages of a nested object as if its fields were this object's. The first such object wins: the
// reference looks at one after the other and stops at the first that is not valid.
func (e *Errors) merge(nested *Errors) {
	if nested.Empty() || (!e.Empty() && e.merged != nested) {
		return
	}
	e.merged = nested
	for _, k := range nested.keys {
		e.put(k, nested.values[k])
	}
}
