package agentwire

import (
	"fmt"
	"math"
)

// DecodeValue decodes a reply of free shape into nil, bool, int64, uint64 (only above the range of int64), float64,
// string, []any and map[string]any. The result can always be rendered as JSON: infinities and extension types are nil.
func DecodeValue(data []byte) (any, error) {
	c, err := newCursor(data, limitsReply)
	if err != nil {
		return nil, fmt.Errorf("decode value: %w", err)
	}
	v, err := c.value()
	if err != nil {
		return nil, fmt.Errorf("decode value: %w", err)
	}
	return v, nil
}

// value reads any value; recursion is bounded by the verified depth.
func (c *cursor) value() (any, error) {
	h, err := c.head()
	if err != nil {
		return nil, err
	}
	switch h.fam {
	case famBool:
		return h.u == 1, nil
	case famInt:
		return int64(h.u), nil
	case famUint:
		if h.u > math.MaxInt64 {
			return h.u, nil
		}
		return int64(h.u), nil
	case famFloat:
		if math.IsNaN(h.f) || math.IsInf(h.f, 0) {
			return nil, nil
		}
		return h.f, nil
	case famRaw:
		return cleanText(c.raw(h.n)), nil
	case famExt:
		c.pos += h.n
		return nil, nil
	case famList:
		return c.values(h.n)
	case famMap:
		return c.mapping(h.n)
	default:
		return nil, nil
	}
}

func (c *cursor) values(n int) ([]any, error) {
	out := make([]any, 0, min(n, 1024))
	for range n {
		v, err := c.value()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (c *cursor) mapping(n int) (map[string]any, error) {
	out := make(map[string]any, min(n, 1024))
	for range n {
		k, err := c.key()
		if err != nil {
			return nil, err
		}
		v, err := c.value()
		if err != nil {
			return nil, err
		}
		out[k] = v
	}
	return out, nil
}
