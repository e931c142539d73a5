package agenthttp

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGateBoundsMemoryAndEachAgent(t *testing.T) {
	t.Parallel()
	g := newGate(Limits{PerAgent: 2, Memory: maxResult, Wait: time.Minute}.withDefaults())
	require.True(t, g.enterAgent("wild"))
	require.True(t, g.enterAgent("wild"))
	require.False(t, g.enterAgent("wild"), "two of an agent at the same time")
	require.True(t, g.enterAgent("calm"))

	first, err := g.enter(t.Context(), "wild", -1)
	require.NoError(t, err)
	g.limits.Wait = 20 * time.Millisecond
	_, err = g.enter(t.Context(), "calm", 100)
	require.ErrorIs(t, err, context.DeadlineExceeded, "a body of unknown length takes what the largest does")

	entered := make(chan pass, 1)
	g.limits.Wait = time.Minute
	go func() {
		p, err := g.enter(context.WithoutCancel(t.Context()), "calm", 100)
		if err == nil {
			entered <- p
		}
	}()
	first.leave()
	(<-entered).leave()
	require.Equal(t, map[string]int{"wild": 1}, g.agents)
	g.leaveAgent("wild")
	require.Empty(t, g.agents, "nothing is kept of agents that are done")
}
