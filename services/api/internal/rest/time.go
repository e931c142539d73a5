package rest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Time is a moment in a response: UTC with Z, six digits of microseconds, none when they are zero (rest-1.md §1.2).
type Time time.Time

// At returns t as a response value.
func At(t time.Time) Time { return Time(t) }

// AtPtr returns a nullable moment as a response value.
func AtPtr(t *time.Time) *Time {
	if t == nil {
		return nil
	}
	at := Time(*t)
	return &at
}

// FormatTime returns t in the contract's form.
func FormatTime(t time.Time) string {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000000Z")
}

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) { return json.Marshal(FormatTime(time.Time(t))) }

// UnmarshalJSON reads what MarshalJSON writes; tests decode responses with it.
func (t *Time) UnmarshalJSON(raw []byte) error {
	var parsed time.Time
	if err := json.Unmarshal(raw, &parsed); err != nil {
		return err
	}
	*t = Time(parsed)
	return nil
}

// Schema describes the type in the API description.
func (Time) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
}

// ClockTime is a time of day.
type ClockTime struct{ Hour, Minute, Second, Micro int }

// String returns hh:mm:ss, with microseconds when there are any.
func (c ClockTime) String() string {
	if c.Micro != 0 {
		return fmt.Sprintf("%02d:%02d:%02d.%06d", c.Hour, c.Minute, c.Second, c.Micro)
	}
	return fmt.Sprintf("%02d:%02d:%02d", c.Hour, c.Minute, c.Second)
}

// MarshalJSON implements json.Marshaler.
func (c ClockTime) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// Schema describes the type in the API description.
func (ClockTime) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "time"}
}

var (
	datetimeText = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,6})\d{0,6})?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$`)
	clockText    = regexp.MustCompile(`^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,6})\d{0,6})?)?$`)
)

// parseDatetime reads ISO 8601: T or space, optional seconds and fraction, optional offset (UTC without), or a bare date.
func parseDatetime(v value) (time.Time, bool) {
	if v.kind != kindString {
		return time.Time{}, false
	}
	m := datetimeText.FindStringSubmatch(strings.TrimSpace(v.text))
	if m == nil {
		return time.Time{}, false
	}
	year, month, day := number(m[1]), number(m[2]), number(m[3])
	hour, minute, second := number(m[4]), number(m[5]), number(m[6])
	if hour > 23 || minute > 59 || second > 59 || year < 1 {
		return time.Time{}, false
	}
	zone, ok := parseOffset(m[8])
	if !ok {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, micros(m[7])*1000, zone)
	if t.Month() != time.Month(month) || t.Day() != day { // 31 February
		return time.Time{}, false
	}
	return t.UTC(), true
}

func parseOffset(text string) (*time.Location, bool) {
	if text == "" || text == "Z" || text == "z" {
		return time.UTC, true
	}
	digits := strings.ReplaceAll(text[1:], ":", "")
	hours, minutes := number(digits[:2]), 0
	if len(digits) == 4 {
		minutes = number(digits[2:])
	}
	if hours > 23 || minutes > 59 {
		return nil, false
	}
	seconds := hours*3600 + minutes*60
	if text[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds), true
}

func parseClock(v value) (ClockTime, bool) {
	if v.kind != kindString {
		return ClockTime{}, false
	}
	m := clockText.FindStringSubmatch(strings.TrimSpace(v.text))
	if m == nil {
		return ClockTime{}, false
	}
	c := ClockTime{Hour: number(m[1]), Minute: number(m[2]), Second: number(m[3]), Micro: micros(m[4])}
	return c, c.Hour < 24 && c.Minute < 60 && c.Second < 60
}

// micros reads the digits of a fraction of a second as microseconds.
func micros(digits string) int {
	if digits == "" {
		return 0
	}
	return number(digits + strings.Repeat("0", 6-len(digits)))
}

// number reads digits that a regular expression has already bounded; "" is 0.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}
