package checks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxEvents bounds the events of one event log report. A log that matches more often keeps its newest entries; the
// count that decides about failing is the reported one.
const MaxEvents = 5000

// ErrReport marks a report that cannot be understood or that lacks what its check type needs.
var ErrReport = errors.New("check report is not valid")

// Report is what an agent posts after running one check (agent-protocol.md §4.6). Only the fields of the check's own
// type are read. AgentID is nil when the key is missing, which only agents older than the contract do.
type Report struct {
	ID          int32
	AgentID     *string
	Percent     *int32
	PercentUsed *float64
	Exists      *bool
	MoreInfo    *string
	Status      *string
	Output      *string
	Stdout      string
	Stderr      string
	Retcode     *int64
	Runtime     float64
	Log         []json.RawMessage
	LogCount    int
	Truncated   bool // the body was too large and lost its long values on the way in
	hasLog      bool
}

// DecodeReport reads a report. Unknown keys are ignored, numbers may come as numeric text, text loses NUL characters
// (Postgres cannot hold them). Errors wrap ErrReport and never quote the input.
func DecodeReport(body []byte) (*Report, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, fmt.Errorf("%w: not a JSON object", ErrReport)
	}
	d := fieldReader{raw: raw}
	r := &Report{
		AgentID:     d.text("agent_id"),
		Percent:     d.int32("percent"),
		PercentUsed: d.float("percent_used"),
		Exists:      d.boolean("exists"),
		MoreInfo:    d.text("more_info"),
		Status:      d.text("status"),
		Output:      d.text("output"),
		Stdout:      valueOf(d.text("stdout")),
		Stderr:      valueOf(d.text("stderr")),
		Retcode:     d.int64("retcode"),
		Runtime:     valueOf(d.float("runtime")),
	}
	if _, present := raw["agent_id"]; present && r.AgentID == nil {
		empty := ""
		r.AgentID = &empty
	}
	if id := d.int32("id"); id != nil {
		r.ID = *id
	}
	r.Log, r.LogCount, r.hasLog = d.events("log")
	if r.Truncated = valueOf(d.boolean("truncated")); r.Truncated && !r.hasLog {
		// A log that fills a body beyond its limit matched more often than any number asks for.
		r.LogCount, r.hasLog = MaxEvents, true
	}
	if d.err != nil {
		return nil, d.err
	}
	return r, nil
}

// Complete says whether the report holds what a check of the given type needs; the error wraps ErrReport.
func (r *Report) Complete(t Type) error {
	missing := func(key string) error { return fmt.Errorf("%w: %s is missing", ErrReport, key) }
	switch t {
	case CPULoad, Memory:
		if r.Percent == nil {
			return missing("percent")
		}
	case DiskSpace:
		if r.Exists == nil {
			return missing("exists")
		}
		if *r.Exists && r.PercentUsed == nil {
			return missing("percent_used")
		}
	case Ping, WinSvc:
		if r.Status == nil {
			return missing("status")
		}
		if s := Status(*r.Status); s != Passing && s != Failing {
			return fmt.Errorf("%w: status is neither passing nor failing", ErrReport)
		}
	case Script:
		if r.Retcode == nil {
			return missing("retcode")
		}
	case EventLog:
		if !r.hasLog {
			return missing("log")
		}
	default:
		return fmt.Errorf("%w: unknown check type", ErrReport)
	}
	return nil
}

// fieldReader reads loosely typed values and keeps the first error.
type fieldReader struct {
	raw map[string]json.RawMessage
	err error
}

func (f *fieldReader) get(key string) (json.RawMessage, bool) {
	v, ok := f.raw[key]
	if !ok || string(v) == "null" {
		return nil, false
	}
	return v, true
}

func (f *fieldReader) fail(key, want string) {
	if f.err == nil {
		f.err = fmt.Errorf("%w: %s is not %s", ErrReport, key, want)
	}
}

func (f *fieldReader) text(key string) *string {
	v, ok := f.get(key)
	if !ok {
		return nil
	}
	var s string
	if v[0] == '"' {
		if err := json.Unmarshal(v, &s); err != nil {
			f.fail(key, "text")
			return nil
		}
	} else {
		if v[0] == '{' || v[0] == '[' {
			f.fail(key, "text")
			return nil
		}
		s = string(v)
	}
	s = strings.ReplaceAll(s, "\x00", "")
	return &s
}

// number returns the decimal text of a JSON number or of numeric text.
func (f *fieldReader) number(key string) (string, bool) {
	v, ok := f.get(key)
	if !ok {
		return "", false
	}
	s := string(v)
	if v[0] == '"' {
		if err := json.Unmarshal(v, &s); err != nil {
			f.fail(key, "a number")
			return "", false
		}
	}
	return strings.TrimSpace(s), true
}

func (f *fieldReader) float(key string) *float64 {
	s, ok := f.number(key)
	if !ok {
		return nil
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		f.fail(key, "a number")
		return nil
	}
	return &n
}

func (f *fieldReader) int64(key string) *int64 {
	s, ok := f.number(key)
	if !ok {
		return nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return &n
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(x) || x >= math.MaxInt64 || x <= math.MinInt64 {
		f.fail(key, "an integer")
		return nil
	}
	n := int64(x)
	return &n
}

func (f *fieldReader) int32(key string) *int32 {
	n := f.int64(key)
	if n == nil {
		return nil
	}
	if *n > math.MaxInt32 || *n < math.MinInt32 {
		f.fail(key, "in the 32-bit range")
		return nil
	}
	v := int32(*n)
	return &v
}

func (f *fieldReader) boolean(key string) *bool {
	v, ok := f.get(key)
	if !ok {
		return nil
	}
	var b bool
	if err := json.Unmarshal(v, &b); err != nil {
		f.fail(key, "true or false")
		return nil
	}
	return &b
}

// events reads the matching events. Go writes a nil list as null, so null counts as an empty list.
func (f *fieldReader) events(key string) (list []json.RawMessage, count int, present bool) {
	v, ok := f.raw[key]
	if !ok {
		return nil, 0, false
	}
	if err := json.Unmarshal(v, &list); err != nil {
		f.fail(key, "a list")
		return nil, 0, true
	}
	count = len(list)
	if count > MaxEvents {
		list = list[:MaxEvents]
	}
	for i, e := range list {
		if !storable(e) {
			list[i] = normalise(e)
		}
	}
	return list, count, true
}

// storable says whether jsonb takes a legal JSON value as it is: it refuses NUL, lone surrogates and invalid UTF-8.
func storable(v json.RawMessage) bool {
	lower := bytes.ToLower(v)
	return utf8.Valid(v) && !bytes.Contains(lower, []byte(`\u0000`)) && !bytes.Contains(lower, []byte(`\ud`))
}

// normalise re-encodes a JSON value: no NUL in its texts and keys and U+FFFD for what is not Unicode.
func normalise(v json.RawMessage) json.RawMessage {
	var value any
	dec := json.NewDecoder(bytes.NewReader(v))
	dec.UseNumber()
	if err := dec.Decode(&value); err != nil {
		return json.RawMessage("null")
	}
	out, err := json.Marshal(withoutNUL(value))
	if err != nil {
		return json.RawMessage("null")
	}
	return out
}

func withoutNUL(v any) any {
	switch x := v.(type) {
	case string:
		return strings.ReplaceAll(x, "\x00", "")
	case []any:
		for i := range x {
			x[i] = withoutNUL(x[i])
		}
		return x
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[strings.ReplaceAll(k, "\x00", "")] = withoutNUL(e)
		}
		return out
	default:
		return v
	}
}
