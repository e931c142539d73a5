package agentwire

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// field reads the value of one known key. Values of another shape are ErrType.
type field func(c *cursor) error

// object reads a map whose known keys are given; unknown keys are skipped and nil is an empty map.
func (c *cursor) object(fields map[string]field) error {
	h, err := c.head()
	if err != nil {
		return err
	}
	if h.fam == famNil {
		return nil
	}
	if h.fam != famMap {
		return fmt.Errorf("%w: map wanted", ErrType)
	}
	for range h.n {
		key, err := c.key()
		if err != nil {
			return err
		}
		read, known := fields[key]
		if !known {
			if err := c.skip(); err != nil {
				return err
			}
			continue
		}
		if err := read(c); err != nil {
			return fmt.Errorf("field %s: %w", key, err)
		}
	}
	return nil
}

// key reads a map key; keys that are not text or numbers become "" and match no field.
func (c *cursor) key() (string, error) {
	start := c.pos
	h, err := c.head()
	if err != nil {
		return "", err
	}
	switch h.fam {
	case famRaw:
		return cleanText(c.raw(h.n)), nil
	case famInt, famUint, famFloat, famBool:
		return h.numberText(), nil
	default:
		c.pos = start
		return "", c.skip()
	}
}

// list reads a list and calls each once per element; nil is an empty list.
func (c *cursor) list(each field) error {
	h, err := c.head()
	if err != nil {
		return err
	}
	if h.fam == famNil {
		return nil
	}
	if h.fam != famList {
		return fmt.Errorf("%w: list wanted", ErrType)
	}
	for range h.n {
		if err := each(c); err != nil {
			return err
		}
	}
	return nil
}

func (c *cursor) text() (string, error) {
	h, err := c.head()
	if err != nil {
		return "", err
	}
	switch h.fam {
	case famNil:
		return "", nil
	case famRaw:
		return cleanText(c.raw(h.n)), nil
	case famInt, famUint, famFloat, famBool:
		return h.numberText(), nil
	default:
		return "", fmt.Errorf("%w: text wanted", ErrType)
	}
}

func (c *cursor) integer() (int64, error) {
	h, err := c.head()
	if err != nil {
		return 0, err
	}
	switch h.fam {
	case famNil:
		return 0, nil
	case famUint:
		if h.u > math.MaxInt64 {
			return 0, fmt.Errorf("%w: integer out of range", ErrType)
		}
		return int64(h.u), nil
	case famInt, famBool:
		return int64(h.u), nil
	case famFloat:
		if math.IsNaN(h.f) || h.f < -(1<<63) || h.f >= 1<<63 {
			return 0, fmt.Errorf("%w: integer out of range", ErrType)
		}
		return int64(h.f), nil
	case famRaw:
		n, err := strconv.ParseInt(strings.TrimSpace(string(c.raw(h.n))), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%w: integer wanted", ErrType)
		}
		return n, nil
	default:
		return 0, fmt.Errorf("%w: integer wanted", ErrType)
	}
}

func (c *cursor) float() (float64, error) {
	h, err := c.head()
	if err != nil {
		return 0, err
	}
	switch h.fam {
	case famNil:
		return 0, nil
	case famUint:
		return float64(h.u), nil
	case famInt, famBool:
		return float64(int64(h.u)), nil
	case famFloat:
		if math.IsNaN(h.f) || math.IsInf(h.f, 0) {
			return 0, nil // JSON and SQL have no use for them
		}
		return h.f, nil
	default:
		return 0, fmt.Errorf("%w: number wanted", ErrType)
	}
}

func (c *cursor) boolean() (bool, error) {
	h, err := c.head()
	if err != nil {
		return false, err
	}
	switch h.fam {
	case famNil:
		return false, nil
	case famBool, famUint, famInt:
		return h.u != 0, nil
	case famFloat:
		return h.f != 0, nil
	default:
		return false, fmt.Errorf("%w: bool wanted", ErrType)
	}
}

// Setters for the tables of fields.

func setText(dst *string) field {
	return func(c *cursor) (err error) { *dst, err = c.text(); return err }
}

func setBool(dst *bool) field {
	return func(c *cursor) (err error) { *dst, err = c.boolean(); return err }
}

func setFloat(dst *float64) field {
	return func(c *cursor) (err error) { *dst, err = c.float(); return err }
}

// signed and unsigned integers of the wire.
type number interface {
	~int | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

func setInt[T number](dst *T) field {
	return func(c *cursor) error {
		n, err := c.integer()
		if err != nil {
			return err
		}
		v := T(n)
		if int64(v) != n || (v < 0) != (n < 0) {
			return fmt.Errorf("%w: %d out of range", ErrType, n)
		}
		*dst = v
		return nil
	}
}

func setTexts(dst *[]string) field {
	return func(c *cursor) error {
		return c.list(func(c *cursor) error {
			s, err := c.text()
			if err == nil {
				*dst = append(*dst, s)
			}
			return err
		})
	}
}

// setTextMap reads a map from text to text; other scalar values are rendered as text.
func setTextMap(dst *map[string]string) field {
	return func(c *cursor) error {
		h, err := c.head()
		if err != nil {
			return err
		}
		if h.fam == famNil {
			return nil
		}
		if h.fam != famMap {
			return fmt.Errorf("%w: map wanted", ErrType)
		}
		out := make(map[string]string, min(h.n, 64))
		for range h.n {
			k, err := c.key()
			if err != nil {
				return err
			}
			v, err := c.text()
			if err != nil {
				return fmt.Errorf("field %s: %w", k, err)
			}
			out[k] = v
		}
		*dst = out
		return nil
	}
}
