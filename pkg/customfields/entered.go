package customfields

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

const (
	msgNumber   = "A valid number is required."
	msgDatetime = "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
	msgMissing  = "This field is required."
)

// Named are the values of one owner by the names of their fields, the form that audit rows show.
type Named map[string]any

// Secrets returns the names that say that their values are secrets, which audit rows must not show.
func (n Named) Secrets() []string {
	var secrets []string
	for name := range n {
		words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if slices.ContainsFunc(words, isSecretWord) {
			secrets = append(secrets, name)
		}
	}
	return secrets
}

func isSecretWord(word string) bool {
	return slices.Contains([]string{"key", "keys", "apikey", "pin", "psk", "pwd", "pass"}, word) ||
		slices.ContainsFunc([]string{"passw", "passphrase", "passcode", "secret", "token", "credential"}, func(part string) bool { return strings.Contains(word, part) })
}

// Enter writes what a person or a script of the interface entered for one owner, and returns the owner's values of the fields
// it names before and after; both are nil without inputs. A field that the model has not, and a value that is not of its
// field's type, refuse them all. What is stored already is taken again as it is: a program may have found it. The options and
// whether a field must be filled in are asked by forms only (domain.md §8.1).
func Enter(ctx context.Context, db DB, model Model, owner int32, inputs []Input) (before, after Named, err error) {
	if len(inputs) == 0 {
		return nil, nil, nil
	}
	fields, err := fieldsOf(ctx, db, model, inputs)
	if err != nil {
		return nil, nil, err
	}
	stored, err := Values(ctx, db, model, []int32{owner})
	if err != nil {
		return nil, nil, err
	}
	for _, in := range inputs {
		if err := in.check(fields[in.Field], stored[owner]); err != nil {
			return nil, nil, err
		}
	}
	if err := write(ctx, db, model, owner, stored[owner], inputs); err != nil {
		return nil, nil, err
	}
	now, err := Values(ctx, db, model, []int32{owner})
	if err != nil {
		return nil, nil, err
	}
	return named(fields, stored[owner]), named(fields, now[owner]), nil
}

func named(fields map[int32]field, values []Value) Named {
	out := Named{}
	for _, v := range values {
		if f, has := fields[v.FieldID]; has {
			out[f.Name] = v.Current()
		}
	}
	return out
}

// check refuses an input whose value is not of the field's type, or comes in a form that the type does not use: it would be
// stored where nobody sees it.
func (in Input) check(f field, stored []Value) error {
	text := in.String != nil && *in.String != ""
	list := in.Multiple != nil && len(*in.Multiple) > 0
	on := in.Bool != nil && *in.Bool
	switch f.Type {
	case Multiple:
		if in.Multiple == nil && (text || on) {
			return invalid(f, "multiple_value", msgMissing)
		}
		return nil
	case Checkbox:
		if in.Bool == nil && (text || list) {
			return invalid(f, "bool_value", msgMissing)
		}
		return nil
	case Text, Number, Single, Datetime:
	}
	if !in.StringSet && in.String == nil && (list || on) {
		return invalid(f, "string_value", msgMissing)
	}
	if !text || slices.ContainsFunc(stored, func(v Value) bool { return v.FieldID == f.ID && v.String != nil && *v.String == *in.String }) {
		return nil
	}
	if f.Type == Number && !isNumber(*in.String) {
		return invalid(f, "string_value", msgNumber)
	}
	if f.Type == Datetime && !isDatetime(*in.String) {
		return invalid(f, "string_value", msgDatetime)
	}
	return nil
}

func invalid(f field, form, message string) error {
	return fault.InvalidField(form, f.Name+": "+message)
}

func isNumber(text string) bool {
	if strings.Trim(text, "+-.0123456789eE") != "" {
		return false // words and hexadecimal forms, which the parser would take
	}
	n, err := strconv.ParseFloat(text, 64)
	return err == nil && !math.IsInf(n, 0)
}

// isDatetime takes what forms of browsers and scripts write: ISO 8601 with a T or a space, with or without seconds, fractions
// and zone, the same with slashes, and a day alone.
func isDatetime(text string) bool {
	text = strings.ReplaceAll(strings.Replace(text, " ", "T", 1), "/", "-")
	for _, layout := range []string{
		"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly,
	} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}
