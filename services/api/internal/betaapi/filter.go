package betaapi

import (
	"context"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// maxText bounds a filter's text.
const maxText = 255

// choices are the filters with a fixed set of values.
func choices() map[string][]string {
	return map[string][]string{"plat": {"windows", "linux", "darwin"}, "monitoring_type": {"server", "workstation"}}
}

// readFilter reads the filters of the agents' list (rest-2.md §11). Unknown names are ignored, bad values refused together.
func (h handlers) readFilter(ctx context.Context, query url.Values) (agents.FullFilter, error) {
	f := agents.FullFilter{Search: cut(query.Get("search")), Texts: map[string]string{}, Keys: map[string]int32{}}
	var errs rest.Errors
	for _, name := range []string{"hostname", "agent_id", "operating_system", "plat", "monitoring_type", "logged_in_username", "last_logged_in_user"} {
		v := cut(query.Get(name))
		if v == "" {
			continue
		}
		if allowed, limited := choices()[name]; limited && !slices.Contains(allowed, v) {
			errs.Add(name, "Select a valid choice. "+v+" is not one of the available choices.")
			continue
		}
		f.Texts[name] = v
	}
	for _, name := range []string{"id", "client_id"} {
		if v := query.Get(name); v != "" {
			n, err := strconv.ParseInt(v, 10, 32)
			if err != nil {
				errs.Add(name, "Enter a number.")
				continue
			}
			f.Keys[name] = int32(n)
		}
	}
	if err := h.readReferences(ctx, query, f.Keys, &errs); err != nil {
		return f, err
	}
	switch strings.ToLower(query.Get("needs_reboot")) {
	case "true":
		on := true
		f.Reboot = &on
	case "false":
		on := false
		f.Reboot = &on
	}
	f.LastSeen = readTimes(query, "last_seen_range", &errs)
	f.Patched = readTimes(query, "patches_last_installed_range", &errs)
	f.RAM = readNumbers(query, "total_ram_range", &errs)
	return f, errs.Err()
}

// readReferences reads filters that name a row, which must exist.
func (h handlers) readReferences(ctx context.Context, query url.Values, keys map[string]int32, errs *rest.Errors) error {
	for _, name := range []string{"alert_template", "site", "policy"} {
		v := query.Get(name)
		if v == "" {
			continue
		}
		n, err := strconv.ParseInt(v, 10, 32)
		exists := false
		if err == nil {
			if exists, err = h.Agents.Exists(ctx, name, int32(n)); err != nil {
				return err
			}
		}
		if !exists {
			errs.Add(name, "Select a valid choice. That choice is not one of the available choices.")
			continue
		}
		keys[name] = int32(n)
	}
	return nil
}

func readTimes(query url.Values, name string, errs *rest.Errors) agents.TimeRange {
	var r agents.TimeRange
	for suffix, target := range map[string]**time.Time{"_after": &r.After, "_before": &r.Before} {
		v := query.Get(name + suffix)
		if v == "" {
			continue
		}
		t, ok := parseTime(v)
		if !ok {
			errs.Add(name, "Enter a valid date/time.")
			return agents.TimeRange{}
		}
		*target = &t
	}
	return r
}

// parseTime reads a time as people and programs write it; without a zone it is UTC.
func parseTime(text string) (time.Time, bool) {
	if strings.Contains(text, "T") {
		text = strings.ReplaceAll(text, " ", "+") // the plus of a zone that was not escaped
	}
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04",
		"2006-01-02 15:04", "2006-01-02",
	} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 0 {
			return t, true
		}
	}
	return time.Time{}, false
}

func readNumbers(query url.Values, name string, errs *rest.Errors) (out [2]*int32) {
	for i, suffix := range []string{"_min", "_max"} {
		v := query.Get(name + suffix)
		if v == "" {
			continue
		}
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || math.IsNaN(n) || math.Abs(n) > math.MaxInt32 {
			errs.Add(name, "Enter a number.")
			return [2]*int32{}
		}
		rounded := int32(n)
		if i == 0 && float64(rounded) < n {
			rounded++
		}
		out[i] = &rounded
	}
	return out
}

func cut(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return text
}
