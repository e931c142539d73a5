package agenthttp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Agents come back within this time, in seconds, each at another moment.
const retryFrom, retrySpread = 10, 20

// store hands a result of the caller to the stream and answers as the contract does.
func (h *handlers) store(ctx context.Context, c *rest.Call, r results.Result) (string, error) {
	r.AgentID = c.Principal.AgentID
	if id := c.Request.Header.Get(agentwire.HeaderResultID); results.ValidResultID(id) {
		r.ID = id
	}
	err := h.Results.Publish(ctx, r)
	if fault.KindOf(err) == fault.KindUnavailable {
		return "", away(err)
	}
	if err != nil {
		return "", err
	}
	return "ok", nil
}

// away asks the agent to come again.
func away(err error) error {
	wait := retryFrom + rand.IntN(retrySpread)
	return &rest.BodyError{
		Status: http.StatusServiceUnavailable, Code: "unavailable", Body: "Results cannot be stored at the moment.",
		Header: http.Header{"Retry-After": []string{strconv.Itoa(wait)}}, Err: err,
	}
}

// taken is a result of the caller while it is worked on.
type taken struct {
	body []byte
	// members are set instead of the body when that was too large.
	members map[string]json.RawMessage
	pass    pass
}

// input admits a result and reads its body; the error is the answer to the agent. The caller must let go of the pass.
func (h *handlers) input(ctx context.Context, c *rest.Call) (taken, error) {
	agentID := c.Principal.AgentID
	if wait := h.rate.take(agentID); wait > 0 {
		h.limited.Warn("rate "+agentID, "agent sends more results than it may", zap.String(log.FieldAgentID, agentID))
		return taken{}, fault.Throttled(wait)
	}
	if !h.gate.enterAgent(agentID) {
		h.limited.Warn("crowd "+agentID, "agent sends more results at once than it may", zap.String(log.FieldAgentID, agentID))
		return taken{}, fault.Throttled(busyFor)
	}
	p, err := h.gate.enter(ctx, agentID, c.Request.ContentLength)
	if err != nil {
		h.gate.leaveAgent(agentID)
		h.limited.Warn("memory", "results wait longer than they may, agents are asked to come again", zap.Error(err))
		return taken{}, away(err)
	}
	t, err := h.read(c)
	if err != nil {
		p.leave()
		return taken{}, err
	}
	t.pass = p
	return t, nil
}

// read reads the body of a result.
func (h *handlers) read(c *rest.Call) (taken, error) {
	counted := &counter{ReadCloser: c.Request.Body}
	c.Request.Body = counted
	defer func() { h.rate.charge(c.Principal.AgentID, counted.n) }()
	body, members, err := readResult(c.Request)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return taken{}, rest.Refuse(http.StatusRequestEntityTooLarge, "Request body is too large.")
	case errors.Is(err, errBody):
		return taken{}, refused()
	case err != nil:
		return taken{}, &rest.BodyError{Status: http.StatusBadRequest, Code: "body_unreadable", Body: "The request body could not be read.", Err: err}
	}
	if members != nil {
		h.limited.Warn("truncated "+c.Principal.AgentID, "result was too large and lost its output", zap.String(log.FieldAgentID, c.Principal.AgentID))
	}
	return taken{body: body, members: members}, nil
}

// counter counts what is read of a body.
type counter struct {
	io.ReadCloser
	n int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n += int64(n)
	return n, err //nolint:wrapcheck // the reader's own error, io.EOF too
}

// unlessAway passes refusals on. While the database is away a result is accepted unseen: the consumer looks at it again.
func (h *handlers) unlessAway(c *rest.Call, err error) error {
	if err == nil || fault.KindOf(err) != "" {
		return err
	}
	if c.Request.Context().Err() != nil {
		return err
	}
	h.limited.Warn("unseen", "result accepted without a look at its row, the database does not answer", zap.Error(err))
	return nil
}

// assignments remembers for a moment which checks were found to be an agent's, so that a busy agent costs no query for
// each result. Only what is assigned is remembered: what is not may be the next moment.
type assignments struct {
	now   func() time.Time
	mu    sync.Mutex
	known map[assignment]remembered
}

type assignment struct{ agent, check int32 }

type remembered struct {
	typ   checks.Type
	until time.Time
}

const (
	rememberFor = 30 * time.Second
	rememberMax = 200_000
)

func newAssignments(now func() time.Time) *assignments {
	return &assignments{now: now, known: map[assignment]remembered{}}
}

func (a *assignments) get(k assignment) (checks.Type, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, ok := a.known[k]
	return r.typ, ok && a.now().Before(r.until)
}

func (a *assignments) put(k assignment, t checks.Type) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.known) >= rememberMax {
		clear(a.known)
	}
	a.known[k] = remembered{t, a.now().Add(rememberFor)}
}
