package variables

import (
	"encoding/json"
	"strconv"
	"strings"
)

// none stands for a placeholder without a value in plain texts (domain.md §8.3).
const none = "None"

// Plain fills all placeholders of a text with the plain text of their values. The encode function, when it is not nil, gets
// the offset of a placeholder and the text that would replace it, and returns what does. A text that would become longer
// than MaxItemBytes, or is, stays as it was.
func (d *Data) Plain(text string, encode func(offset int, value string) string) string {
	if len(text) > MaxItemBytes {
		return text
	}
	var b strings.Builder
	last := 0
	for p := range placeholders(text) {
		value := none
		if v, ok := d.Lookup(p.path); ok {
			value = plain(v)
		}
		if encode != nil {
			value = encode(p.start, value)
		}
		b.WriteString(text[last:p.start])
		b.WriteString(value)
		last = p.end
		if b.Len() > MaxItemBytes {
			return text
		}
	}
	b.WriteString(text[last:])
	if b.Len() > MaxItemBytes {
		return text
	}
	return b.String()
}

// plain is the text that existing web hooks and links expect of a value: the reference prints booleans and lists in the
// form of its own language.
func plain(v any) string {
	switch x := v.(type) {
	case bool:
		return map[bool]string{true: "True", false: "False"}[x]
	case float64:
		text := strconv.FormatFloat(x, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	case []string:
		quoted := make([]string, len(x))
		for i, s := range x {
			quoted[i] = "'" + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", `\'`) + "'"
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	case json.RawMessage:
		return string(x)
	default:
		return format("", v)
	}
}
