package rest

import (
	"fmt"
	"net/mail"
	"net/netip"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zone names are checked the same on a machine without the zone database
	"unicode"
)

// rules are the parsed `rule` tag of a field.
type rules struct {
	required, null, blank, verbatim bool
	flat                            bool
	min, max                        *float64
	choices                         []string
	pattern                         string
	ref                             string
	item                            *rules
}

func parseRules(tag string) (rules, error) {
	var r rules
	if tag == "" {
		return r, nil
	}
	var items []string
	for _, part := range strings.Split(tag, ",") {
		if rest, ok := strings.CutPrefix(part, "item."); ok {
			items = append(items, rest)
			continue
		}
		if err := r.set(part); err != nil {
			return r, err
		}
	}
	if len(items) > 0 {
		item, err := parseRules(strings.Join(items, ","))
		if err != nil {
			return r, err
		}
		r.item = &item
	}
	return r, nil
}

func (r *rules) set(part string) error {
	name, arg, _ := strings.Cut(part, "=")
	switch name {
	case "required":
		r.required = true
	case "null":
		r.null = true
	case "blank":
		r.blank = true
	case "verbatim":
		r.verbatim = true
	case "flat":
		r.flat = true
	case "choices":
		r.choices = strings.Split(arg, "|")
	case "ref":
		r.ref = arg
	case "pattern":
		if _, ok := patternMessage(arg, ""); !ok && arg != "email" && arg != "ip" && arg != "slug" && arg != "timezone" {
			return fmt.Errorf("unknown pattern %q", arg)
		}
		r.pattern = arg
	case "min", "max":
		n, err := strconv.ParseFloat(arg, 64)
		if err != nil {
			return fmt.Errorf("rule %s: %w", part, err)
		}
		if name == "min" {
			r.min = &n
		} else {
			r.max = &n
		}
	default:
		return fmt.Errorf("unknown rule %q", part)
	}
	return nil
}

var (
	domainLabel = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)
	slugText    = regexp.MustCompile(`^[-a-zA-Z0-9_]+$`)
)

// patternMessage returns the message for a text that does not fit the named pattern; ok says that it fits.
func patternMessage(name, text string) (message string, ok bool) {
	switch name {
	case "email":
		return "Enter a valid email address.", isEmail(text)
	case "ip":
		_, err := netip.ParseAddr(text)
		return "Enter a valid IPv4 or IPv6 address.", err == nil
	case "timezone":
		_, err := time.LoadLocation(text)
		return strconv.Quote(text) + " is not a valid choice.", err == nil && text != "Local"
	case "name":
		return "Control characters, direction marks and invisible characters are not allowed.", !strings.ContainsFunc(text, misleading)
	case "slug":
		return "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.", slugText.MatchString(text)
	}
	return "", true
}

// misleading says which characters show a name as something else than it is, or cannot be seen at all. The joiners U+200C and
// U+200D are not among them: Persian words and emoji are written with them.
func misleading(r rune) bool {
	switch {
	case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
		return true
	case r == '\u00ad', r == '\u180e', r == '\u200b', r == '\ufeff', r >= '\u2028' && r <= '\u2029', r >= '\u2060' && r <= '\u2064', r >= '\ufff9' && r <= '\ufffb':
		return true // soft hyphen, separators, spaces without width, invisible operators
	}
	return false
}

func isEmail(text string) bool {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || a.Name != "" || len(text) > 320 {
		return false
	}
	domain := text[strings.LastIndexByte(text, '@')+1:]
	if domain == "localhost" {
		return true
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if !domainLabel.MatchString(l) {
			return false
		}
	}
	return true
}

// checkKind refuses rules that mean nothing for the type, so that a typo in a tag fails at start and not silently.
func (r *rules) checkKind(t reflect.Type) error {
	isString := t.Kind() == reflect.String
	isList := t.Kind() == reflect.Slice && t != rawType
	if (r.blank || r.verbatim || r.pattern != "") && !isString {
		return fmt.Errorf("a string rule on %s", t)
	}
	if r.item != nil && !isList {
		return fmt.Errorf("an item rule on %s", t)
	}
	return nil
}
