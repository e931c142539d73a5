package terminal

import (
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// tty is a pseudo terminal with a shell on it.
type tty interface {
	Read(p []byte) (int, error)
	Write(p []byte) (int, error)
	Resize(s Size) error
	Kill()       // ends the shell and what it started
	Wait() int64 // exit code of the shell
	Close() error
}

// lastOutput is how long output is awaited after the shell has ended; a background job may hold the terminal open.
const lastOutput = 500 * time.Millisecond

// session is one shell.
type session struct {
	id, subject string
	tty         tty
	pub         Publisher
	log         *zap.Logger
	opts        Options

	input     chan string
	gone      chan struct{} // closed when the shell has ended
	killOnce  sync.Once
	lastUse   atomic.Int64 // unix nanoseconds of the last input or output
	lastInput atomic.Int64
}

func newSession(id, subject string, t tty, pub Publisher, log *zap.Logger, opts Options) *session {
	s := &session{
		id: id, subject: subject, tty: t, pub: pub, log: log.With(zap.String("session_id", id)), opts: opts,
		input: make(chan string, inputQueue), gone: make(chan struct{}),
	}
	now := time.Now().UnixNano()
	s.lastUse.Store(now)
	s.lastInput.Store(now)
	return s
}

// run serves the session until the shell has ended, then publishes its end.
func (s *session) run() {
	read := make(chan struct{})
	var helpers sync.WaitGroup
	helpers.Go(s.feed)
	helpers.Go(s.watch)
	go func() { defer close(read); s.pump() }()
	code := s.tty.Wait()
	close(s.gone)
	t := time.NewTimer(lastOutput)
	select {
	case <-read:
	case <-t.C:
	}
	t.Stop()
	if err := s.tty.Close(); err != nil {
		s.log.Debug("terminal not closed cleanly", zap.Error(err))
	}
	<-read
	helpers.Wait()
	data, err := agentwire.EncodeOutputEnd(code)
	if err == nil {
		err = s.pub.Publish(s.subject, data)
	}
	if err != nil {
		s.log.Warn("end of terminal session not sent", zap.Error(err))
	}
}

// write queues input; it never blocks, because it is called from the loop that receives all commands.
func (s *session) write(data string) {
	select {
	case s.input <- data:
	default:
		s.log.Warn("terminal input dropped: the shell does not read")
	}
}

// feed writes queued input in order.
func (s *session) feed() {
	for {
		select {
		case <-s.gone:
			return
		case data := <-s.input:
			now := time.Now().UnixNano()
			s.lastUse.Store(now)
			s.lastInput.Store(now)
			if _, err := s.tty.Write([]byte(data)); err != nil {
				s.log.Debug("terminal input not written", zap.Error(err))
			}
		}
	}
}

// pump publishes output in chunks that end at character boundaries.
func (s *session) pump() {
	buf := make([]byte, 16<<10)
	kept := 0 // bytes at the start of buf that wait for the rest of their character
	for {
		n, err := s.tty.Read(buf[kept:])
		if n > 0 {
			s.lastUse.Store(time.Now().UnixNano())
			whole, rest := agentwire.SplitUTF8(buf[:kept+n])
			s.send(whole)
			kept = copy(buf, rest)
		}
		if err != nil {
			s.send(buf[:kept])
			return
		}
	}
}

// send publishes p in pieces of at most 2048 bytes, none of which splits a character.
func (s *session) send(p []byte) {
	for len(p) > 0 {
		piece := p[:min(len(p), agentwire.MaxTerminalChunk)]
		if len(piece) < len(p) {
			if whole, _ := agentwire.SplitUTF8(piece); len(whole) > 0 {
				piece = whole
			}
		}
		p = p[len(piece):]
		data, err := agentwire.EncodeTerminalChunk(piece)
		if err == nil {
			err = s.pub.Publish(s.subject, data)
		}
		if err != nil {
			s.log.Debug("terminal output not sent", zap.Error(err))
		}
	}
}

// watch ends a session that is not used any more.
func (s *session) watch() {
	tick := time.NewTicker(min(s.opts.Idle, time.Minute))
	defer tick.Stop()
	for {
		select {
		case <-s.gone:
			return
		case now := <-tick.C:
			idle := now.Sub(time.Unix(0, s.lastUse.Load()))
			unattended := now.Sub(time.Unix(0, s.lastInput.Load()))
			if idle >= s.opts.Idle || unattended >= s.opts.Unattended {
				s.log.Info("unused terminal session ended")
				s.kill()
			}
		}
	}
}

func (s *session) resize(size Size) error { return s.tty.Resize(size) }

func (s *session) kill() { s.killOnce.Do(func() { go s.tty.Kill() }) }
