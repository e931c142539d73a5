package jobsapi

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/jobs"
)

func TestCursorKeepsThePosition(t *testing.T) {
	t.Parallel()
	p := jobs.Position{ScheduledFor: time.Date(2026, 3, 1, 10, 0, 0, 123_000, time.UTC), ID: 42}
	got, err := parseCursor(formatCursor(p))
	require.NoError(t, err)
	require.Equal(t, p, got)
}

func FuzzParseCursor(f *testing.F) {
	for _, seed := range []string{"", "MQ", "MTc3MjM1OTIwMDAwMDEyMy40Mg", "!!", "LTEuMQ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseCursor(text)
		if err == nil && formatCursor(p) != text {
			t.Fatalf("%q reads as another cursor", text)
		}
	})
}
