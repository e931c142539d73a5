package log

import (
	"context"
	"crypto/rand"
	"strings"

	"go.uber.org/zap"
)

// RequestIDHeader carries the request id in HTTP, in NATS headers and in job payloads.
const RequestIDHeader = "X-Request-ID"

// maxRequestID bounds an id that a caller brings along.
const maxRequestID = 64

type requestKey struct{}

// NewRequestID returns a fresh id.
func NewRequestID() string { return rand.Text() }

// CleanRequestID returns the id a caller brought along when it is short and harmless in a log, else a fresh one.
func CleanRequestID(given string) string {
	harmless := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.:", r)
	}
	if given == "" || len(given) > maxRequestID || strings.IndexFunc(given, func(r rune) bool { return !harmless(r) }) >= 0 {
		return NewRequestID()
	}
	return given
}

// WithRequestID returns a context that carries the id.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestID returns the id of the context, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// For returns the logger with the request id of the context, when there is one.
func For(ctx context.Context, logger *zap.Logger) *zap.Logger {
	if id := RequestID(ctx); id != "" {
		return logger.With(zap.String(FieldRequestID, id))
	}
	return logger
}
