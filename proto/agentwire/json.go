package agentwire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// TranscodeWMI renders the hardware detail of an agent-wmi message as JSON at the end of dst without building it in memory,
// and decodes only the classes that keep wants. It accepts, refuses and means what DecodeWMI does, and is fast for messages
// in the form of AppendCanonical. On an error dst is returned as it came.
func TranscodeWMI(dst, data []byte, keep func(class string) bool) (some WMI, out []byte, err error) {
	out = append(dst, "{}"...)
	some.WMI = map[string]any{}
	err = decode("wmi", data, limitsTree, map[string]field{
		"agent_id": setText(&some.AgentID),
		"wmi": func(c *cursor) error {
			start := c.pos
			h, err := c.head()
			switch {
			case err != nil:
				return err
			case h.fam == famNil, h.fam == famFloat && (math.IsNaN(h.f) || math.IsInf(h.f, 0)):
				return nil
			case h.fam == famExt:
				c.pos += h.n
				return nil
			case h.fam != famMap:
				return ErrType
			}
			if some.WMI, err = c.some(h.n, keep); err != nil {
				return err
			}
			c.pos = start
			out, err = c.appendJSON(out[:len(dst)])
			return err
		},
	})
	if err != nil {
		return WMI{}, dst, err
	}
	return some, out, nil
}

// some reads the entries of a map whose keys are wanted.
func (c *cursor) some(n int, keep func(string) bool) (map[string]any, error) {
	kept := map[string]any{}
	for range n {
		k, err := c.key()
		if err != nil {
			return nil, err
		}
		if !keep(k) {
			if err := c.skip(); err != nil {
				return nil, err
			}
			continue
		}
		if kept[k], err = c.value(); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// appendJSON renders the next value as JSON that means what value reads. The structure is known to be sound and of bounded
// depth.
func (c *cursor) appendJSON(dst []byte) ([]byte, error) {
	h, err := c.head()
	if err != nil {
		return dst, err
	}
	switch h.fam {
	case famBool:
		return strconv.AppendBool(dst, h.u == 1), nil
	case famInt:
		return strconv.AppendInt(dst, int64(h.u), 10), nil
	case famUint:
		return strconv.AppendUint(dst, h.u, 10), nil
	case famFloat:
		return appendFloat(dst, h.f), nil
	case famRaw:
		return appendText(dst, c.raw(h.n)), nil
	case famList:
		return c.appendList(dst, h.n)
	case famMap:
		return c.appendMap(dst, h.n)
	case famExt:
		c.pos += h.n
	default: // nil and what JSON does not know
	}
	return append(dst, "null"...), nil
}

func (c *cursor) appendList(dst []byte, n int) ([]byte, error) {
	dst = append(dst, '[')
	var err error
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = c.appendJSON(dst); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

// appendMap renders entry by entry while the keys are plain and rise, shorter ones first, so that none can come twice. Of other
// maps the last entry of each key counts, which takes the whole map in memory.
func (c *cursor) appendMap(dst []byte, n int) ([]byte, error) {
	start, from := len(dst), c.pos
	dst = append(dst, '{')
	var before []byte
	for i := range n {
		key := c.plainKey()
		if key == nil || i > 0 && !rises(before, key) {
			c.pos = from
			return c.appendWhole(dst[:start], n)
		}
		before = key
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, key), ':')
		var err error
		if dst, err = c.appendJSON(dst); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// rises is the order of the keys in canonical messages of all encoders that write short texts in their shortest form.
func rises(a, b []byte) bool {
	return len(a) < len(b) || len(a) == len(b) && bytes.Compare(a, b) < 0
}

// plainKey returns the next key when it is a text that JSON and SQL can hold as it is, else nil. It is never nil for an empty
// text.
func (c *cursor) plainKey() []byte {
	h, err := c.head()
	if err != nil || h.fam != famRaw {
		return nil
	}
	key := c.raw(h.n)
	if bytes.IndexByte(key, 0) >= 0 || !utf8.Valid(key) {
		return nil
	}
	return key
}

func (c *cursor) appendWhole(dst []byte, n int) ([]byte, error) {
	m, err := c.mapping(n)
	if err != nil {
		return dst, err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return dst, fmt.Errorf("render map: %w", err)
	}
	return append(dst, text...), nil
}

func appendFloat(dst []byte, f float64) []byte {
	const exact = 1 << 53 // whole numbers below have one shortest form without an exponent
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(dst, "null"...)
	case f == math.Trunc(f) && math.Abs(f) < exact && (f != 0 || !math.Signbit(f)):
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

// appendText renders text, cleaned as by cleanText, between quotes.
func appendText(dst, text []byte) []byte {
	start := len(dst)
	dst = append(dst, '"')
	wide, done := false, 0
	for i, b := range text {
		switch {
		case b >= utf8.RuneSelf:
			wide = true
		case b < ' ' || b == '"' || b == '\\':
			dst, done = appendEscape(append(dst, text[done:i]...), b), i+1
		}
	}
	if wide && !utf8.Valid(text) {
		return appendText(dst[:start], bytes.ToValidUTF8(text, []byte("\uFFFD")))
	}
	return append(append(dst, text[done:]...), '"')
}

// appendEscape renders a byte that may not stand in a JSON text. NUL is left out.
func appendEscape(dst []byte, b byte) []byte {
	const digits = "0123456789abcdef"
	switch b {
	case 0:
		return dst
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', digits[b>>4], digits[b&15])
}
