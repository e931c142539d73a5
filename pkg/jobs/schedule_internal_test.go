package jobs

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestLastInstant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ spec, after, now, want string }{
		{"@every 150s", "2026-03-01T00:00:00Z", "2026-03-01T00:04:59Z", "2026-03-01T00:02:30Z"},
		{"@every 150s", "2026-03-01T00:02:30Z", "2026-03-01T00:04:59Z", ""},
		{"@every 150s", "2026-03-01T00:00:00Z", "2026-03-01T00:05:00Z", "2026-03-01T00:05:00Z"},
		{"15 * * * *", "2026-03-01T00:15:00Z", "2026-03-01T05:14:59Z", "2026-03-01T04:15:00Z"},
		{"15 * * * *", "2026-03-01T04:15:00Z", "2026-03-01T05:14:59Z", ""},
		// Five in the morning is that of UTC, in whatever zone the process or the question is.
		{"0 5 * * *", "2026-03-01T00:00:00Z", "2026-03-01T09:00:00+03:30", "2026-03-01T05:00:00Z"},
		{"2 */8 * * *", "2026-03-01T00:00:00Z", "2026-03-01T23:00:00Z", "2026-03-01T16:02:00Z"},
		// Missed for years: found without walking through them.
		{"* * * * *", "2020-01-01T00:00:00Z", "2026-03-01T00:00:30Z", "2026-03-01T00:00:00Z"},
	} {
		s, err := parseSchedule(c.spec)
		require.NoError(t, err, c.spec)
		got := s.last(at(c.after), at(c.now))
		if c.want == "" {
			require.Zero(t, got, c)
			continue
		}
		require.True(t, got.Equal(at(c.want)), "%v: %s", c, got)
	}
}

func TestWrongJobsAreRefused(t *testing.T) {
	t.Parallel()
	do := func(context.Context, Run) (int64, error) { return 0, nil }
	for name, jobs := range map[string][]Job{
		"name":           {{Name: "Prune It", Spec: "@every 1m", Do: do}},
		"no work":        {{Name: "prune", Spec: "@every 1m"}},
		"no queue":       {{Name: "prune", Spec: "@every 1m", Do: do, Queue: "urgent"}},
		"no schedule":    {{Name: "prune", Do: do}},
		"zone":           {{Name: "prune", Spec: "TZ=Europe/Berlin 5 * * * *", Do: do}},
		"too often":      {{Name: "prune", Spec: "@every 10ms", Do: do}},
		"never":          {{Name: "prune", Spec: "0 0 31 2 *", Do: do}},
		"declared twice": {{Name: "prune", Spec: "@every 1m", Do: do}, {Name: "prune", Spec: "@every 2m", Do: do}},
	} {
		_, err := NewRegistry(jobs...)
		require.Error(t, err, name)
	}
	r, err := NewRegistry(Job{Name: "prune", Spec: "@every 1m", Do: do}, Job{Name: "recount", Spec: "5 * * * *", Do: do})
	require.NoError(t, err)
	require.Equal(t, []string{"prune", "recount"}, r.Names())
	require.Equal(t, "job.recount", r.Kinds()[1].Name)
}

func FuzzParseSchedule(f *testing.F) {
	for _, seed := range []string{"@every 150s", "15 * * * *", "0 0 31 2 *", "TZ=UTC * * * * *", "*/0 * * * *", "@every -1s", ""} {
		f.Add(seed)
	}
	now := at("2026-03-01T00:00:30Z")
	f.Fuzz(func(t *testing.T, spec string) {
		s, err := parseSchedule(spec)
		if err != nil {
			return
		}
		got := s.last(now.Add(-time.Hour), now)
		if !got.IsZero() && (got.After(now) || !got.After(now.Add(-time.Hour))) {
			t.Fatalf("%q: %s is outside", spec, got)
		}
	})
}
