// Package gate decides who may open a socket and watches that those who did still may: Origin, session token, number of
// sockets, revoked sessions, changed permissions.
package gate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/proto/frames"
	"github.com/gueencode/gueenrmm/services/realtime/internal/socket"
)

const (
	maxToken       = 256
	maxPerUser     = 100
	authWithin     = 5 * time.Second
	logInterval    = 10 * time.Minute
	defaultRecheck = 5 * time.Second
)

// Sessions is what the gate asks of accounts.
type Sessions interface {
	Session(ctx context.Context, token string, setup bool) (*access.Principal, error)
	LiveSessions(ctx context.Context, digests []string) (map[string]string, error)
}

// Deps are what a Gate needs.
type Deps struct {
	Sessions Sessions
	Origins  []string // scheme://host[:port]; the request's own host is always allowed
	Proxies  []netip.Prefix
	Logger   *zap.Logger
	Metrics  prometheus.Registerer
	Now      func() time.Time
	Recheck  time.Duration // time between looks at the sessions of open sockets; default 5 s
}

// Gate lets browsers in. Watch runs beside it.
type Gate struct {
	deps    Deps
	origins map[string]bool
	limited *log.Limited
	refused *prometheus.CounterVec
	closed  *prometheus.CounterVec

	mu    sync.Mutex
	open  map[*Caller]struct{}
	users map[int32]int
	wake  chan struct{}
}

// Caller is the person behind an open socket.
type Caller struct {
	*socket.Socket
	token     string
	digest    string
	version   string
	principal atomic.Pointer[access.Principal]
	changed   atomic.Pointer[func()]
}

// Principal returns who is calling, with the permissions of this moment.
func (c *Caller) Principal() *access.Principal { return c.principal.Load() }

// OnChange sets a function that is called when the permissions have changed.
func (c *Caller) OnChange(f func()) { c.changed.Store(&f) }

// New returns a Gate.
func New(d Deps) (*Gate, error) {
	if d.Recheck == 0 {
		d.Recheck = defaultRecheck
	}
	g := &Gate{
		deps: d, origins: map[string]bool{}, limited: log.NewLimited(d.Logger, logInterval, d.Now), open: map[*Caller]struct{}{},
		users: map[int32]int{}, wake: make(chan struct{}, 1),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gueen_realtime_refused_total", Help: "Sockets and frames refused, by reason."}, []string{"reason"}),
		closed:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gueen_realtime_closed_total", Help: "Sockets that ended, by close code."}, []string{"code"}),
	}
	for _, o := range d.Origins {
		g.origins[strings.ToLower(strings.TrimSuffix(strings.TrimSpace(o), "/"))] = true
	}
	sockets := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "gueen_realtime_sockets", Help: "Open sockets."}, func() float64 {
		g.mu.Lock()
		defer g.mu.Unlock()
		return float64(len(g.open))
	})
	for _, c := range []prometheus.Collector{g.refused, g.closed, sockets} {
		if err := d.Metrics.Register(c); err != nil {
			return nil, fmt.Errorf("register realtime metrics: %w", err)
		}
	}
	return g, nil
}

// Refuse counts a refusal and logs it once per user, reason and interval.
func (g *Gate) Refuse(who, reason string, fields ...zap.Field) {
	g.refused.WithLabelValues(reason).Inc()
	g.limited.Warn(who+" "+reason, "socket or frame refused", append(fields, zap.String(log.FieldUser, who), zap.String(log.FieldReason, reason))...)
}

// Authenticate checks Origin and session of a request. On refusal it has answered the request and returns nil.
func (g *Gate) Authenticate(w http.ResponseWriter, r *http.Request) *access.Principal {
	p, status := g.authenticate(r)
	if status != 0 {
		http.Error(w, http.StatusText(status), status)
		return nil
	}
	return p
}

func (g *Gate) authenticate(r *http.Request) (*access.Principal, int) {
	ip := g.clientIP(r)
	if !g.originAllowed(r) {
		g.Refuse(ip, "foreign_origin", zap.String("origin", cut(r.Header.Get("Origin"))))
		return nil, http.StatusForbidden
	}
	ctx, cancel := context.WithTimeout(r.Context(), authWithin)
	defer cancel()
	token := token(r)
	if token == "" || len(token) > maxToken {
		g.Refuse(ip, "no_token")
		return nil, http.StatusForbidden
	}
	p, err := g.deps.Sessions.Session(ctx, token, false)
	switch {
	case err != nil && fault.KindOf(err) != "":
		g.Refuse(ip, "bad_token")
		return nil, http.StatusForbidden
	case r.Context().Err() != nil:
		return nil, http.StatusServiceUnavailable // the browser has gone; nobody reads this
	case err != nil:
		g.Refuse(ip, "not_answerable", zap.Error(err))
		return nil, http.StatusServiceUnavailable
	case p.BlockedLogin || p.Installer:
		g.Refuse(p.Username, "blocked_login")
		return nil, http.StatusForbidden
	}
	p.IP = ip
	return p, 0
}

