package jobs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// farthest bounds how far back missed instants of a cron expression are looked for.
const farthest = 62 * 24 * time.Hour

// schedule answers with the same instants in every process, whenever it was started.
type schedule interface {
	// last returns the latest instant in (after, now], or the zero time.
	last(after, now time.Time) time.Time
}

// OnRequest is the Spec of a job that runs only when somebody asks for it.
const OnRequest = "on request"

// parseSchedule reads a cron expression of five fields (UTC), "@every <duration>" or OnRequest.
func parseSchedule(spec string) (schedule, error) {
	if spec == OnRequest {
		return never{}, nil
	}
	if text, found := strings.CutPrefix(spec, "@every "); found {
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("schedule %q: %w", spec, err)
		}
		if d < time.Second || d != d.Truncate(time.Second) {
			return nil, fmt.Errorf("schedule %q: whole seconds, at least one", spec)
		}
		return every(d), nil
	}
	if strings.ContainsAny(spec, "=@") {
		return nil, fmt.Errorf("schedule %q: five fields in UTC or @every", spec)
	}
	// Without a zone the library takes that of the process.
	parsed, err := cron.ParseStandard("TZ=UTC " + spec)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", spec, err)
	}
	if parsed.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, errors.New("schedule " + spec + " never comes")
	}
	return crontab{parsed}, nil
}

type never struct{}

func (never) last(time.Time, time.Time) time.Time { return time.Time{} }

type every time.Duration

func (e every) last(after, now time.Time) time.Time {
	at := now.UTC().Truncate(time.Duration(e))
	if !at.After(after) {
		return time.Time{}
	}
	return at
}

type crontab struct{ cron.Schedule }

func (c crontab) last(after, now time.Time) time.Time {
	if oldest := now.Add(-farthest); after.Before(oldest) {
		after = oldest
	}
	var at time.Time
	for next := c.Next(after.UTC()); !next.IsZero() && !next.After(now); next = c.Next(next) {
		at = next
	}
	return at
}
