package agenthttp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRateBoundsOneAgentAndNotTheOthers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := newRate(Limits{}.withDefaults(), func() time.Time { return now })
	for range r.limits.PerMinute {
		require.Zero(t, r.take("wild"))
	}
	now = now.Add(20 * time.Second)
	require.Equal(t, 40*time.Second, r.take("wild"), "until the window ends")
	require.Zero(t, r.take("calm"))
	now = now.Add(40 * time.Second)
	require.Zero(t, r.take("wild"), "a new window")

	r.charge("heavy", r.limits.BytesPerMinute)
	require.Positive(t, r.take("heavy"))
	require.Zero(t, r.take("calm"))
	now = now.Add(-365 * 24 * time.Hour)
	require.Zero(t, r.take("heavy"), "a clock that was set back does not shut agents out")
}