// Open upgrades a request whose caller is known. The caller must call Done.
func (g *Gate) Open(w http.ResponseWriter, r *http.Request, p *access.Principal) *Caller {
	g.mu.Lock()
	over := g.users[p.UserID] >= maxPerUser
	if !over {
		g.users[p.UserID]++
	}
	g.mu.Unlock()
	if over {
		g.Refuse(p.Username, "too_many_sockets")
		http.Error(w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
		return nil
	}
	s, err := socket.Accept(r.Context(), w, r)
	if err != nil {
		g.Refuse(p.Username, "bad_handshake", zap.Error(err))
		g.release(p.UserID)
		return nil
	}
	c := &Caller{Socket: s, token: token(r), digest: p.SessionDigest}
	c.principal.Store(p)
	g.mu.Lock()
	g.open[c] = struct{}{}
	g.mu.Unlock()
	return c
}

// OpenOrExplain is Open for sockets that tell a browser why they end: a session that is gone is accepted and closed with
// CloseSessionGone, because a refused handshake looks to the browser like any other failure.
func (g *Gate) OpenOrExplain(w http.ResponseWriter, r *http.Request) *Caller {
	p, status := g.authenticate(r)
	switch {
	case status == http.StatusForbidden && g.originAllowed(r):
		s, err := socket.Accept(r.Context(), w, r)
		if err != nil {
			return nil // the library has answered
		}
		s.Close(frames.CloseSessionGone, "session is gone")
		s.Wait()
		return nil
	case status != 0:
		http.Error(w, http.StatusText(status), status)
		return nil
	}
	return g.Open(w, r, p)
}

// Done ends the socket and waits for it.
func (g *Gate) Done(c *Caller) {
	c.Wait()
	g.mu.Lock()
	delete(g.open, c)
	g.mu.Unlock()
	g.release(c.Principal().UserID)
	g.closed.WithLabelValues(fmt.Sprint(c.Code())).Inc()
}

func (g *Gate) release(user int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.users[user]--; g.users[user] <= 0 {
		delete(g.users, user)
	}
}

// Recheck makes Watch look at the sessions now.
func (g *Gate) Recheck() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// CloseSessions ends sockets of sessions that are known to be revoked: all of the user's when digests is empty.
func (g *Gate) CloseSessions(user int32, digests []string) {
	gone := map[string]bool{}
	for _, d := range digests {
		gone[d] = true
	}
	for _, c := range g.callers() {
		if gone[c.digest] || len(digests) == 0 && c.Principal().UserID == user {
			c.Close(frames.CloseSessionGone, "session is gone")
		}
	}
}

func (g *Gate) callers() []*Caller {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]*Caller, 0, len(g.open))
	for c := range g.open {
		out = append(out, c)
	}
	return out
}

// Watch closes sockets whose session has ended and renews the permissions of the others, until the context ends. One
// query serves all sockets. While the database is away nothing is closed: nothing can be read then either.
func (g *Gate) Watch(ctx context.Context) error {
	ticker := time.NewTicker(g.deps.Recheck)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-g.wake:
		}
		if err := g.recheck(ctx); err != nil && ctx.Err() == nil {
			g.limited.Warn("recheck", "sessions of open sockets could not be looked up", zap.Error(err))
		}
	}
}

func (g *Gate) recheck(ctx context.Context) error {
	callers := g.callers()
	if len(callers) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, authWithin)
	defer cancel()
	digests := make([]string, 0, len(callers))
	for _, c := range callers {
		digests = append(digests, c.digest)
	}
	live, err := g.deps.Sessions.LiveSessions(ctx, digests)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range callers {
		version, ok := live[c.digest]
		switch {
		case !ok:
			c.Close(frames.CloseSessionGone, "session is gone")
		case version != c.version:
			errs = append(errs, g.renew(ctx, c, version))
		}
	}
	return errors.Join(errs...)
}

// renew reads a caller's permissions again. Only Watch calls it.
func (g *Gate) renew(ctx context.Context, c *Caller, version string) error {
	p, err := g.deps.Sessions.Session(ctx, c.token, false)
	switch {
	case err != nil && fault.KindOf(err) != "", err == nil && p.BlockedLogin:
		c.Close(frames.CloseSessionGone, "session is gone")
		return nil
	case err != nil:
		return err
	}
	p.IP = c.Principal().IP
	first := c.version == ""
	c.version = version
	c.principal.Store(p)
	if f := c.changed.Load(); f != nil && !first {
		(*f)()
	}
	return nil
}

// originAllowed accepts programs, which send no Origin, the list of the installation, and the host that was asked.
func (g *Gate) originAllowed(r *http.Request) bool {
	origin := strings.ToLower(r.Header.Get("Origin"))
	if origin == "" || g.origins[origin] {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// token returns the session token. The contract puts it last in the query; it is hexadecimal.
func token(r *http.Request) string { return r.URL.Query().Get("access_token") }

// clientIP names the caller for audit rows: the first address a trusted proxy reports, else the peer.
func (g *Gate) clientIP(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr := peer.Addr().Unmap()
	for _, trusted := range g.deps.Proxies {
		if !trusted.Contains(addr) {
			continue
		}
		first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-For"), ",")
		if given, err := netip.ParseAddr(strings.TrimSpace(first)); err == nil {
			return given.Unmap().String()
		}
		break
	}
	return addr.String()
}

func cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), 200)], "") }
