// Package dashinfo serves the counters of the dashboard (agent-protocol.md §7.1). Sockets of the same scope share one query.
package dashinfo

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/platform/host"
	"github.com/gueencode/gueenrmm/proto/frames"
	"github.com/gueencode/gueenrmm/services/realtime/internal/gate"
)

const (
	sendEvery   = 30 * time.Second
	fresh       = 3 * time.Second // counters as old as this are handed out again
	countWithin = 10 * time.Second
	maxScopes   = 1000
)

// Counter counts the agents of a scope.
type Counter interface {
	DashboardCounts(ctx context.Context, scope access.Scope) (agents.DashboardCounts, error)
}

// Handler serves /ws/dashinfo/.
type Handler struct {
	gate    *gate.Gate
	counter Counter
	cert    string // path of the certificate whose expiry is shown
	logger  *zap.Logger
	now     func() time.Time
	every   time.Duration

	mu     sync.Mutex
	scopes map[string]*counted
}

// counted is the last answer for one scope; its lock makes those who ask at the same time wait for one query.
type counted struct {
	mu     sync.Mutex
	at     time.Time
	counts agents.DashboardCounts
}

// New returns the handler; cert may be empty.
func New(g *gate.Gate, c Counter, cert string, logger *zap.Logger, now func() time.Time) *Handler {
	return &Handler{gate: g, counter: c, cert: cert, logger: logger, now: now, every: sendEvery, scopes: map[string]*counted{}}
}

// ServeHTTP sends the counters at once and then every 30 s until the browser goes. What it sends is ignored.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := h.gate.Authenticate(w, r)
	if p == nil {
		return
	}
	c := h.gate.Open(w, r, p)
	if c == nil {
		return
	}
	defer h.gate.Done(c)
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.feed(ctx, c)
	}()
	for {
		if _, err := c.Receive(ctx); err != nil {
			break
		}
	}
	cancel()
	<-done
}

func (h *Handler) feed(ctx context.Context, c *gate.Caller) {
	ticker := time.NewTicker(h.every)
	defer ticker.Stop()
	for {
		counts, err := h.counts(ctx, c.Principal().Scope)
		if err == nil {
			err = c.Send(frames.NewDashInfo(counts))
		}
		if err != nil && ctx.Err() == nil {
			h.logger.Debug("dashboard counters are not sent", zap.Error(err)) // the next ones are
		}
		select {
		case <-ctx.Done():
			return
		case <-c.Ended():
			return
		case <-ticker.C:
		}
	}
}

func (h *Handler) counts(ctx context.Context, scope access.Scope) (frames.DashCounts, error) {
	n, err := h.shared(ctx, scope)
	if err != nil {
		return frames.DashCounts{}, err
	}
	days, err := h.certificateDays()
	if err != nil {
		h.logger.Debug("certificate is not readable", zap.Error(err))
	}
	return frames.DashCounts{
		Server: n.Servers, ServerOffline: n.ServersOffline, Workstation: n.Workstations, WorkstationOffline: n.WorkstationsOffline,
		DaysUntilCertExpires: days,
	}, nil
}

func (h *Handler) shared(ctx context.Context, scope access.Scope) (agents.DashboardCounts, error) {
	key := scopeKey(scope)
	h.mu.Lock()
	entry := h.scopes[key]
	if entry == nil {
		if len(h.scopes) >= maxScopes {
			clear(h.scopes)
		}
		entry = &counted{}
		h.scopes[key] = entry
	}
	h.mu.Unlock()
	entry.mu.Lock()
	defer entry.mu.Unlock()
	if !entry.at.IsZero() && h.now().Sub(entry.at) < fresh {
		return entry.counts, nil
	}
	ctx, cancel := context.WithTimeout(ctx, countWithin)
	defer cancel()
	n, err := h.counter.DashboardCounts(ctx, scope)
	if err != nil {
		return n, err
	}
	entry.counts, entry.at = n, h.now()
	return n, nil
}

func scopeKey(s access.Scope) string {
	if s.All {
		return "all"
	}
	clients, sites := slices.Sorted(slices.Values(s.Clients)), slices.Sorted(slices.Values(s.Sites))
	return fmt.Sprint(clients, sites)
}

// certificateDays returns the whole days until the certificate expires; 0 without one.
func (h *Handler) certificateDays() (int, error) {
	if h.cert == "" {
		return 0, nil
	}
	end, err := host.CertificateEnd(h.cert)
	if err != nil {
		return 0, err
	}
	return int(end.Sub(h.now()).Hours() / 24), nil
}
