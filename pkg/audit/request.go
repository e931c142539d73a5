package audit

import (
	"context"
	"sync/atomic"

	"github.com/gueencode/gueenrmm/pkg/access"
)

// Request is what an object row says about the request that caused it (rest-1.md §1.11, debug_info).
type Request struct {
	URL       string
	Method    string
	Operation string            // operation id, stands where the reference names its view
	Params    map[string]string // path parameters
}

type requestKey struct{}

// WithRequest returns a context whose object rows carry the request, and in which Noted answers for it.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(context.WithValue(ctx, requestKey{}, r), notedKey{}, new(atomic.Bool))
}

// RequestDebug is what an object row of the context says about its request, for rows that are written explicitly.
func RequestDebug(ctx context.Context) map[string]any {
	return requestDebug(ctx, access.From(ctx).IP)
}

func requestDebug(ctx context.Context, ip string) map[string]any {
	r, ok := ctx.Value(requestKey{}).(Request)
	if !ok {
		return map[string]any{"ip": ip}
	}
	params := r.Params
	if params == nil {
		params = map[string]string{}
	}
	return map[string]any{
		"url": r.URL, "method": r.Method, "view_class": r.Operation, "view_func": r.Operation,
		"view_args": []string{}, "view_kwargs": params, "ip": ip,
	}
}
