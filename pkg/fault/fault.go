// Package fault holds the kinds of refusal a domain operation can answer with. Contexts return them, and each adapter
// (REST, bus, command line) maps the kind once to its own form: a status and body, a metric label, an exit code.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says why an operation was refused.
type Kind string

// The kinds. Anything that is not a *Error is an internal error.
const (
	KindNotFound    Kind = "not_found"   // a row does not exist or is out of scope where that must not show
	KindRefused     Kind = "refused"     // a business rule says no; the message is meant for a person
	KindInvalid     Kind = "invalid"     // fields did not validate
	KindForbidden   Kind = "forbidden"   // permission or scope
	KindUnavailable Kind = "unavailable" // a dependency is away; trying again later helps
	KindThrottled   Kind = "throttled"   // too many tries; RetryAfter says when again

	KindUnauthenticated Kind = "unauthenticated" // the credential is missing, wrong or expired; Message says which
)

// NonField is the key of messages that belong to the object and not to one field (rest-1.md §1.4).
const NonField = "non_field_errors"

// Fields maps a field to its messages: []string, or map[string][]string (by index) for list items (rest-1.md §1.4).
type Fields map[string]any

// Error is a refusal. Message is the literal text for the caller; Err, when set, is the cause and is never shown.
type Error struct {
	Kind       Kind
	Code       string // stable machine code of our own /v1/ operations, for example "agent_offline"
	Message    string
	Fields     Fields
	RetryAfter time.Duration
	Err        error
}

// Error returns the text for logs.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Kind, e.Message, e.Err)
	}
	if len(e.Fields) > 0 {
		return fmt.Sprintf("%s: %v", e.Kind, e.Fields)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// NotFound says that no row of the model matches; model is the contract's model name, for example "Agent".
func NotFound(model string) *Error {
	return &Error{Kind: KindNotFound, Code: "not_found", Message: "No " + model + " matches the given query."}
}

// Refused is a business-rule refusal whose message is shown as it is.
func Refused(message string) *Error {
	return &Error{Kind: KindRefused, Code: "refused", Message: message}
}

// Refusedf is Refused with a format.
func Refusedf(format string, args ...any) *Error { return Refused(fmt.Sprintf(format, args...)) }

// Invalid refuses fields with their messages.
func Invalid(fields Fields) *Error {
	return &Error{Kind: KindInvalid, Code: "invalid", Message: "The input is not valid.", Fields: fields}
}

// InvalidField refuses one field with one message.
func InvalidField(field, message string) *Error {
	return Invalid(Fields{field: []string{message}})
}

// Forbidden refuses for lack of permission or scope.
func Forbidden() *Error {
	return &Error{Kind: KindForbidden, Code: "forbidden", Message: "You do not have permission to perform this action."}
}

// Unauthenticated refuses a credential with the contract's text (rest-1.md §1.3).
func Unauthenticated(message string) *Error {
	return &Error{Kind: KindUnauthenticated, Code: "unauthenticated", Message: message}
}

// Unavailable says that a dependency needed by the operation is away.
func Unavailable(message string, err error) *Error {
	return &Error{Kind: KindUnavailable, Code: "unavailable", Message: message, Err: err}
}

// Throttled refuses until the given time has passed.
func Throttled(after time.Duration) *Error {
	return &Error{Kind: KindThrottled, Code: "throttled", Message: "Request was throttled.", RetryAfter: after}
}

// KindOf returns the kind of err, or "" when err is not a refusal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}
