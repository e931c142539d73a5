package variables

import (
	"iter"
	"strings"
	"unicode"
)

// placeholders finds the placeholders of a text: unlike the items of a script there may be several in it, and only names of
// the contract's form below a known root count (domain.md §7.3): letters, digits, "_", "-", spaces and dots. One pass: what
// is looked at in vain ends at the next brace.
func placeholders(text string) iter.Seq[placeholder] {
	return func(yield func(placeholder) bool) {
		for at := 0; ; {
			next := strings.Index(text[at:], "{{")
			if next < 0 {
				return
			}
			start := at + next
			path, length, ok := name(text[start+2:])
			if !ok {
				at = start + 1
				continue
			}
			at = start + 2 + length
			if !yield(placeholder{path: path, start: start, end: at}) {
				return
			}
		}
	}
}

// name reads what follows two opening braces: a path and two closing ones. length counts both.
func name(text string) (path string, length int, ok bool) {
	end := strings.IndexAny(text, "{}")
	if end < 0 || !strings.HasPrefix(text[end:], "}}") {
		return "", 0, false
	}
	path = strings.TrimSpace(text[:end])
	root, rest, found := strings.Cut(path, ".")
	if !found || rest == "" || strings.ContainsFunc(rest, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-. ", r)
	}) {
		return "", 0, false
	}
	switch Root(root) {
	case Agent, Site, Client, Global, Alert:
		return path, end + 2, true
	default:
		return "", 0, false
	}
}
