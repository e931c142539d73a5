package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// stars is what a secret looks like everywhere but in Reveal.
const stars = "********"

// Secret is text that must never be printed: every formatting and encoding path gives stars.
type Secret struct{ text string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{text: text} }

// Reveal returns the text. Call it only where the value is handed to the library that needs it.
func (s Secret) Reveal() string { return s.text }

// Empty says whether nothing was set.
func (s Secret) Empty() bool { return s.text == "" }

// String returns stars, or nothing when nothing was set.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return stars
}

// GoString keeps %#v from printing the text.
func (s Secret) GoString() string { return `config.Secret("` + s.String() + `")` }

// Format keeps every verb from reaching the field by reflection.
func (s Secret) Format(f fmt.State, _ rune) { writeMasked(f, s.String()) }

// MarshalText returns stars.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON returns stars.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalText stores the text.
func (s *Secret) UnmarshalText(b []byte) error {
	s.text = string(b)
	return nil
}

// URL is an absolute address. A password in it is masked everywhere but in Reveal.
type URL struct{ parsed *url.URL }

// ParseURL parses an absolute address.
func ParseURL(text string) (URL, error) {
	var u URL
	err := u.UnmarshalText([]byte(text))
	return u, err
}

// Reveal returns the address with its password.
func (u URL) Reveal() string {
	if u.parsed == nil {
		return ""
	}
	return u.parsed.String()
}

// Parsed returns a copy of the parsed address, or nil when nothing was set.
func (u URL) Parsed() *url.URL {
	if u.parsed == nil {
		return nil
	}
	c := *u.parsed
	return &c
}

// Empty says whether nothing was set.
func (u URL) Empty() bool { return u.parsed == nil }

// String returns the address with stars for the password.
func (u URL) String() string {
	if u.parsed == nil {
		return ""
	}
	c := *u.parsed
	c.RawQuery = maskQuery(c.Query(), c.RawQuery)
	if _, has := c.User.Password(); !has {
		return c.String()
	}
	c.User = url.User(u.parsed.User.Username())
	// The stars are put in by hand: url.UserPassword would escape them.
	return strings.Replace(c.String(), "@", ":"+stars+"@", 1)
}

// maskQuery masks passwords among the parameters, where database addresses may have them.
func maskQuery(q url.Values, raw string) string {
	found := false
	for key := range q {
		if strings.Contains(strings.ToLower(key), "password") {
			q.Set(key, stars)
			found = true
		}
	}
	if !found {
		return raw
	}
	return q.Encode()
}

// Format keeps every verb from printing the password.
func (u URL) Format(f fmt.State, _ rune) { writeMasked(f, u.String()) }

// MarshalText returns the masked address.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText parses an absolute address; empty text means "not set". Parse errors do not repeat the address, which may
// hold a password.
func (u *URL) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		u.parsed = nil
		return nil
	}
	p, err := url.Parse(string(b))
	if err != nil {
		return errors.New("is not a valid URL")
	}
	if p.Scheme == "" {
		return errors.New("is not an absolute URL (scheme://host)")
	}
	u.parsed = p
	return nil
}

// writeMasked writes what may be shown. fmt ignores errors of a State in the same way.
func writeMasked(f fmt.State, s string) {
	if _, err := f.Write([]byte(s)); err != nil {
		return
	}
}

// Bytes is a size: "512", "64KiB", "10MiB", "1GB".
type Bytes int64

// String returns the size with the largest unit that divides it.
func (b Bytes) String() string {
	for _, u := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if b != 0 && int64(b)%u.size == 0 {
			return strconv.FormatInt(int64(b)/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10) + "B"
}

// MarshalText returns String.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText parses a whole number with an optional unit (B, KB, MB, GB, KiB, MiB, GiB).
func (b *Bytes) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	unit := ""
	if i >= 0 {
		s, unit = s[:i], strings.TrimSpace(s[i:])
	}
	factor, ok := map[string]int64{
		"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
	}[strings.ToLower(unit)]
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || !ok {
		return errors.New("is not a size such as 512, 64KiB or 10MiB")
	}
	if n > (1<<63-1)/factor {
		return errors.New("is too large")
	}
	*b = Bytes(n * factor)
	return nil
}
