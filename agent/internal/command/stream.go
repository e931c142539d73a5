package command

import (
	"sync"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// maxStream bounds the streamed output of one command in bytes; a program that prints without end must not occupy the
// connection without end.
const maxStream = 32 << 20

// stream publishes the lines of one command and, exactly once, its end.
type stream struct {
	bus     Bus
	subject string
	log     *zap.Logger

	mu    sync.Mutex
	sent  int
	muted bool
	ended bool
}

func newStream(b Bus, subject string, log *zap.Logger) *stream {
	return &stream{bus: b, subject: subject, log: log}
}

func (s *stream) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.muted || s.ended {
		return
	}
	if s.sent += len(text) + 1; s.sent > maxStream {
		s.muted = true
		text = "[output truncated]"
	}
	s.publish(agentwire.EncodeOutputLine(text))
}

func (s *stream) end(code int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended = true
	s.publish(agentwire.EncodeOutputEnd(code))
}

func (s *stream) publish(data []byte, err error) {
	if err == nil {
		err = s.bus.Publish(s.subject, data)
	}
	if err != nil {
		s.log.Warn("command output not sent", zap.Error(err))
	}
}
