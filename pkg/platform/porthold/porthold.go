// Package porthold keeps a port of the loopback interface for a server that is yet to listen, or to come back.
package porthold

import "context"

// Hold takes a port, any free one for 0, until release is called. Nobody else is handed it meanwhile; the server that is meant to
// may listen on it, end and listen again.
func Hold(ctx context.Context, port int) (held int, release func() error, err error) {
	return hold(ctx, port)
}
