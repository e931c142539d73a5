package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/frames"
	"github.com/gueencode/gueenrmm/services/realtime/internal/gate"
)

const (
	pingWithin = 3 * time.Second
	killWithin = 3 * time.Second
	// Deployed agents handle each input on its own and may change the order of two that are close together, so keystrokes
	// are gathered for a moment (agent-protocol.md §3.6).
	gatherInput = 15 * time.Millisecond
	maxInput    = 256 << 10 // waiting for the agent
)

// TerminalHandler serves /ws/agent/<agent_id>/terminal/<session_id>/.
type TerminalHandler struct{ Deps }

// ServeHTTP runs one terminal. All refusals come before the handshake (agent-protocol.md §7.3).
func (h TerminalHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := h.Gate.Authenticate(w, r)
	if p == nil {
		return
	}
	session, err := uuid.Parse(r.PathValue("session_id"))
	if err != nil || len(r.PathValue("session_id")) != len(session.String()) {
		h.Gate.Refuse(p.Username, "bad_session_id")
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		return
	}
	ref, err := h.find(r.Context(), p, access.UseTerminal, r.PathValue("agent_id"))
	if err != nil {
		status := http.StatusServiceUnavailable
		if fault.KindOf(err) == fault.KindForbidden {
			status = http.StatusForbidden
			h.Gate.Refuse(p.Username, "no_permission")
		} else {
			h.Logger.Error("agent of a terminal could not be looked up", zap.Error(err))
		}
		http.Error(w, http.StatusText(status), status)
		return
	}
	c := h.Gate.Open(w, r, p)
	if c == nil {
		return
	}
	defer h.Gate.Done(c)
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	t := &terminal{h: h, c: c, ref: ref, session: r.PathValue("session_id"), input: make(chan string, 64)}
	defer t.close(context.WithoutCancel(ctx))
	defer cancel()
	t.serve(ctx)
}

// terminal is one session. Its methods run on the goroutine that receives frames, except pass and keyboard.
type terminal struct {
	h       TerminalHandler
	c       *gate.Caller
	ref     agents.Ref
	session string
	input   chan string

	running  bool
	killed   bool
	messages int
	output   *remote.Terminal
	stop     context.CancelFunc
	passing  chan struct{} // closed when output is not passed on any more
	typing   chan struct{}
}

func (t *terminal) serve(ctx context.Context) {
	for {
		data, err := t.c.Receive(ctx)
		if err != nil {
			return
		}
		p := t.c.Principal()
		if !p.Can(access.UseTerminal) || !p.Scope.Agent(t.ref.ClientID, t.ref.SiteID) {
			t.h.Gate.Refuse(p.Username, "no_permission")
			t.c.Close(frames.CloseUnauthorised, "no permission")
			return
		}
		a, err := frames.ParseTerminalAction(data)
		if err != nil {
			t.h.Gate.Refuse(p.Username, "bad_frame", zap.Error(err))
			t.h.say(ctx, t.c, frames.Failure{Error: "Invalid frame"})
			continue
		}
		t.act(ctx, p, a)
	}
}

func (t *terminal) act(ctx context.Context, p *access.Principal, a frames.TerminalAction) {
	t.noticeEnd()
	switch a.Action {
	case frames.TerminalStart:
		if t.running {
			return
		}
		if err := t.start(ctx, p, a); err != nil {
			code := frames.CodeStartFailed
			if errors.Is(err, errShell) {
				code = frames.CodeInvalidShell
			}
			t.h.say(ctx, t.c, frames.NewTerminalError(t.h.reason(ctx, err), code))
		}
	case frames.TerminalInput:
		if t.running && a.Data != "" {
			select {
			case t.input <- a.Data:
			case <-t.passing: // the shell has ended
			case <-ctx.Done():
			}
		}
	case frames.TerminalResize:
		if t.running {
			t.send(ctx, agentwire.FuncTerminalResize, map[string]string{"rows": strconv.Itoa(a.Rows), "cols": strconv.Itoa(a.Cols)})
		}
	case frames.TerminalKill:
		if t.running {
			t.killed = true
			t.send(ctx, agentwire.FuncTerminalKill, nil)
		}
	default:
		t.h.Gate.Refuse(p.Username, "bad_frame")
		t.h.say(ctx, t.c, frames.Failure{Error: "Unknown action: " + cut(a.Action)})
	}
}

// errShell says that the shell asked for is not allowed on the platform.
var errShell = fault.Refused("Invalid shell for this agent.")

