package agentwire

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func hardwareTree(serial int) WMI {
	adapters := []any{}
	for i := range 70 {
		adapter := map[string]any{}
		for p := range 12 {
			adapter[fmt.Sprintf("Property%02d", p)] = fmt.Sprintf("value of property %d of adapter %d, machine %d", p, i, serial)
		}
		adapters = append(adapters, []any{adapter})
	}
	return WMI{AgentID: "a", WMI: map[string]any{"network_adapter": adapters, "serialnumber": "x", "none": nil, "cores": 8.0, "empty": map[string]any{}}}
}

func TestCanonicalFormHasOneOrder(t *testing.T) {
	t.Parallel()
	var first []byte
	for range 20 { // the encoder writes maps in random order
		data, err := hardwareTree(1).Encode()
		require.NoError(t, err)
		form, err := AppendCanonical(nil, data)
		require.NoError(t, err)
		require.Len(t, form, len(data))
		if first == nil {
			first = form
		}
		require.Equal(t, first, form)
	}
	other, err := hardwareTree(2).Encode()
	require.NoError(t, err)
	form, err := AppendCanonical(nil, other)
	require.NoError(t, err)
	require.NotEqual(t, first, form)
}

func FuzzAppendCanonical(f *testing.F) {
	data, err := hardwareTree(1).Encode()
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte{0x82, 0xa1, 'b', 0x01, 0xa1, 'a', 0x81, 0xa1, 'x', 0x90})
	f.Fuzz(func(t *testing.T, data []byte) {
		form, err := AppendCanonical(nil, data)
		if err != nil {
			return
		}
		require.Len(t, form, len(data))
		again, err := AppendCanonical(nil, form)
		require.NoError(t, err)
		require.Equal(t, form, again)
		before, errBefore := DecodeWMI(data)
		after, errAfter := DecodeWMI(form)
		if errBefore != nil || errAfter != nil || repeats(data) {
			return // of repeated keys one counts, which may be another after sorting
		}
		want, err := json.Marshal(before)
		require.NoError(t, err)
		got, err := json.Marshal(after)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	})
}

// repeats says whether the outermost or any inner map has keys that become the same text.
func repeats(data []byte) bool {
	c, err := newCursor(data, limitsTree)
	if err != nil {
		return true
	}
	for c.pos < len(c.b) {
		h, err := c.head()
		if err != nil {
			return true
		}
		switch h.fam {
		case famRaw, famExt:
			c.pos += h.n
		case famMap:
			if h.n > 1 {
				seen := map[string]bool{}
				at := c.pos
				for range h.n {
					start := c.pos
					if c.skip() != nil {
						return true
					}
					key := string(c.b[start:c.pos])
					if head := c.b[start]; head < 0xa0 || head > 0xbf { // only short texts are told apart with certainty
						return true
					}
					if seen[cleanText([]byte(key[1:]))] {
						return true
					}
					seen[cleanText([]byte(key[1:]))] = true
					if c.skip() != nil {
						return true
					}
				}
				c.pos = at
			}
		default:
		}
	}
	return false
}

func BenchmarkCanonicalHardware(b *testing.B) {
	data, err := hardwareTree(1).Encode()
	require.NoError(b, err)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		buf, err = AppendCanonical(buf[:0], data)
		require.NoError(b, err)
	}
}

func BenchmarkDecodeHardware(b *testing.B) {
	data, err := hardwareTree(1).Encode()
	require.NoError(b, err)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		m, err := DecodeWMI(data)
		require.NoError(b, err)
		_, err = json.Marshal(m.WMI)
		require.NoError(b, err)
	}
}
