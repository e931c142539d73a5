package agentwire

import (
	"bytes"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"
)

// marshal encodes v as modern MessagePack with the shortest integers and sorted maps, so that equal values give equal
// bytes.
func marshal(what string, v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := msgpack.NewEncoder(&buf)
	enc.UseCompactInts(true)
	enc.SetSortMapKeys(true)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode %s: %w", what, err)
	}
	return buf.Bytes(), nil
}

// EncodeValue encodes a reply: text, numbers, booleans, and the structs and lists of this package.
func EncodeValue(v any) ([]byte, error) { return marshal("value", v) }

// decode runs one table of fields over a message.
func decode(what string, data []byte, lim Limits, fields map[string]field) error {
	c, err := newCursor(data, lim)
	if err != nil {
		return fmt.Errorf("decode %s: %w", what, err)
	}
	if err := c.object(fields); err != nil {
		return fmt.Errorf("decode %s: %w", what, err)
	}
	return nil
}
