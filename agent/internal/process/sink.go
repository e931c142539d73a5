package process

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

// maxLine bounds a streamed line in bytes (agent-protocol.md §3.5); a longer one is cut into several.
const maxLine = 16_384

// sink keeps the first bytes of a stream and counts the rest.
type sink struct {
	limit   int
	buf     bytes.Buffer
	dropped int64
	pending []byte // unfinished line
	lines   *lineFeed
}

// lineFeed serialises the lines of both streams.
type lineFeed struct {
	mu   sync.Mutex
	emit func(string)
}

func newSink(limit int, lines *lineFeed) *sink { return &sink{limit: limit, lines: lines} }

// drain reads until the end or until the deadline set on r passes.
func (s *sink) drain(r io.Reader) {
	chunk := make([]byte, 32<<10)
	for {
		n, err := r.Read(chunk)
		if n > 0 {
			s.write(chunk[:n])
		}
		if err != nil {
			if s.lines != nil && len(s.pending) > 0 {
				s.send(s.pending)
				s.pending = nil
			}
			return
		}
	}
}

func (s *sink) write(p []byte) {
	if room := s.limit - s.buf.Len(); room >= len(p) {
		s.buf.Write(p)
	} else {
		s.buf.Write(p[:room])
		s.dropped += int64(len(p) - room)
	}
	if s.lines == nil {
		return
	}
	s.pending = append(s.pending, p...)
	for {
		i := bytes.IndexByte(s.pending, '\n')
		switch {
		case i >= 0 && i <= maxLine:
			s.send(bytes.TrimSuffix(s.pending[:i], []byte{'\r'}))
			s.pending = s.pending[i+1:]
		case len(s.pending) > maxLine:
			s.send(s.pending[:maxLine])
			s.pending = s.pending[maxLine:]
		default:
			s.pending = append([]byte(nil), s.pending...) // let go of what was sent
			return
		}
	}
}

func (s *sink) send(line []byte) {
	s.lines.mu.Lock()
	defer s.lines.mu.Unlock()
	s.lines.emit(Clean(string(line)))
}

// String returns what was kept, clean, with line ends as \n and a final one (agent-protocol.md §5.6).
func (s *sink) String() string {
	if s.buf.Len() == 0 {
		return ""
	}
	text := strings.ReplaceAll(Clean(s.buf.String()), "\r\n", "\n")
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if s.dropped > 0 {
		text += fmt.Sprintf("[output truncated: %d more bytes]\n", s.dropped)
	}
	return text
}

// Clean makes text that every receiver can store: valid UTF-8 without NUL.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return s
}
