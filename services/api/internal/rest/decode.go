package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// Validator is a body with rules that no tag can say. It is asked only when every field is fine by itself.
type Validator interface {
	Validate(*Errors)
}

// decoder fills bodies and collects the keys of other rows that they name, to be looked up together at the end.
type decoder struct {
	partial bool // absent fields are fine
	form    bool // the body was a form: an absent boolean of a full write is false
	refs    []reference
	parents map[*Errors]func() // hangs a nested object's messages into its parent's
}

// reference is one key of another row in a body.
type reference struct {
	kind   string
	id     int64
	errors *Errors
	field  string
}

// body fills dst, a struct of Fields, from the members of an object.
func (d *decoder) body(plan *bodyPlan, dst reflect.Value, members map[string]value) *Errors {
	errs := &Errors{}
	for i := range plan.fields {
		f := &plan.fields[i]
		field := dst.FieldByIndex(f.index).Addr().Interface().(anyField) // planBody has checked it
		v, sent := members[f.name]
		if !sent {
			switch {
			case d.form && !d.partial && f.value.Kind() == reflect.Bool:
				field.mark(false) // an unticked box of an HTML form
			case f.rules.required && !d.partial:
				errs.Add(f.name, msgRequired)
			}
			continue
		}
		d.field(f, field, v, errs)
	}
	if validator, ok := dst.Addr().Interface().(Validator); ok && errs.Empty() {
		validator.Validate(errs)
	}
	return errs
}

func (d *decoder) field(f *fieldPlan, field anyField, v value, errs *Errors) {
	if v.kind == kindNull || d.emptyIsNull(f, v) {
		if !f.rules.null {
			errs.Add(f.name, msgNull)
			return
		}
		field.mark(true)
		return
	}
	dst := field.slot()
	switch {
	case f.value == rawType:
		raw, err := v.json()
		if err != nil {
			errs.Add(f.name, "Value must be valid JSON.")
			return
		}
		dst.SetBytes(bytes.Clone(raw))
	case isListType(f.value):
		if !d.list(f, dst, v, errs) {
			return
		}
	case f.body != nil:
		nested := d.nested(f.body, dst, v)
		attach := func() { errs.nest(f.name, nested) }
		if f.rules.flat {
			attach = func() { errs.merge(nested) }
		}
		d.link(nested, func() { attach(); d.raise(errs) })
		if !nested.Empty() {
			attach()
			return
		}
	default:
		if message := scalar(dst, v, &f.rules); message != "" {
			errs.Add(f.name, message)
			return
		}
		d.remember(f.rules.ref, dst, errs, f.name)
	}
	field.mark(false)
}

// emptyIsNull says whether an empty text stands for null: always for keys of other rows, for nullable booleans, and for
// whatever is not a text in a form, which has no other way to say null.
func (d *decoder) emptyIsNull(f *fieldPlan, v value) bool {
	if v.kind != kindString || v.text != "" {
		return false
	}
	switch {
	case f.rules.ref != "" && f.value.Kind() != reflect.Slice:
		return true
	case f.rules.null && f.value.Kind() == reflect.Bool:
		return true
	}
	return d.form && f.rules.null && f.value.Kind() != reflect.String && f.value != rawType
}

func (d *decoder) link(child *Errors, attach func()) {
	if d.parents == nil {
		d.parents = map[*Errors]func(){}
	}
	d.parents[child] = attach
}

// raise makes messages that were added late visible in the parents.
func (d *decoder) raise(errs *Errors) {
	if attach := d.parents[errs]; attach != nil {
		attach()
	}
}

func (d *decoder) nested(plan *bodyPlan, dst reflect.Value, v value) *Errors {
	if v.kind != kindObject {
		return notAnObject(v)
	}
	members, err := v.object()
	if err != nil {
		return notAnObject(v)
	}
	return d.body(plan, dst, members)
}

