//go:build !linux

package porttest

import (
	"context"
	"fmt"
	"net"
)

// hold finds a port that was free a moment ago: other systems let nobody listen on a port that is held.
func hold(ctx context.Context) (address string, release func() error, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("find a port: %w", err)
	}
	if err := l.Close(); err != nil {
		return "", nil, fmt.Errorf("find a port: %w", err)
	}
	return l.Addr().String(), func() error { return nil }, nil
}
