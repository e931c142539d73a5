package agentwire

import (
	"bytes"
	"slices"
)

// AppendCanonical appends the message to dst with the entries of every map in the order of their keys. Agents write maps
// in random order, so that equal content has equal bytes only in this form; making it costs a tenth of decoding. It is not
// a message for the wire: lengths and values keep the form in which they came.
func AppendCanonical(dst, data []byte) ([]byte, error) {
	c, err := newCursor(data, limitsTree)
	if err != nil {
		return dst, err
	}
	return c.canonical(dst)
}

// entry is where a map's entry lies in its message.
type entry struct{ key, value, end int }

// canonical copies the next value. The structure is known to be sound and of bounded depth.
func (c *cursor) canonical(dst []byte) ([]byte, error) {
	start := c.pos
	h, err := c.head()
	if err != nil {
		return dst, err
	}
	switch h.fam {
	case famRaw, famExt:
		c.pos += h.n
	case famList:
		dst = append(dst, c.b[start:c.pos]...)
		for range h.n {
			if dst, err = c.canonical(dst); err != nil {
				return dst, err
			}
		}
		return dst, nil
	case famMap:
		dst = append(dst, c.b[start:c.pos]...)
		return c.canonicalMap(dst, h.n)
	default: // the head was all of it
	}
	return append(dst, c.b[start:c.pos]...), nil
}

func (c *cursor) canonicalMap(dst []byte, n int) ([]byte, error) {
	var few [16]entry // most maps are small
	entries := few[:0]
	for range n {
		e := entry{key: c.pos}
		if err := c.skip(); err != nil {
			return dst, err
		}
		e.value = c.pos
		if err := c.skip(); err != nil {
			return dst, err
		}
		e.end = c.pos
		entries = append(entries, e)
	}
	end := c.pos
	slices.SortStableFunc(entries, func(a, b entry) int { return bytes.Compare(c.b[a.key:a.value], c.b[b.key:b.value]) })
	var err error
	for _, e := range entries {
		dst = append(dst, c.b[e.key:e.value]...)
		c.pos = e.value
		if dst, err = c.canonical(dst); err != nil {
			return dst, err
		}
	}
	c.pos = end
	return dst, nil
}
