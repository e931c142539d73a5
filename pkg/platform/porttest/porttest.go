// Package porttest gives a test a port that stays its own: nothing else on the machine is handed it while nobody listens, before the
// test's server has started and while it is away.
package porttest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Reserve returns an address on the loopback interface on which the test may listen, end to listen and listen again until it ends.
func Reserve(t testing.TB) string {
	t.Helper()
	address, release, err := hold(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, release()) })
	return address
}
