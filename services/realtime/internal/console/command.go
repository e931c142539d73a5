package console

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/pkg/version"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/frames"
	"github.com/gueencode/gueenrmm/services/realtime/internal/gate"
)

const (
	maxRunning = 8 // commands of one socket at the same time
	// The end of the output is waited for this much longer than the command itself may take (rest-1.md Annex A).
	grace = 2 * time.Second
	// Windows agents report the end once per pipe, possibly before the other pipe is empty (agent-protocol.md §3.5).
	secondEnd = 1500 * time.Millisecond
)

// CommandHandler serves /ws/agent/<agent_id>/cmd/.
type CommandHandler struct{ Deps }

// ServeHTTP runs the commands of one socket.
func (h CommandHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := h.Gate.Authenticate(w, r)
	if p == nil {
		return
	}
	ref, err := h.find(r.Context(), p, access.SendCmd, r.PathValue("agent_id"))
	if err != nil && fault.KindOf(err) != fault.KindForbidden {
		h.Logger.Error("agent of a command socket could not be looked up", zap.Error(err))
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	c := h.Gate.Open(w, r, p)
	if c == nil {
		return
	}
	defer h.Gate.Done(c)
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	switch {
	case err != nil:
		h.Gate.Refuse(p.Username, "no_permission")
		h.say(ctx, c, frames.Failure{Error: textForbidden, Status: http.StatusForbidden})
		c.Close(frames.CloseForbidden, "no permission")
		return
	case !version.AtLeast(ref.Version, actions.StreamVersion):
		h.say(ctx, c, frames.Failure{Error: "The streaming feature requires agent version 2.10.0 or higher.", Status: http.StatusBadRequest})
		return
	}
	h.serve(ctx, cancel, c, ref)
}

func (h CommandHandler) serve(ctx context.Context, cancel context.CancelFunc, c *gate.Caller, ref agents.Ref) {
	var running sync.WaitGroup
	slots := make(chan struct{}, maxRunning)
	// Commands run on when the browser goes; only their output has no reader any more.
	defer running.Wait()
	defer cancel()
	for {
		data, err := c.Receive(ctx)
		if err != nil {
			return
		}
		p := c.Principal()
		if ref, err = h.find(ctx, p, access.SendCmd, ref.AgentID); err != nil {
			h.Gate.Refuse(p.Username, "no_permission")
			c.Close(frames.CloseUnauthorised, "no permission")
			return
		}
		req, err := frames.ParseRunCommand(data)
		if err != nil {
			h.Gate.Refuse(p.Username, "bad_frame", zap.Error(err))
			h.say(ctx, c, frames.Failure{Error: "Invalid command payload"})
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			h.say(ctx, c, frames.Failure{Error: "Too many commands at the same time."})
			continue
		}
		agent := ref
		running.Go(func() {
			defer func() { <-slots }()
			h.run(ctx, c, p, agent, req)
		})
	}
}

// say sends a frame to a client that is there to read it; when it is not, the socket ends elsewhere.
func (d Deps) say(ctx context.Context, c *gate.Caller, frame any) bool {
	ctx, cancel := context.WithTimeout(ctx, sayWithin)
	defer cancel()
	return c.SendWait(ctx, frame) == nil
}

// run runs one command: subscribe, record, send, pass on.
func (h CommandHandler) run(ctx context.Context, c *gate.Caller, p *access.Principal, ref agents.Ref, req frames.RunCommand) {
	id := req.CommandID
	if id == "" {
		var raw [16]byte
		if _, err := rand.Read(raw[:]); err != nil {
			h.fail(ctx, c, id, err)
			return
		}
		id = hex.EncodeToString(raw[:])
	}
	if !h.say(ctx, c, frames.CommandStarted{CommandID: id}) {
		return
	}
	cmd, err := h.Commands.StreamCommand(access.With(ctx, p), p, ref,
		actions.Command{Text: req.Command, Shell: req.Shell, Timeout: req.Timeout, RunAsUser: req.RunAsUser}, id)
	if err != nil {
		h.fail(ctx, c, id, err)
		return
	}
	output, err := h.Commander.Output(ctx, ref.AgentID, id)
	if err != nil {
		h.fail(ctx, c, id, err)
		return
	}
	defer output.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, time.Duration(req.Timeout)*time.Second+grace, remote.ErrTimeout)
	defer cancel()
	// The command is a request, although its output comes by itself: an agent that is away is known at once, and the final
	// answer marks the end where an agent reports none (a command that ran into its time limit on Unix).
	answered := make(chan error, 1)
	go func() {
		_, err := h.Commander.Request(ctx, ref.AgentID, cmd, time.Duration(req.Timeout)*time.Second+grace)
		answered <- err
	}()
	s := &commandStream{h: h, c: c, id: id, windows: ref.Plat == agents.Windows}
	s.follow(ctx, output, answered)
	cancel()
	if !s.answered {
		if err := <-answered; err != nil {
			h.Logger.Debug("command was left before its end", zap.String(log.FieldAgentID, ref.AgentID), zap.Error(err))
		}
	}
}

