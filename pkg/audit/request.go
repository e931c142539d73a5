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
	return requestDebug(ctx, access.From(ctx))
}

func requestDebug(ctx context.Context, actor *access.Principal) map[string]any {
	debug := callerDebug(actor)
	r, ok := ctx.Value(requestKey{}).(Request)
	if !ok {
		return debug
	}
	params := r.Params
	if params == nil {
		params = map[string]string{}
	}
	debug["url"], debug["method"], debug["view_class"], debug["view_func"] = r.URL, r.Method, r.Operation, r.Operation
	debug["view_args"], debug["view_kwargs"] = []string{}, params
	return debug
}

// callerDebug says from where somebody called and with which kind of credential.
func callerDebug(actor *access.Principal) map[string]any {
	return map[string]any{"ip": actor.IP, "auth": actor.Kind}
}
