//go:build !linux

package porthold

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// hold finds a port that was free a moment ago: other systems let nobody listen on a port that is held.
func hold(ctx context.Context, port int) (held int, release func() error, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return 0, nil, fmt.Errorf("find a port: %w", err)
	}
	at, ok := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil || !ok {
		return 0, nil, fmt.Errorf("find a port: %w", err)
	}
	return at.Port, func() error { return nil }, nil
}
