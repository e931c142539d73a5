package rest

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

var (
	rawType    = reflect.TypeFor[json.RawMessage]() //nolint:gochecknoglobals // a constant, if types could be
	timeType   = reflect.TypeFor[time.Time]()       //nolint:gochecknoglobals // a constant, if types could be
	clockType  = reflect.TypeFor[ClockTime]()       //nolint:gochecknoglobals // a constant, if types could be
	uploadType = reflect.TypeFor[Upload]()          //nolint:gochecknoglobals // a constant, if types could be

	zeroFraction = regexp.MustCompile(`\.0*$`)
)

const maxNumberText = 1000 // longer texts are no numbers anybody means

// scalar writes v to dst, or returns the message why it does not fit.
func scalar(dst reflect.Value, v value, r *rules) string {
	switch dst.Type() {
	case timeType:
		t, ok := parseDatetime(v)
		if !ok {
			return msgNotDatetime
		}
		dst.Set(reflect.ValueOf(t))
		return ""
	case clockType:
		t, ok := parseClock(v)
		if !ok {
			return msgNotTime
		}
		dst.Set(reflect.ValueOf(t))
		return ""
	case uploadType:
		if v.kind != kindFile {
			return msgNotFile
		}
		dst.Set(reflect.ValueOf(*v.file))
		return ""
	}
	switch dst.Kind() {
	case reflect.String:
		return stringScalar(dst, v, r)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return intScalar(dst, v, r)
	case reflect.Float32, reflect.Float64:
		return floatScalar(dst, v, r)
	case reflect.Bool:
		b, ok := parseBool(v)
		if !ok {
			return msgNotBool
		}
		dst.SetBool(b)
		return ""
	default:
		return "Unsupported type." // planBody lets none through
	}
}

func stringScalar(dst reflect.Value, v value, r *rules) string {
	if len(r.choices) > 0 {
		return choiceScalar(dst, v, r)
	}
	if v.kind != kindString && v.kind != kindNumber {
		return msgNotString
	}
	text := v.text
	trimmed := strings.TrimSpace(text)
	if !r.verbatim {
		text = trimmed
	}
	if text == "" && !r.blank {
		return msgBlank
	}
	if strings.ContainsRune(text, 0) {
		return msgNulByte
	}
	length := float64(utf8.RuneCountInString(text))
	if r.max != nil && length > *r.max {
		return fmt.Sprintf("Ensure this field has no more than %s characters.", trimFloat(*r.max))
	}
	if r.min != nil && length < *r.min {
		return fmt.Sprintf("Ensure this field has at least %s characters.", trimFloat(*r.min))
	}
	if r.pattern != "" && text != "" {
		if message, ok := patternMessage(r.pattern, text); !ok {
			return message
		}
	}
	dst.SetString(text)
	return ""
}

func choiceScalar(dst reflect.Value, v value, r *rules) string {
	if v.kind == kindString && v.text == "" && r.blank {
		dst.SetString("")
		return ""
	}
	if (v.kind == kindString || v.kind == kindNumber) && slices.Contains(r.choices, v.text) {
		dst.SetString(v.text)
		return ""
	}
	return notAChoice(v)
}

func notAChoice(v value) string {
	text := v.text
	switch v.kind {
	case kindBool:
		text = strings.ToUpper(text[:1]) + text[1:]
	case kindList, kindObject:
		text = string(v.raw)
	default:
	}
	return fmt.Sprintf(`"%s" is not a valid choice.`, shorten(text))
}

