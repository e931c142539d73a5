package agenthttp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

const (
	// maxResult is the size above which a result keeps only its short values (agent-protocol.md §4.1).
	maxResult = 10 << 20
	// maxRequest is the size above which any body is refused, as the contract's proxy does.
	maxRequest = 300 << 20
	// maxKept bounds a value that an oversized body keeps, and maxKey a key of it.
	maxKept = 4 << 10
	maxKey  = 256
	maxKeys = 64
)

// truncatedText stands in the place of an output that was too large.
const truncatedText = "Content truncated due to excessive request size."

// errBody says that a body is no JSON object.
var errBody = errors.New("body is not a JSON object")

// readResult reads the body of a result. A body above maxResult is never held: its short top-level values are returned,
// with what stands in for a script's output, and the rest is counted away. members is nil for a body of normal size.
func readResult(r *http.Request) (body []byte, members map[string]json.RawMessage, err error) {
	if r.ContentLength <= maxResult {
		body, err = io.ReadAll(io.LimitReader(r.Body, maxResult+1))
		if err != nil {
			return nil, nil, fmt.Errorf("read result: %w", err)
		}
		if len(body) <= maxResult {
			return body, nil, nil
		}
	}
	members, err = shortMembers(io.MultiReader(bytes.NewReader(body), r.Body))
	if err != nil {
		return nil, nil, err
	}
	return nil, members, nil
}

// truncate replaces the output members of an oversized result (agent-protocol.md §4.1) and encodes it.
func truncate(members map[string]json.RawMessage) ([]byte, error) {
	kept := map[string]any{"truncated": true}
	for k, v := range members {
		if v != nil {
			kept[k] = v
		}
	}
	kept["stdout"], kept["stderr"], kept["retcode"] = "", truncatedText, 1
	body, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBody, err)
	}
	return body, nil
}

// shortMembers reads a JSON object of any size in bounded memory. Members whose value is longer than maxKept are nil.
func shortMembers(r io.Reader) (map[string]json.RawMessage, error) {
	s := scanner{r: bufio.NewReaderSize(r, 64<<10)}
	members := map[string]json.RawMessage{}
	c, err := s.token()
	if err != nil || c != '{' {
		return nil, s.fail(err)
	}
	for first := true; ; first = false {
		c, err := s.token()
		if err == nil && c == '}' {
			break
		}
		if err == nil && !first {
			if c != ',' {
				return nil, s.fail(nil)
			}
			c, err = s.token()
		}
		if err != nil || c != '"' {
			return nil, s.fail(err)
		}
		if err := s.member(members); err != nil {
			return nil, err
		}
	}
	if _, err := io.Copy(io.Discard, s.r); err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	return members, nil
}

// scanner walks over JSON without keeping it.
type scanner struct {
	r *bufio.Reader
}

func (s *scanner) fail(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read result: %w", err)
	}
	return errBody
}

// token returns the next byte that is not white space.
func (s *scanner) token() (byte, error) {
	for {
		c, err := s.r.ReadByte()
		if err != nil || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c, err
		}
	}
}

// member reads the rest of a key and its value.
func (s *scanner) member(members map[string]json.RawMessage) error {
	key := kept{limit: maxKey, data: []byte{'"'}}
	if err := s.text(&key); err != nil {
		return s.fail(err)
	}
	c, err := s.token()
	if err != nil || c != ':' {
		return s.fail(err)
	}
	value := kept{limit: maxKept}
	if err := s.value(&value); err != nil {
		return s.fail(err)
	}
	var name string
	if key.over || len(members) >= maxKeys || json.Unmarshal(key.data, &name) != nil {
		return nil //nolint:nilerr // no key of ours
	}
	members[name] = nil
	if !value.over {
		if !json.Valid(value.data) {
			return errBody
		}
		members[name] = value.data
	}
	return nil
}

// value reads one value of any kind.
func (s *scanner) value(k *kept) error {
	c, err := s.token()
	if err != nil {
		return err
	}
	k.add(c)
	switch c {
	case '"':
		return s.text(k)
	case '{', '[':
		return s.nested(k)
	case ',', '}', ']', ':':
		return errBody
	}
	for { // number or word: up to what ends it
		next, err := s.r.Peek(1)
		if err != nil {
			return err
		}
		switch next[0] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return nil
		}
		if _, err := s.r.Discard(1); err != nil {
			return err
		}
		k.add(next[0])
	}
}

// text reads up to the closing quote.
func (s *scanner) text(k *kept) error {
	for escaped := false; ; {
		c, err := s.r.ReadByte()
		if err != nil {
			return err
		}
		k.add(c)
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			return nil
		}
	}
}

// nested reads up to the bracket that closes the one already read.
func (s *scanner) nested(k *kept) error {
	for depth := 1; depth > 0; {
		c, err := s.r.ReadByte()
		if err != nil {
			return err
		}
		k.add(c)
		switch c {
		case '"':
			if err := s.text(k); err != nil {
				return err
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
	}
	return nil
}

// kept holds bytes up to a limit.
type kept struct {
	data  []byte
	limit int
	over  bool
}

func (k *kept) add(c byte) {
	if k.over {
		return
	}
	if len(k.data) >= k.limit {
		k.over, k.data = true, nil
		return
	}
	k.data = append(k.data, c)
}
