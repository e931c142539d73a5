package servershell

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/proto/frames"
	"github.com/gueencode/gueenrmm/services/realtime/internal/gate"
)

const (
	prompt    = "One-time code: "
	maxCode   = 16 // characters typed for a code
	codeTries = 3
	outputBuf = 16 << 10
	defRows   = 24
	defCols   = 80
)

// session is one terminal. Its fields belong to the goroutine that receives frames, but for active.
type session struct {
	deps  Deps
	c     *gate.Caller
	began time.Time
	keys  chan string

	code       []rune
	tries      int
	rows, cols int
	shell      *shell
	running    atomic.Bool // a shell was started
	active     atomic.Int64
	helpers    sync.WaitGroup
}

func (s *session) touch() { s.active.Store(s.deps.Now().UnixNano()) }

// run serves frames until the socket ends, and leaves nothing behind.
func (s *session) run(ctx context.Context) {
	watching, stop := context.WithCancel(ctx)
	s.helpers.Go(func() { s.watch(watching) })
	defer s.helpers.Wait()
	defer stop()
	defer s.end(ctx)
	s.say(ctx, prompt)
	for {
		data, err := s.c.Receive(ctx)
		if err != nil {
			return
		}
		p := s.c.Principal()
		if !p.Can(access.UseWebTerm) {
			s.deps.Gate.Refuse(p.Username, "no_permission")
			s.c.Close(frames.CloseUnauthorised, "no permission")
			return
		}
		a, err := frames.ParseServerShellAction(data)
		if err != nil {
			s.deps.Gate.Refuse(p.Username, "bad_frame", zap.Error(err))
			continue
		}
		s.touch()
		switch a.Action {
		case frames.ServerShellDisconnect:
			s.send(ctx, frames.NewServerShellOutput("Terminal killed!", ""))
			s.c.Close(frames.CloseShellEnded, "disconnected")
			return
		case frames.ServerShellResize:
			s.resize(a.Rows, a.Cols)
		case frames.ServerShellInput:
			if !s.input(ctx, p, a.Input) {
				return
			}
		}
	}
}

// end kills the shell and notes the end of a terminal that was opened.
func (s *session) end(ctx context.Context) {
	if s.shell == nil {
		return
	}
	s.shell.kill()
	if err := s.record(ctx, s.c.Principal(), " closed the server's terminal"); err != nil {
		s.deps.Logger.Error("end of the server's terminal is not in the audit log", zap.Error(err))
	}
}

func (s *session) record(ctx context.Context, p *access.Principal, what string) error {
	ctx, cancel := context.WithTimeout(ctx, lookUpWithin)
	defer cancel()
	return s.deps.Audit(access.With(ctx, p), audit.Entry{
		Username: p.Username, Action: audit.RemoteSession, ObjectType: "agent", Agent: serverName, AgentID: noAgentID,
		Message: p.Username + what,
	})
}

func (s *session) resize(rows, cols int) {
	s.rows, s.cols = rows, cols
	if s.shell == nil {
		return
	}
	if err := s.shell.resize(rows, cols); err != nil {
		s.deps.Logger.Debug("server's terminal was not resized", zap.Error(err)) // it has ended
	}
}

// input gives keys to the shell, or to the question for the code while there is none. It reports whether to go on.
func (s *session) input(ctx context.Context, p *access.Principal, text string) bool {
	if s.shell == nil {
		return s.typed(ctx, p, text)
	}
	select {
	case s.keys <- text:
		return true
	case <-s.shell.ended:
		return true // its reader closes the socket
	case <-s.c.Ended():
		return false
	}
}

// typed collects the code and asks for it again while it is wrong.
func (s *session) typed(ctx context.Context, p *access.Principal, text string) bool {
	for _, r := range text {
		switch {
		case r == '\r' || r == '\n':
			if done, goOn := s.confirm(ctx, p); done || !goOn {
				return goOn // what else was typed ahead is not for the shell
			}
		case r == 0x7f || r == '\b':
			if len(s.code) > 0 {
				s.code = s.code[:len(s.code)-1]
				s.say(ctx, "\b \b")
			}
		case r == 3 || r == 4: // Ctrl-C, Ctrl-D
			s.c.Close(frames.CloseShellEnded, "no code")
			return false
		case len(s.code) < maxCode && r > ' ':
			s.code = append(s.code, r)
			s.say(ctx, "*")
		}
	}
	return true
}

