package agentwire

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// family is what the first byte of a value says about it.
type family uint8

const (
	famInvalid family = iota
	famNil
	famBool
	famInt
	famUint
	famFloat
	famRaw // text or bytes: the old dialect does not tell
	famList
	famMap
	famExt
)

// cursor reads one bounded MessagePack message from memory. newCursor has verified the structure, so that the readers
// below only have to look at types.
type cursor struct {
	b   []byte
	pos int
}

// head is the decoded first part of a value.
type head struct {
	fam family
	n   int    // length of raw and ext, entries of lists and maps
	u   uint64 // famUint, famBool (0 or 1), famInt as two's complement
	f   float64
}

// newCursor checks that data is exactly one well-formed value within the limits.
func newCursor(data []byte, lim Limits) (*cursor, error) {
	if len(data) > lim.Size {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooBig, len(data))
	}
	c := &cursor{b: data}
	if err := c.verify(lim); err != nil {
		return nil, err
	}
	if c.pos != len(data) {
		return nil, fmt.Errorf("%w: %d bytes after the value", ErrMalformed, len(data)-c.pos)
	}
	c.pos = 0
	return c, nil
}

// verify walks one value without recursion; open[i] counts the values still to come at nesting i.
func (c *cursor) verify(lim Limits) error {
	open := make([]int, 1, 8)
	open[0] = 1
	items := 0
	for len(open) > 0 {
		last := len(open) - 1
		if open[last] == 0 {
			open = open[:last]
			continue
		}
		open[last]--
		if items++; items > lim.Items {
			return fmt.Errorf("%w: more than %d values", ErrTooBig, lim.Items)
		}
		h, err := c.head()
		if err != nil {
			return err
		}
		switch h.fam {
		case famRaw, famExt:
			c.pos += h.n
		case famList, famMap:
			n := h.n
			if h.fam == famMap {
				n *= 2
			}
			if n > len(c.b)-c.pos { // each value needs at least one byte
				return fmt.Errorf("%w: %d values announced", ErrMalformed, n)
			}
			if len(open) > lim.Depth {
				return fmt.Errorf("%w: nested deeper than %d", ErrTooBig, lim.Depth)
			}
			open = append(open, n)
		default: // the head was all of it
		}
	}
	return nil
}

// head reads the first part of the next value and leaves the position behind it.
func (c *cursor) head() (head, error) {
	code, err := c.uintN(1)
	if err != nil {
		return head{}, err
	}
	b := byte(code)
	switch {
	case b <= msgpcode.PosFixedNumHigh:
		return head{fam: famUint, u: uint64(b)}, nil
	case b >= msgpcode.NegFixedNumLow:
		return head{fam: famInt, u: uint64(int64(int8(b)))}, nil
	case msgpcode.IsFixedMap(b):
		return head{fam: famMap, n: int(b & msgpcode.FixedMapMask)}, nil
	case msgpcode.IsFixedArray(b):
		return head{fam: famList, n: int(b & msgpcode.FixedArrayMask)}, nil
	case msgpcode.IsFixedString(b):
		return c.sized(famRaw, uint64(b&msgpcode.FixedStrMask))
	}
	return c.headLong(b)
}

