package porttest_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/porttest"
)

func TestReservedPortIsListenedOnAgainAndAgain(t *testing.T) {
	t.Parallel()
	address := porttest.Reserve(t)
	_, err := net.Dial("tcp", address)
	require.Error(t, err, "nobody listens yet")
	for range 3 {
		l, err := net.Listen("tcp", address)
		require.NoError(t, err)
		c, err := net.Dial("tcp", address)
		require.NoError(t, err)
		require.NoError(t, c.Close())
		require.NoError(t, l.Close())
	}
}

func TestReservedPortsAreApart(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 200 {
		address := porttest.Reserve(t)
		require.False(t, seen[address])
		seen[address] = true
	}
	for range 200 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.False(t, seen[l.Addr().String()])
		require.NoError(t, l.Close())
	}
}
