// Package porttest gives a test a port that stays its own: nothing else on the machine is handed it while nobody listens, before the
// test's server has started and while it is away.
package porttest

import (
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/porthold"
)

// Reserve returns an address on the loopback interface on which the test may listen, end to listen and listen again until it ends.
func Reserve(t testing.TB) string {
	t.Helper()
	port, release, err := porthold.Hold(t.Context(), 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, release()) })
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}
