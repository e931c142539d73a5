package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/remote"
)

// TestOnlyWhatHasSentNothingWaitsForTheBus: an outage that comes later uses an attempt up.
func TestOnlyWhatHasSentNothingWaitsForTheBus(t *testing.T) {
	t.Parallel()
	notSent, begun := fmt.Errorf("scan: %w", remote.ErrNotSent), fmt.Errorf("scan: %w", remote.ErrBusDown)
	for _, c := range []struct{ is, want error }{{notSent, queue.NotBegun(notSent)}, {begun, begun}, {nil, nil}} {
		h := untilBusIsBack(queue.Handler{Do: func(context.Context, queue.Task) error { return c.is }})
		require.Equal(t, c.want, h.Do(t.Context(), queue.Task{}))
	}
}
