package audit

import (
	"context"
	"sync/atomic"
)

// noted remembers, for one request, that a row was written or was not due because nothing differed.
type notedKey struct{}

func note(ctx context.Context) {
	if noted, ok := ctx.Value(notedKey{}).(*atomic.Bool); ok {
		noted.Store(true)
	}
}

// Noted says whether the request of the context has left its trace: a row, or a modification that changed nothing. What serves
// requests asks it and writes a row of its own when nothing else has.
func Noted(ctx context.Context) bool {
	noted, ok := ctx.Value(notedKey{}).(*atomic.Bool)
	return ok && noted.Load()
}
