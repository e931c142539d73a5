package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// set parses text into the setting's field. Errors read after the name of the setting ("must be …") and never repeat the
// value of a secret.
func (s *Setting) set(text string) error {
	if text == "" && s.Required {
		return errors.New("is required")
	}
	if len(s.Enum) > 0 && text != "" && !slices.Contains(s.Enum, text) {
		return fmt.Errorf("must be one of %s", strings.Join(s.Enum, ", "))
	}
	if u, ok := s.field.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if text == "" && s.Type == "size" {
			s.field.SetZero()
			return nil
		}
		if err := u.UnmarshalText([]byte(text)); err != nil {
			return err
		}
		return s.inRange()
	}
	if text == "" {
		s.field.SetZero()
		return nil
	}
	if err := s.setBasic(text); err != nil {
		return err
	}
	return s.inRange()
}

func (s *Setting) setBasic(text string) error {
	switch s.Type {
	case "string":
		s.field.SetString(text)
	case "list":
		var list []string
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
		s.field.Set(reflect.ValueOf(list))
	case "bool":
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("must be true or false")
		}
		s.field.SetBool(b)
	case "duration":
		d, err := time.ParseDuration(text)
		if err != nil {
			return errors.New("must be a duration such as 250ms, 30s or 5m")
		}
		s.field.SetInt(int64(d))
	case "int":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || s.field.OverflowInt(n) {
			return errors.New("must be a whole number")
		}
		s.field.SetInt(n)
	case "float":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return errors.New("must be a number")
		}
		s.field.SetFloat(n)
	}
	return nil
}

// inRange applies the min and max tags.
func (s *Setting) inRange() error {
	if s.Min == "" && s.Max == "" {
		return nil
	}
	now, err := s.number(s.text())
	if err != nil {
		return err
	}
	for _, limit := range []struct {
		text, word string
		bad        func(l float64) bool
	}{
		{s.Min, "at least", func(l float64) bool { return now < l }},
		{s.Max, "at most", func(l float64) bool { return now > l }},
	} {
		if limit.text == "" {
			continue
		}
		l, err := s.number(limit.text)
		if err != nil {
			return fmt.Errorf("has a wrong limit %q: %w", limit.text, err)
		}
		if limit.bad(l) {
			return fmt.Errorf("must be %s %s", limit.word, limit.text)
		}
	}
	return nil
}

func (s *Setting) number(text string) (float64, error) {
	switch s.Type {
	case "duration":
		d, err := time.ParseDuration(text)
		return float64(d), err
	case "size":
		var b Bytes
		err := b.UnmarshalText([]byte(text))
		return float64(b), err
	default:
		return strconv.ParseFloat(text, 64)
	}
}

// text returns the value as it would be written in a file, secrets masked.
func (s *Setting) text() string {
	if s.Secret && s.Type != "secret" {
		if s.field.IsZero() {
			return ""
		}
		return stars
	}
	switch v := s.field.Interface().(type) {
	case []string:
		return strings.Join(v, ",")
	default:
		return fmt.Sprint(v)
	}
}
