package bus

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A fleet whose agents all drew whole seconds would come back in six waves.
func TestAgentsDrawTheirPauseEvenly(t *testing.T) {
	t.Parallel()
	bySecond, whole := map[time.Duration]int{}, 0
	for range 600 {
		l, err := New(Options{AgentID: strings.Repeat("a", 40)})
		require.NoError(t, err)
		d := l.opts.MinDelay
		require.GreaterOrEqual(t, d, 2*time.Second)
		require.Less(t, d, 8*time.Second)
		bySecond[d/time.Second]++
		if d%time.Second == 0 {
			whole++
		}
		require.LessOrEqual(t, l.delay(0), d+500*time.Millisecond)
		require.GreaterOrEqual(t, l.delay(0), d)
		require.LessOrEqual(t, l.delay(1000), 31*time.Second)
	}
	require.Len(t, bySecond, 6)
	require.Less(t, whole, 6)
}
