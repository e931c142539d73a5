// Package servershell serves the terminal of the server itself (agent-protocol.md §7.4), for the few who may, when the
// installation and the global settings allow it. A one-time code is asked for in the terminal before the shell starts, so
// that a stolen session is not enough; any client can show that.
package servershell

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/proto/frames"
	"github.com/gueencode/gueenrmm/services/realtime/internal/gate"
)

// Limits.
const (
	maxOpen      = 8 // terminals of this process
	lookUpWithin = 10 * time.Second
	sayWithin    = 5 * time.Second
	codeWithin   = 2 * time.Minute
	idleFor      = 30 * time.Minute
)

// How audit rows call the server (rest-1.md §7).
const (
	serverName = "Tactical RMM Server"
	noAgentID  = "N/A"
)

// Deps are what the handler needs.
type Deps struct {
	Gate *gate.Gate
	// Allowed reads the switch of the global settings.
	Allowed func(ctx context.Context) (bool, error)
	// Confirm checks a one-time code of the user.
	Confirm func(ctx context.Context, user int32, code string) (bool, error)
	Audit   func(ctx context.Context, e audit.Entry) error
	Logger  *zap.Logger
	Recheck time.Duration // time between looks at the switch while a terminal is open
	Now     func() time.Time
}

// Handler serves /ws/trmmcli/.
type Handler struct {
	deps Deps
	open atomic.Int32
}

// New returns the handler.
func New(d Deps) *Handler { return &Handler{deps: d} }

// ServeHTTP runs one terminal.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := h.deps.Gate.OpenOrExplain(w, r)
	if c == nil {
		return
	}
	defer h.deps.Gate.Done(c)
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	p := c.Principal()
	if !p.Can(access.UseWebTerm) || !h.allowed(ctx) {
		h.deps.Gate.Refuse(p.Username, "no_permission")
		c.Close(frames.CloseSessionGone, "no permission")
		return
	}
	s := &session{deps: h.deps, c: c, keys: make(chan string, 64), began: h.deps.Now()}
	s.touch()
	if h.open.Add(1) > maxOpen {
		s.say(ctx, "Too many terminals are open on this server.\r\n")
		c.Close(frames.CloseShellEnded, "too many terminals")
	} else {
		s.run(ctx)
	}
	h.open.Add(-1)
}

// allowed says whether the switch is on; one that cannot be read is off.
func (h *Handler) allowed(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, lookUpWithin)
	defer cancel()
	ok, err := h.deps.Allowed(ctx)
	if err != nil {
		h.deps.Logger.Error("switch of the server's terminal could not be read", zap.Error(err))
	}
	return ok && err == nil
}