// confirm checks the typed code and starts the shell.
func (s *session) confirm(ctx context.Context, p *access.Principal) (done, goOn bool) {
	code := string(s.code)
	s.code = nil
	limited, cancel := context.WithTimeout(access.With(ctx, p), lookUpWithin)
	defer cancel()
	ok, err := s.deps.Confirm(limited, p.UserID, code)
	var refusal *fault.Error
	switch {
	case errors.As(err, &refusal):
		return s.leave(ctx, refusal.Message)
	case err != nil:
		s.deps.Logger.Error("one-time code could not be checked", zap.Error(err))
		return s.leave(ctx, "Something went wrong on the server.")
	case !ok:
		s.deps.Gate.Refuse(p.Username, "wrong_code")
		if s.tries++; s.tries >= codeTries {
			return s.leave(ctx, "Wrong code.")
		}
		s.say(ctx, "\r\nWrong code.\r\n"+prompt)
		return false, true
	}
	if err := s.record(ctx, p, " opened the server's terminal"); err != nil {
		s.deps.Logger.Error("server's terminal is not opened: the audit log does not take it", zap.Error(err))
		return s.leave(ctx, "Something went wrong on the server.")
	}
	s.say(ctx, "\r\n")
	if s.rows == 0 {
		s.rows, s.cols = defRows, defCols
	}
	if s.shell, err = start(s.rows, s.cols); err != nil {
		s.deps.Logger.Error("server's terminal did not start", zap.Error(err))
		return s.leave(ctx, "The shell did not start.")
	}
	s.running.Store(true)
	s.helpers.Go(func() { s.read(ctx, s.shell) })
	s.helpers.Go(func() { s.write(s.shell) })
	return true, true
}

func (s *session) leave(ctx context.Context, text string) (done, goOn bool) {
	s.say(ctx, "\r\n"+text+"\r\n")
	s.c.Close(frames.CloseShellEnded, "no shell")
	return false, false
}

// write passes keys on to the shell.
func (s *session) write(sh *shell) {
	for {
		select {
		case text := <-s.keys:
			if _, err := sh.Write([]byte(text)); err != nil {
				return // it has ended
			}
		case <-sh.ended:
			sh.drain()
			return
		}
	}
}

// read passes output on; a browser that reads slowly makes the shell wait. Characters are never cut in two.
func (s *session) read(ctx context.Context, sh *shell) {
	buf := make([]byte, outputBuf)
	kept := 0
	for {
		n, err := sh.Read(buf[kept:])
		s.touch()
		whole := complete(buf[:kept+n])
		if err != nil {
			whole = kept + n
		}
		if whole > 0 {
			text := strings.ToValidUTF8(string(buf[:whole]), "\uFFFD")
			if s.c.SendWait(ctx, frames.NewServerShellOutput(text, uuid.NewString())) != nil {
				return
			}
		}
		kept = copy(buf, buf[whole:kept+n])
		if err != nil {
			s.c.Close(frames.CloseShellEnded, "the shell has ended")
			return
		}
	}
}

// complete returns how many bytes can be shown: all but the beginning of a character whose rest has not come.
func complete(b []byte) int {
	for i := 1; i <= min(len(b), utf8.UTFMax-1); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return len(b) - i
			}
			break
		}
	}
	return len(b)
}

// watch ends a terminal that is not used, whose code does not come, or that is no longer allowed.
func (s *session) watch(ctx context.Context) {
	ticker := time.NewTicker(s.deps.Recheck)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.c.Ended():
			return
		case <-ticker.C:
		}
		now := s.deps.Now()
		if !s.running.Load() && now.Sub(s.began) > codeWithin || now.Sub(time.Unix(0, s.active.Load())) > idleFor {
			s.c.Close(frames.CloseShellEnded, "not used")
			return
		}
		limited, cancel := context.WithTimeout(ctx, lookUpWithin)
		ok, err := s.deps.Allowed(limited)
		cancel()
		if err == nil && !ok {
			s.deps.Gate.Refuse(s.c.Principal().Username, "switched_off")
			s.c.Close(frames.CloseSessionGone, "switched off")
			return
		}
	}
}

// say shows a text in the terminal.
func (s *session) say(ctx context.Context, text string) {
	s.send(ctx, frames.NewServerShellOutput(text, uuid.NewString()))
}

func (s *session) send(ctx context.Context, frame any) {
	ctx, cancel := context.WithTimeout(ctx, sayWithin)
	defer cancel()
	if err := s.c.SendWait(ctx, frame); err != nil {
		s.deps.Logger.Debug("nobody reads the server's terminal", zap.Error(err)) // the socket ends elsewhere
	}
}