// shorten keeps an echoed value from making the answer as big as the question.
func shorten(text string) string {
	const most = 200
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

func intScalar(dst reflect.Value, v value, r *rules) string {
	if r.ref != "" && v.kind != kindNumber && v.kind != kindString {
		return fmt.Sprintf("Incorrect type. Expected pk value, received %s.", v.typeName())
	}
	n, ok := parseInt(v)
	if !ok {
		switch {
		case r.ref != "":
			return fmt.Sprintf("Incorrect type. Expected pk value, received %s.", v.typeName())
		case len(r.choices) > 0:
			return notAChoice(v)
		}
		return msgNotInt
	}
	if len(r.choices) > 0 && !slices.Contains(r.choices, strconv.FormatInt(n, 10)) {
		return notAChoice(v)
	}
	if n == math.MaxInt64 && !strings.HasPrefix(strings.TrimSpace(v.text), strconv.FormatInt(math.MaxInt64, 10)) {
		return fmt.Sprintf("Ensure this value is less than or equal to %d.", int64(1)<<(dst.Type().Bits()-1)-1)
	}
	low, high := -(int64(1) << (dst.Type().Bits() - 1)), int64(1)<<(dst.Type().Bits()-1)-1
	if r.ref != "" && (n < low || n > high) {
		return fmt.Sprintf(`Invalid pk "%d" - object does not exist.`, n)
	}
	if r.min != nil {
		low = int64(*r.min)
	}
	if r.max != nil && *r.max < float64(high) {
		high = int64(*r.max)
	}
	if n > high {
		return fmt.Sprintf("Ensure this value is less than or equal to %d.", high)
	}
	if n < low {
		return fmt.Sprintf("Ensure this value is greater than or equal to %d.", low)
	}
	dst.SetInt(n)
	return ""
}

// parseInt reads a whole number from a number or a numeric text: 30, "30", "3.0", but not 2.5 and no boolean.
func parseInt(v value) (int64, bool) {
	if v.kind != kindNumber && v.kind != kindString {
		return 0, false
	}
	text := strings.TrimSpace(v.text)
	if text == "" || len(text) > maxNumberText {
		return 0, false
	}
	text = zeroFraction.ReplaceAllString(text, "")
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return n, true
	}
	if f, ferr := strconv.ParseFloat(text, 64); ferr == nil && v.kind == kindNumber && f == math.Trunc(f) {
		return clampInt(f), true
	}
	// A number of more digits than fit is a number all the same: the range message is the true one.
	if isDigits(strings.TrimPrefix(text, "-")) {
		if strings.HasPrefix(text, "-") {
			return math.MinInt64, true
		}
		return math.MaxInt64, true
	}
	return 0, false
}

func clampInt(f float64) int64 {
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

func isDigits(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func floatScalar(dst reflect.Value, v value, r *rules) string {
	if v.kind != kindNumber && v.kind != kindString {
		return msgNotNumber
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(v.text), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || len(v.text) > maxNumberText {
		return msgNotNumber
	}
	if r.max != nil && f > *r.max {
		return fmt.Sprintf("Ensure this value is less than or equal to %s.", trimFloat(*r.max))
	}
	if r.min != nil && f < *r.min {
		return fmt.Sprintf("Ensure this value is greater than or equal to %s.", trimFloat(*r.min))
	}
	dst.SetFloat(f)
	return ""
}

// parseBool reads the words of rest-1.md §1.2 in lower, Title and upper case, and 1 and 0.
func parseBool(v value) (b, ok bool) {
	text := v.text
	switch v.kind {
	case kindBool:
		return text == "true", true
	case kindNumber:
		if f, err := strconv.ParseFloat(text, 64); err == nil && (f == 0 || f == 1) {
			return f == 1, true
		}
		return false, false
	case kindString:
	default:
		return false, false
	}
	lower := strings.ToLower(text)
	title := ""
	if lower != "" {
		title = strings.ToUpper(lower[:1]) + lower[1:]
	}
	if text != lower && text != strings.ToUpper(text) && text != title {
		return false, false
	}
	switch lower {
	case "true", "t", "y", "yes", "on", "1":
		return true, true
	case "false", "f", "n", "no", "off", "0":
		return false, true
	}
	return false, false
}

func trimFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