// headLong reads the forms whose first byte is followed by a number.
func (c *cursor) headLong(b byte) (head, error) {
	switch b {
	case msgpcode.Nil:
		return head{fam: famNil}, nil
	case msgpcode.False, msgpcode.True:
		return head{fam: famBool, u: uint64(b & 1)}, nil
	case msgpcode.Float:
		u, err := c.uintN(4)
		return head{fam: famFloat, f: float64(math.Float32frombits(uint32(u)))}, err
	case msgpcode.Double:
		u, err := c.uintN(8)
		return head{fam: famFloat, f: math.Float64frombits(u)}, err
	case msgpcode.Uint8, msgpcode.Uint16, msgpcode.Uint32, msgpcode.Uint64:
		u, err := c.uintN(1 << (b - msgpcode.Uint8))
		return head{fam: famUint, u: u}, err
	case msgpcode.Int8, msgpcode.Int16, msgpcode.Int32, msgpcode.Int64:
		w := 1 << (b - msgpcode.Int8)
		u, err := c.uintN(w)
		shift := uint(64 - 8*w)
		return head{fam: famInt, u: uint64(int64(u<<shift) >> shift)}, err
	case msgpcode.Str8, msgpcode.Bin8:
		return c.sizedBy(famRaw, 1)
	case msgpcode.Str16, msgpcode.Bin16:
		return c.sizedBy(famRaw, 2)
	case msgpcode.Str32, msgpcode.Bin32:
		return c.sizedBy(famRaw, 4)
	case msgpcode.Array16:
		return c.counted(famList, 2)
	case msgpcode.Array32:
		return c.counted(famList, 4)
	case msgpcode.Map16:
		return c.counted(famMap, 2)
	case msgpcode.Map32:
		return c.counted(famMap, 4)
	case msgpcode.FixExt1, msgpcode.FixExt2, msgpcode.FixExt4, msgpcode.FixExt8, msgpcode.FixExt16:
		return c.sized(famExt, 1+1<<(b-msgpcode.FixExt1))
	case msgpcode.Ext8:
		return c.ext(1)
	case msgpcode.Ext16:
		return c.ext(2)
	case msgpcode.Ext32:
		return c.ext(4)
	}
	return head{}, fmt.Errorf("%w: code %#x", ErrMalformed, b)
}

func (c *cursor) ext(width int) (head, error) {
	n, err := c.uintN(width)
	if err != nil {
		return head{}, err
	}
	return c.sized(famExt, n+1)
}

func (c *cursor) sizedBy(f family, width int) (head, error) {
	n, err := c.uintN(width)
	if err != nil {
		return head{}, err
	}
	return c.sized(f, n)
}

func (c *cursor) sized(f family, n uint64) (head, error) {
	if n > uint64(len(c.b)-c.pos) {
		return head{}, fmt.Errorf("%w: %d bytes announced, %d left", ErrMalformed, n, len(c.b)-c.pos)
	}
	return head{fam: f, n: int(n)}, nil
}

func (c *cursor) counted(f family, width int) (head, error) {
	n, err := c.uintN(width)
	if err != nil {
		return head{}, err
	}
	if n > uint64(len(c.b)-c.pos) {
		return head{}, fmt.Errorf("%w: %d entries announced, %d bytes left", ErrMalformed, n, len(c.b)-c.pos)
	}
	return head{fam: f, n: int(n)}, nil
}

// uintN reads a big-endian unsigned number of width bytes.
func (c *cursor) uintN(width int) (uint64, error) {
	if width > len(c.b)-c.pos {
		return 0, fmt.Errorf("%w: truncated", ErrMalformed)
	}
	p := c.b[c.pos : c.pos+width]
	c.pos += width
	switch width {
	case 1:
		return uint64(p[0]), nil
	case 2:
		return uint64(binary.BigEndian.Uint16(p)), nil
	case 4:
		return uint64(binary.BigEndian.Uint32(p)), nil
	}
	return binary.BigEndian.Uint64(p), nil
}

// raw returns the n bytes at the position, without copying, and moves behind them.
func (c *cursor) raw(n int) []byte {
	p := c.b[c.pos : c.pos+n : c.pos+n]
	c.pos += n
	return p
}

// skip moves behind the next value. The structure is known to be sound and of bounded depth.
func (c *cursor) skip() error {
	for left := 1; left > 0; left-- {
		h, err := c.head()
		if err != nil {
			return err
		}
		switch h.fam {
		case famRaw, famExt:
			c.pos += h.n
		case famList:
			left += h.n
		case famMap:
			left += 2 * h.n
		default: // the head was all of it
		}
	}
	return nil
}

// cleanText makes text that PostgreSQL and JSON can hold: valid UTF-8, no NUL.
func cleanText(p []byte) string {
	s := strings.ToValidUTF8(string(p), "\uFFFD")
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return s
}

// numberText renders a number that stands where text is wanted.
func (h head) numberText() string {
	switch h.fam {
	case famUint:
		return strconv.FormatUint(h.u, 10)
	case famInt:
		return strconv.FormatInt(int64(h.u), 10)
	case famFloat:
		return strconv.FormatFloat(h.f, 'g', -1, 64)
	case famBool:
		return strconv.FormatBool(h.u == 1)
	default:
		return ""
	}
}