func (h CommandHandler) fail(ctx context.Context, c *gate.Caller, id string, err error) {
	h.say(ctx, c, frames.CommandOutput{CommandID: id, Output: pointer("[ERROR] " + h.reason(ctx, err)), Done: true})
}

// commandStream passes the output of one command on.
type commandStream struct {
	h        CommandHandler
	c        *gate.Caller
	id       string
	windows  bool
	answered bool
	ends     int
	exitCode int64
}

type outputEvent struct {
	frame agentwire.OutputFrame
	err   error
}

// follow sends lines until the end of the command, its time limit, or the end of the socket.
func (s *commandStream) follow(ctx context.Context, output *remote.Output, answered <-chan error) {
	reading, stop := context.WithCancel(ctx)
	events, done := make(chan outputEvent), make(chan struct{})
	go func() {
		defer close(done)
		for {
			f, err := output.Next(reading)
			select {
			case events <- outputEvent{f, err}:
			case <-reading.Done():
				return
			}
			if err != nil && !errors.Is(err, remote.ErrOverflow) {
				return
			}
		}
	}()
	defer func() { stop(); <-done }()
	var last <-chan time.Time // runs once an end has been reported
	for {
		select {
		case <-s.c.Ended():
			return
		case err := <-answered:
			s.answered, answered = true, nil
			if err != nil {
				if ctx.Err() == nil || errors.Is(err, remote.ErrTimeout) {
					s.h.fail(context.WithoutCancel(ctx), s.c, s.id, err)
				}
				return
			}
			last = time.After(secondEnd) // what was sent before the answer is already on its way
		case <-last:
			s.end(ctx)
			return
		case e := <-events:
			if finished := s.event(ctx, e); finished {
				s.end(ctx)
				return
			}
			if s.ends > 0 && last == nil {
				last = time.After(secondEnd)
			}
			if ctx.Err() != nil {
				s.timedOut()
				return
			}
		}
	}
}

// event passes one message on and says whether the command is over.
func (s *commandStream) event(ctx context.Context, e outputEvent) bool {
	switch {
	case errors.Is(e.err, remote.ErrOverflow):
		return !s.h.say(ctx, s.c, frames.CommandOutput{CommandID: s.id, Output: pointer("[ERROR] Output was too fast, lines are missing here.")})
	case e.err != nil:
		return false // the context says why
	}
	if e.frame.HasLine && !s.h.say(ctx, s.c, frames.CommandOutput{CommandID: s.id, Output: &e.frame.Line}) {
		return true
	}
	if e.frame.Done {
		s.ends++
		s.exitCode = e.frame.ExitCode
	}
	return s.ends > 1 || s.ends == 1 && !s.windows
}

func (s *commandStream) end(ctx context.Context) {
	f := frames.CommandOutput{CommandID: s.id, Done: true}
	if s.ends > 0 {
		f.ExitCode = &s.exitCode
	}
	s.h.say(context.WithoutCancel(ctx), s.c, f)
}

func (s *commandStream) timedOut() {
	if err := s.c.Send(frames.CommandOutput{CommandID: s.id, Output: pointer("[ERROR] " + textTimeout), Done: true}); err != nil {
		return // nobody reads any more
	}
}