func notAnObject(v value) *Errors {
	errs := &Errors{}
	errs.Add(fault.NonField, fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", v.typeName()))
	return errs
}

// list fills a slice; false says that messages were added.
func (d *decoder) list(f *fieldPlan, dst reflect.Value, v value, errs *Errors) bool {
	if v.kind != kindList && d.form { // a form repeats the key; once is a list of one
		v = value{kind: kindList, items: []value{v}}
	}
	items, err := v.list()
	if v.kind != kindList || err != nil {
		errs.Add(f.name, fmt.Sprintf(`Expected a list of items but got type "%s".`, v.typeName()))
		return false
	}
	if f.rules.max != nil && len(items) > int(*f.rules.max) {
		errs.Add(f.name, fmt.Sprintf("List contains %d items, it should contain no more than %s.", len(items), trimFloat(*f.rules.max)))
		return false
	}
	if f.rules.min != nil && len(items) < int(*f.rules.min) {
		errs.Add(f.name, msgEmptyList)
		return false
	}
	out := reflect.MakeSlice(f.value, len(items), len(items))
	itemRules := f.rules.item
	if itemRules == nil {
		itemRules = &rules{}
	}
	if f.rules.ref != "" && itemRules.ref == "" {
		copied := *itemRules
		copied.ref, itemRules = f.rules.ref, &copied
	}
	structErrors, bad := make([]any, len(items)), false
	for i, item := range items {
		if f.body != nil {
			nested := d.nested(f.body, out.Index(i), item)
			structErrors[i] = nested
			attach := func() { errs.put(f.name, structErrors) }
			if f.rules.flat {
				attach = func() { errs.merge(nested) }
			}
			d.link(nested, func() { attach(); d.raise(errs) })
			bad = bad || !nested.Empty()
			continue
		}
		if !d.item(f, out.Index(i), i, item, itemRules, errs) {
			bad = true
			if itemRules.ref != "" {
				return false // a list of keys reports its first bad key only, without an index
			}
		}
	}
	switch {
	case f.body != nil && bad && f.rules.flat:
		for _, item := range structErrors {
			if nested, ok := item.(*Errors); ok {
				errs.merge(nested)
			}
		}
	case f.body != nil && bad:
		errs.put(f.name, structErrors)
	}
	if !bad {
		dst.Set(out)
	}
	return !bad
}

func (d *decoder) item(f *fieldPlan, dst reflect.Value, index int, v value, r *rules, errs *Errors) bool {
	message := ""
	switch {
	case dst.Type() == rawType:
		raw, err := v.json()
		if err != nil {
			message = "Value must be valid JSON."
			break
		}
		dst.SetBytes(bytes.Clone(raw))
	case v.kind == kindNull:
		message = msgNull
	default:
		message = scalar(dst, v, r)
	}
	switch {
	case message == "":
		d.remember(r.ref, dst, errs, f.name)
		return true
	case r.ref != "":
		errs.Add(f.name, message)
	default:
		errs.AddItem(f.name, index, message)
	}
	return false
}

func (d *decoder) remember(kind string, dst reflect.Value, errs *Errors, field string) {
	if kind != "" {
		d.refs = append(d.refs, reference{kind: kind, id: dst.Int(), errors: errs, field: field})
	}
}

// parseJSON checks the syntax of a whole document.
func parseJSON(raw []byte) (value, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(raw, &whole); err != nil {
		return value{}, &BodyError{Status: http.StatusBadRequest, Code: "malformed_json", Body: detail{"JSON parse error - " + err.Error()}}
	}
	return jsonValue(whole)
}

// DecodeJSON fills dst, a pointer to a struct of Fields, from a JSON document inside a body, by the same rules as a body.
// Contexts use it for objects whose type depends on another field. Keys of other rows are not looked up.
func DecodeJSON(raw json.RawMessage, dst any, partial bool) error {
	plan, err := planBody(reflect.TypeOf(dst).Elem())
	if err != nil {
		return err
	}
	v, err := parseJSON(raw)
	if err != nil {
		return err
	}
	d := decoder{partial: partial}
	return d.nested(plan, reflect.ValueOf(dst).Elem(), v).Err()
}

// resolve looks up the remembered keys, one query per kind, and refuses those that do not exist.
func (d *decoder) resolve(ctx context.Context, known map[string]ReferenceFunc) error {
	byKind := map[string][]int64{}
	for _, ref := range d.refs {
		byKind[ref.kind] = append(byKind[ref.kind], ref.id)
	}
	missing := map[string]map[int64]bool{}
	for kind, ids := range byKind {
		find, ok := known[kind]
		if !ok {
			return fmt.Errorf("no reference lookup for %q", kind)
		}
		absent, err := find(ctx, ids)
		if err != nil {
			return fmt.Errorf("look up %s: %w", kind, err)
		}
		missing[kind] = map[int64]bool{}
		for _, id := range absent {
			missing[kind][id] = true
		}
	}
	for _, ref := range d.refs {
		if missing[ref.kind][ref.id] && ref.errors.values[ref.field] == nil {
			ref.errors.Add(ref.field, fmt.Sprintf(`Invalid pk "%d" - object does not exist.`, ref.id))
			d.raise(ref.errors)
		}
	}
	return nil
}
