package rest

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Field is one field of a request body that knows whether it was sent: absent, null and a value are three different
// things to the contract's partial writes. T is string, a sized integer, float64, bool, time.Time, ClockTime,
// json.RawMessage, Upload, a named type of these, a struct of Fields, or a slice of them.
//
// Rules stand in the field's `rule` tag, separated by commas:
//
//	required          must be sent (not asked of partial operations)
//	null              may be null; "" counts as null for what is not a string
//	blank             a string may be empty
//	verbatim          a string is not trimmed
//	flat              a nested object's messages are given as if its fields were this object's; of a list, those of the first bad item
//	min=0 max=255     bounds of a number, of the characters of a string, of the items of a list
//	choices=a|b       the allowed values
//	pattern=name      a named pattern of rules.go: email, ip, name, slug, timezone
//	ref=client        an existing row's key; the kinds are given to the router by Reference
//	item.<rule>       the rule for the items of a list: item.choices=a|b, item.max=255, item.blank
type Field[T any] struct {
	Set   bool // the key was sent
	Null  bool // and was null
	Value T
}

// Present says whether a value was sent.
func (f Field[T]) Present() bool { return f.Set && !f.Null }

// Or returns the value, or def when it was absent or null.
func (f Field[T]) Or(def T) T {
	if f.Present() {
		return f.Value
	}
	return def
}

// Ptr returns the value for a nullable column: nil when it was absent or null.
func (f Field[T]) Ptr() *T {
	if !f.Present() {
		return nil
	}
	v := f.Value
	return &v
}

// Apply writes the value to dst when one was sent. It is the usual step of a partial write.
func (f Field[T]) Apply(dst *T) {
	if f.Present() {
		*dst = f.Value
	}
}

// ApplyNull writes the value or the null to a nullable dst when the key was sent.
func (f Field[T]) ApplyNull(dst **T) {
	if f.Set {
		*dst = f.Ptr()
	}
}

// Of returns a Field that holds v, for tests and for defaults.
func Of[T any](v T) Field[T] { return Field[T]{Set: true, Value: v} }

// anyField is what the decoder needs of a Field without knowing its type.
type anyField interface {
	slot() reflect.Value
	mark(null bool)
}

func (f *Field[T]) slot() reflect.Value { return reflect.ValueOf(&f.Value).Elem() }
func (f *Field[T]) mark(null bool)      { f.Set, f.Null = true, null }

// Schema describes a Field that stands in an output: it is its value. Inputs are described from their rules.
func (Field[T]) Schema(r huma.Registry) *huma.Schema {
	if t := reflect.TypeFor[T](); t == rawType || t == timeType || t == clockType {
		return scalarSchema(t)
	}
	return r.Schema(reflect.TypeFor[T](), true, "Value")
}
