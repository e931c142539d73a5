package urlactions

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gueencode/gueenrmm/pkg/variables"
)

// Request is a web hook with its placeholders filled.
type Request struct {
	Method  string // lower case
	URL     string
	Headers map[string]string
	Body    string // as filled; "" for get and delete
	Sent    []byte // what goes over the wire: JSON whatever Body is
}

// Hook is a web hook as it is stored or typed.
type Hook struct {
	Method, Pattern, Body, Headers string
}

// Fill fills the placeholders of a hook. Values inside a JSON text are escaped, so that a quote in a description neither
// breaks the body nor adds members to it.
func (h Hook) Fill(d *variables.Data) Request {
	r := Request{Method: h.Method, URL: Quote(d.Plain(h.Pattern, nil)), Headers: map[string]string{}}
	headers := fillJSON(d, h.Headers)
	var members map[string]any
	if json.Unmarshal([]byte(lenient(headers)), &members) == nil {
		for name, v := range members {
			if s, ok := v.(string); ok {
				r.Headers[name] = s
				continue
			}
			if raw, err := json.Marshal(v); err == nil {
				r.Headers[name] = string(raw)
			}
		}
	}
	if strings.EqualFold(h.Method, http.MethodGet) || strings.EqualFold(h.Method, http.MethodDelete) {
		return r
	}
	r.Body = fillJSON(d, h.Body)
	if text := lenient(r.Body); json.Valid([]byte(text)) {
		r.Sent = []byte(text)
		return r
	}
	// What is not JSON is sent as one JSON text (domain.md §8.3).
	if raw, err := json.Marshal(r.Body); err == nil {
		r.Sent = raw
	}
	return r
}

// fillJSON fills a JSON template: inside its texts values are escaped. If the outcome is not JSON all the same, the template
// is none, and the values go in as they are.
func fillJSON(d *variables.Data, template string) string {
	inside := insideText(template)
	filled := d.Plain(template, func(offset int, value string) string {
		if !inside[offset] {
			return value
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return value
		}
		return string(raw[1 : len(raw)-1])
	})
	if json.Valid([]byte(lenient(filled))) {
		return filled
	}
	return d.Plain(template, nil)
}

// insideText says for each byte whether it stands inside a text of a JSON document.
func insideText(s string) []bool {
	out := make([]bool, len(s))
	in, escaped := false, false
	for i := range len(s) {
		out[i] = in
		switch {
		case escaped:
			escaped = false
		case s[i] == '\\':
			escaped = in
		case s[i] == '"':
			in = !in
		}
	}
	return out
}

// lenient mends what people type into JSON: line breaks and tabs inside texts are escaped, other control characters become
// spaces, and a backslash that begins no escape, as in a Windows path, stands for itself. Valid JSON stays as it is.
func lenient(s string) string {
	if json.Valid([]byte(s)) {
		return s
	}
	var b strings.Builder
	in := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"':
			in = !in
			b.WriteByte(c)
		case c == '\\' && in && i+1 < len(s) && strings.IndexByte(`"\/bfnrtu`, s[i+1]) >= 0:
			b.WriteByte(c)
			i++
			b.WriteByte(s[i])
		case c == '\\' && in:
			b.WriteString(`\\`)
		case c >= ' ' || !in && (c == '\n' || c == '\r' || c == '\t'):
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// legal are the characters of an address that stay as they are (RFC 3986), besides letters and digits.
const legal = "!#$&'()*+,/:;=?@[]~-._%"

// Quote percent-encodes what may not stand in an address and decodes what need not be encoded, once and not twice.
func Quote(address string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(address); i++ {
		c := address[i]
		if c == '%' {
			decoded, ok := escapeAt(address, i)
			switch {
			case ok && unreserved(decoded):
				b.WriteByte(decoded)
				i += 2
				continue
			case !ok:
				b.WriteString("%25")
				continue
			}
		}
		if unreserved(c) || strings.IndexByte(legal, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

func escapeAt(s string, i int) (byte, bool) {
	if i+2 >= len(s) {
		return 0, false
	}
	high, low := nibble(s[i+1]), nibble(s[i+2])
	return byte(high<<4 | low), high >= 0 && low >= 0
}

func nibble(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