// start opens the shell: it subscribes to the output before the agent is told (agent-protocol.md §7.3).
func (t *terminal) start(ctx context.Context, p *access.Principal, a frames.TerminalAction) error {
	global, err := t.h.Shells(ctx)
	if err != nil {
		return err
	}
	shell, ok := agents.TerminalShell(t.ref.Plat, a.Shell, t.ref.DefaultShell, t.ref.DefaultShellCustom, global)
	if !ok {
		return errShell
	}
	// terminal_start has no answer; a ping tells at once when nobody would hear it.
	if _, err := t.h.Commander.Request(ctx, t.ref.AgentID, agentwire.Command{Func: agentwire.FuncPing}, pingWithin); err != nil {
		return err
	}
	err = t.h.Audit(access.With(ctx, p), audit.Entry{
		Username: p.Username, Action: audit.RemoteSession, ObjectType: "agent", Agent: t.ref.Hostname, AgentID: t.ref.AgentID,
		Message: fmt.Sprintf("%s opened a terminal on %s.", p.Username, t.ref.Hostname),
	})
	if err != nil {
		return err
	}
	output, err := t.h.Commander.Terminal(ctx, t.ref.AgentID, t.session)
	if err != nil {
		return err
	}
	err = t.h.Commander.Publish(ctx, t.ref.AgentID, agentwire.Command{
		Func: agentwire.FuncTerminalStart, RunAsUser: a.RunAsUser && t.ref.Plat == agents.Windows,
		Payload: map[string]string{"session_id": t.session, "shell": shell},
	})
	if err != nil {
		output.Close()
		return err
	}
	ctx, t.stop = context.WithCancel(ctx)
	t.running, t.killed, t.output = true, false, output
	t.passing, t.typing = make(chan struct{}), make(chan struct{})
	go t.pass(ctx)
	go t.keyboard(ctx)
	return nil
}

// noticeEnd makes room for another start when the shell has ended by itself.
func (t *terminal) noticeEnd() {
	if !t.running {
		return
	}
	select {
	case <-t.passing:
		t.end()
	default:
	}
}

// end waits for the goroutines of the session.
func (t *terminal) end() {
	t.stop()
	<-t.passing
	<-t.typing
	t.output.Close()
	t.running = false
}

// close ends the session with its socket: a shell without a viewer is of no use.
func (t *terminal) close(ctx context.Context) {
	if !t.running {
		return
	}
	ended := false
	select {
	case <-t.passing:
		ended = true
	default:
	}
	t.end()
	if ended || t.killed {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, killWithin)
	defer cancel()
	t.send(ctx, agentwire.FuncTerminalKill, nil)
}

// send publishes a command of the session. What cannot be sent is lost like a key that was never pressed; the browser
// learns about the bus from what does not come back.
func (t *terminal) send(ctx context.Context, function string, payload map[string]string) {
	if payload == nil {
		payload = map[string]string{}
	}
	payload["session_id"] = t.session
	if err := t.h.Commander.Publish(ctx, t.ref.AgentID, agentwire.Command{Func: function, Payload: payload}); err != nil {
		t.h.Logger.Debug("terminal command is not sent", zap.String("func", function), zap.Error(err))
	}
}

// keyboard gathers keystrokes and sends them one after the other.
func (t *terminal) keyboard(ctx context.Context) {
	defer close(t.typing)
	for {
		var text strings.Builder
		select {
		case <-ctx.Done():
			return
		case s := <-t.input:
			text.WriteString(s)
		}
		timer := time.NewTimer(gatherInput)
		for waiting := true; waiting && text.Len() < maxInput; {
			select {
			case <-ctx.Done():
				waiting = false
			case <-timer.C:
				waiting = false
			case s := <-t.input:
				text.WriteString(s)
			}
		}
		timer.Stop()
		t.send(ctx, agentwire.FuncTerminalInput, map[string]string{"data": text.String()})
	}
}

// pass hands output on until the shell or the socket ends. A browser that reads slowly makes the subscription overflow,
// which is bounded and is said.
func (t *terminal) pass(ctx context.Context) {
	defer close(t.passing)
	for {
		chunk, err := t.output.Next(ctx)
		switch {
		case errors.Is(err, remote.ErrOverflow):
			if !t.show(ctx, remote.Chunk{Text: "\r\n[output was too fast, some is missing here]\r\n"}) {
				return
			}
			continue
		case err != nil:
			return
		}
		if !t.show(ctx, chunk) || chunk.Done {
			return
		}
	}
}

func (t *terminal) show(ctx context.Context, chunk remote.Chunk) bool {
	if chunk.Notice {
		text := strings.TrimSpace(chunk.Text)
		if failure, ok := strings.CutPrefix(text, "[ERROR] "); ok {
			if t.c.SendWait(ctx, frames.NewTerminalError(failure, frames.CodeStartFailed)) != nil {
				return false
			}
		} else {
			info, _ := strings.CutPrefix(text, "[INFO] ")
			if t.c.SendWait(ctx, frames.NewTerminalInfo(info)) != nil {
				return false
			}
		}
		if !chunk.Done {
			return true
		}
		chunk.Text = ""
	}
	t.messages++
	data := frames.TerminalOutputData{Output: chunk.Text, SessionID: t.session, Done: chunk.Done, MessageID: strconv.Itoa(t.messages)}
	if chunk.Done {
		data.ExitCode = pointer(chunk.ExitCode)
	}
	return t.c.SendWait(ctx, frames.NewTerminalOutput(data)) == nil
}

func cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), 64)], "") }
