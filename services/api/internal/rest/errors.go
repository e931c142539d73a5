package rest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// detail is the contract's body of refusals that are not about fields.
type detail struct {
	Detail string `json:"detail"`
}

// BodyError is a refusal with a status and body of its own, for the few answers that no fault.Kind covers. Body is sent as
// JSON; a string becomes a bare JSON string.
type BodyError struct {
	Status int
	Code   string // of /v1/ problems
	Body   any
	Header http.Header
	Err    error
}

// Error implements error.
func (e *BodyError) Error() string { return fmt.Sprintf("status %d: %v", e.Status, e.Body) }

// Unwrap returns the cause.
func (e *BodyError) Unwrap() error { return e.Err }

// Refuse answers with a status and a JSON body that no fault.Kind covers, for example 412.
func Refuse(status int, body any) error {
	return &BodyError{Status: status, Code: "refused", Body: body}
}

const statusClientGone = 499 // the client closed the connection; only logs and metrics see it

// answer is a refusal ready to be sent in either form.
type answer struct {
	status int
	kind   string // metric label, and the code of problems
	body   any    // contract form; nil means the HTML page of the status
	text   string // problem form
	header http.Header
	fields any
}

// answerOf is the one table from errors to statuses and bodies (rest-1.md §1.4).
func answerOf(err error) answer {
	var (
		refusal *fault.Error
		fields  *Errors
		own     *BodyError
	)
	switch {
	case errors.As(err, &own):
		a := answer{status: own.Status, kind: cmp.Or(own.Code, "refused"), body: own.Body, header: own.Header, text: http.StatusText(own.Status)}
		switch b := own.Body.(type) {
		case detail:
			a.text = b.Detail
		case string:
			a.text = b
		}
		return a
	case errors.As(err, &fields):
		return answer{status: http.StatusBadRequest, kind: string(fault.KindInvalid), body: fields, fields: fields, text: "The input is not valid."}
	case errors.As(err, &refusal):
		return faultAnswer(refusal)
	case errors.Is(err, context.Canceled):
		return answer{status: statusClientGone, kind: "client_gone", body: detail{"The client closed the request."}}
	case errors.Is(err, context.DeadlineExceeded):
		text := "The request took too long."
		return answer{status: http.StatusServiceUnavailable, kind: "timeout", body: detail{text}, text: text}
	}
	if dependencyAway(err) {
		text := "The service is not available at the moment. Try again later."
		return answer{status: http.StatusServiceUnavailable, kind: string(fault.KindUnavailable), body: detail{text}, text: text,
			header: http.Header{"Retry-After": {"5"}}}
	}
	return answer{status: http.StatusInternalServerError, kind: "internal", text: "An internal error occurred. The request id finds it in the logs."}
}

// dependencyAway says whether an error is a database that cannot be reached, is going down or is being migrated: the caller should try again,
// and the health of the dependency tells the operator.
func dependencyAway(err error) bool {
	var (
		connect *pgconn.ConnectError
		server  *pgconn.PgError
		network *net.OpError
	)
	if errors.Is(err, postgres.ErrUnfit) || errors.As(err, &connect) || errors.As(err, &network) {
		return true
	}
	if errors.As(err, &server) {
		// Class 08 is a lost connection, 57P0x a shutdown, 53300 too many connections.
		return strings.HasPrefix(server.Code, "08") || strings.HasPrefix(server.Code, "57P0") || server.Code == "53300"
	}
	return false
}

func faultAnswer(e *fault.Error) answer {
	a := answer{kind: string(e.Kind), text: e.Message, body: detail{e.Message}}
	if e.Code != "" {
		a.kind = e.Code
	}
	switch e.Kind {
	case fault.KindNotFound:
		a.status = http.StatusNotFound
	case fault.KindRefused:
		a.status, a.body = http.StatusBadRequest, e.Message
	case fault.KindInvalid:
		a.status, a.body, a.fields = http.StatusBadRequest, e.Fields, e.Fields
	case fault.KindForbidden:
		a.status = http.StatusForbidden
	case fault.KindUnauthenticated:
		a.status, a.header = http.StatusUnauthorized, http.Header{"Www-Authenticate": {"Token"}}
	case fault.KindUnavailable:
		a.status = http.StatusServiceUnavailable
	case fault.KindThrottled:
		a.status = http.StatusTooManyRequests
		a.text = throttleText(e.RetryAfter)
		a.body, a.header = detail{a.text}, http.Header{"Retry-After": {strconv.Itoa(seconds(e.RetryAfter))}}
	default:
		return answer{status: http.StatusInternalServerError, kind: "internal", text: "An internal error occurred."}
	}
	return a
}

func seconds(d time.Duration) int { return int(math.Max(1, math.Ceil(d.Seconds()))) }

func throttleText(after time.Duration) string {
	n, unit := seconds(after), "seconds"
	if n == 1 {
		unit = "second"
	}
	return fmt.Sprintf("Request was throttled. Expected available in %d %s.", n, unit)
}

// problem is an RFC 9457 document with a stable code and the request id.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	Code      string `json:"code"`
	RequestID string `json:"request_id"`
	Fields    any    `json:"fields,omitempty"`
}

// sendAnswer writes a refusal: the contract's body, or a problem document for our own operations.
func sendAnswer(w http.ResponseWriter, a answer, asProblem bool, requestID string) error {
	for k, v := range a.header {
		w.Header()[k] = v
	}
	if asProblem {
		raw, err := encodeJSON(problem{Type: "about:blank", Title: http.StatusText(a.status), Status: a.status,
			Detail: a.text, Code: a.kind, RequestID: requestID, Fields: a.fields})
		if err != nil {
			return fmt.Errorf("encode problem: %w", err)
		}
		return sendBytes(w, a.status, typeProblem, raw)
	}
	if a.body == nil {
		return sendPage(w, a.status)
	}
	raw, err := encodeJSON(a.body)
	if err != nil {
		return fmt.Errorf("encode refusal: %w", err)
	}
	return sendBytes(w, a.status, typeJSON, raw)
}

func sendBytes(w http.ResponseWriter, status int, contentType string, raw []byte) error {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(status)
	if _, err := w.Write(raw); err != nil {
		return &writeError{err}
	}
	return nil
}

// sendPage writes the HTML page of a status: what the contract answers where no operation was reached.
func sendPage(w http.ResponseWriter, status int) error {
	title, text := http.StatusText(status), ""
	switch status {
	case http.StatusNotFound:
		text = "The requested resource was not found on this server."
	case http.StatusInternalServerError:
		title = "Server Error (500)"
	case http.StatusBadRequest:
		title = "Bad Request (400)"
	}
	page := "<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>" + title + "</title>\n</head>\n<body>\n  <h1>" + title +
		"</h1><p>" + text + "</p>\n</body>\n</html>\n"
	return sendBytes(w, status, typeHTML, []byte(page))
}
