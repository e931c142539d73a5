package agentwire

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// everything has each kind of value that an agent can send, and some that it cannot.
func everything() map[string]any {
	return map[string]any{
		"text": "a\"b\\c\nd\re\tf\u0001g\u2028h<&>ü€😀", "nul": "a\x00b", "": "no name", "long name of more than thirty-one bytes, which has another head": 1,
		"float": 1.5, "whole": 8.0, "big": 1e300, "small": -2.5e-9, "exact": float64(1 << 53), "negative": -7, "max": uint64(1<<64 - 1), "single": float32(0.1),
		"yes": true, "no": false, "none": nil, "list": []any{1, "two", []any{}, map[string]any{}}, "map": map[string]any{"b": 1, "a": map[string]any{"x": nil}},
		"bytes": []byte{'o', 'k'}, "broken": "\xff\xfe!", "\xffkey": "broken key", "nul\x00key": 1,
	}
}

// transcoded compares the two ways to JSON and returns the streamed one.
func transcoded(t *testing.T, data []byte) (WMI, string) {
	t.Helper()
	want, wantErr := DecodeWMI(data)
	keep := func(class string) bool { return len(class)%2 == 0 }
	got, text, err := TranscodeWMI([]byte("before"), data, keep)
	if wantErr != nil {
		require.Error(t, err)
		require.Equal(t, "before", string(text))
		return got, ""
	}
	require.NoError(t, err)
	require.Equal(t, want.AgentID, got.AgentID)
	out, ok := strings.CutPrefix(string(text), "before")
	require.True(t, ok)
	require.NotContains(t, out, "\x00")
	marshalled, err := json.Marshal(want.WMI)
	require.NoError(t, err)
	require.JSONEq(t, string(marshalled), out)
	for class := range want.WMI {
		if !keep(class) {
			delete(want.WMI, class)
		}
	}
	kept, err := json.Marshal(want.WMI)
	require.NoError(t, err)
	some, err := json.Marshal(got.WMI)
	require.NoError(t, err)
	require.Equal(t, string(kept), string(some))
	return got, out
}

func TestTranscodeMeansWhatTheMapMeans(t *testing.T) {
	t.Parallel()
	data, err := marshal("test", map[string]any{"agent_id": "a", "wmi": everything()})
	require.NoError(t, err)
	transcoded(t, data)
	form, err := AppendCanonical(nil, data)
	require.NoError(t, err)
	transcoded(t, form)
	hardware, err := hardwareTree(1).Encode()
	require.NoError(t, err)
	transcoded(t, hardware)
	_, out := transcoded(t, []byte("\x81\xa3wmi\x81\xa1a\xa3<&>"))
	require.Equal(t, `{"a":"<&>"}`, out, "nothing is escaped for HTML")
}

func TestTranscodeTakesTheLastOfRepeatedKeys(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"same":              "\x81\xa3wmi\x82\xa1a\x01\xa1a\x02",
		"other head":        "\x81\xa3wmi\x82\xa1a\x01\xd9\x01a\x02",
		"as bytes":          "\x81\xa3wmi\x82\xc4\x01a\x01\xa1a\x02",
		"inside":            "\x81\xa3wmi\x81\xa1m\x83\xa1a\x01\xa1b\x07\xa1a\x02",
		"number and text":   "\x81\xa3wmi\x82\x01\xa1x\xa11\xa1y",
		"no text at all":    "\x81\xa3wmi\x82\x90\x01\xa1b\x02",
		"cleaned":           "\x81\xa3wmi\x82\xa1a\x01\xa2a\x00\x02",
		"two reports":       "\x82\xa3wmi\x81\xa1a\x01\xa3wmi\x81\xa1b\x02",
		"then nothing":      "\x82\xa3wmi\x81\xa1a\x01\xa3wmi\xc0",
		"extension":         "\x81\xa3wmi\x81\xa1a\xd4\x01\x02",
		"report of no sort": "\x81\xa3wmi\x91\x01",
		"extension report":  "\x81\xa3wmi\xd4\x01\x02",
		"not a number":      "\x81\xa3wmi\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00",
		"minus nothing":     "\x81\xa3wmi\x81\xa1a\xcb\x80\x00\x00\x00\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transcoded(t, []byte(data))
		})
	}
}

func FuzzTranscodeWMI(f *testing.F) {
	for _, tree := range []map[string]any{everything(), hardwareTree(1).WMI, {}} {
		data, err := marshal("seed", map[string]any{"agent_id": "a", "wmi": tree})
		require.NoError(f, err)
		f.Add(data)
		form, err := AppendCanonical(nil, data)
		require.NoError(f, err)
		f.Add(form)
	}
	f.Add([]byte("\x82\xa3wmi\x82\xa1a\x01\xa1a\x91\x81\xa1b\xc0\xa8agent_id\xa1x"))
	f.Fuzz(func(t *testing.T, data []byte) { transcoded(t, data) })
}

func BenchmarkTranscodeHardware(b *testing.B) {
	data, err := hardwareTree(1).Encode()
	require.NoError(b, err)
	data, err = AppendCanonical(nil, data)
	require.NoError(b, err)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		_, buf, err = TranscodeWMI(buf[:0], data, func(class string) bool { return class == "serialnumber" })
		require.NoError(b, err)
	}
}
