// Package live serves /v1/ws: facts about agents as they happen, to those who subscribed to them and may see them. Facts
// from the bus only say that something happened; what is sent is read from the database once for all sockets.
package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/proto/events"
	"github.com/gueencode/gueenrmm/proto/frames"
	"github.com/gueencode/gueenrmm/proto/subjects"
	"github.com/gueencode/gueenrmm/services/realtime/internal/gate"
	"github.com/gueencode/gueenrmm/services/realtime/internal/socket"
)

const (
	gather      = 100 * time.Millisecond
	loadAtOnce  = 500
	loadWithin  = 10 * time.Second
	logInterval = time.Minute
	// More changed agents than this between two loads are not sent one by one: everybody reads the page again.
	maxChanged = 2000
	// Clients are not asked to read again more often than this.
	resyncPause = 5 * time.Second
)

// Rows reads agents in the form of the agent list.
type Rows interface {
	SearchMany(ctx context.Context, agentIDs []string) ([]agents.SearchRow, error)
}

// Deps are what a Hub needs.
type Deps struct {
	Conn    *bus.Conn
	Gate    *gate.Gate
	Rows    Rows
	Logger  *zap.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time
}

// Hub hands facts to sockets. It is a lifecycle component and the handler of /v1/ws.
type Hub struct {
	conn    *bus.Conn
	gate    *gate.Gate
	rows    Rows
	limited *log.Limited
	now     func() time.Time
	facts   *prometheus.CounterVec
	sent    *prometheus.CounterVec
	leftOut prometheus.Counter
	resync  []byte // the frame that asks a client to read again

	mu      sync.Mutex
	clients map[*client]struct{}
	changed map[string]change // agents to read, by id
	// placed is where an agent was last seen, to tell clients of its old scope that it left. Bounded by the fleet.
	placed   map[string]placement
	resyncAt time.Time
	missed   bool

	wake   chan struct{}
	subs   []*nats.Subscription
	remove func()
	cancel context.CancelFunc
	loop   sync.WaitGroup
}

type placement struct{ client, site int32 }

// change gathers what happened to one agent since the last load.
type change struct {
	row, presence, checks bool
	enrolled              *events.Enrolment
	results               []events.Result
}

// maxResults bounds the results of one agent between two loads; a client reads the history anyway.
const maxResults = 32

// New returns a hub.
func New(d Deps) (*Hub, error) {
	h := &Hub{
		conn: d.Conn, gate: d.Gate, rows: d.Rows, limited: log.NewLimited(d.Logger, logInterval, d.Now), now: d.Now,
		clients: map[*client]struct{}{}, changed: map[string]change{}, placed: map[string]placement{}, wake: make(chan struct{}, 1),
		facts:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gueen_realtime_facts_total", Help: "Facts taken from the bus, by kind."}, []string{"kind"}),
		sent:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gueen_realtime_events_total", Help: "Events sent to browsers, by event."}, []string{"event"}),
		leftOut: prometheus.NewCounter(prometheus.CounterOpts{Name: "gueen_realtime_events_left_out_total", Help: "Events not sent because the browser was behind; it is asked to read again instead."}),
	}
	var err error
	if h.resync, err = json.Marshal(frames.LiveEvent{Event: frames.EventResync}); err != nil {
		return nil, fmt.Errorf("render resync: %w", err)
	}
	for _, c := range []prometheus.Collector{h.facts, h.sent, h.leftOut} {
		if err := d.Metrics.Register(c); err != nil {
			return nil, fmt.Errorf("register live metrics: %w", err)
		}
	}
	return h, nil
}

// Start follows the facts.
func (h *Hub) Start(ctx context.Context) error {
	ctx, h.cancel = context.WithCancel(context.WithoutCancel(ctx))
	h.remove = h.conn.OnGap(h.resyncAll)
	for subject, handler := range map[string]nats.MsgHandler{
		subjects.AllAgentFacts:             h.takeFact,
		events.SessionsRevoked{}.Subject(): h.takeRevoked,
		events.AccessChanged{}.Subject():   func(*nats.Msg) { h.gate.Recheck() },
	} {
		sub, err := h.conn.Subscribe(subject, "", handler)
		if err != nil {
			h.cancel()
			h.remove()
			return err
		}
		h.subs = append(h.subs, sub)
	}
	h.loop.Go(func() { h.run(ctx) })
	return nil
}

// Stop ends the loop; sockets end with the port.
func (h *Hub) Stop(context.Context) error {
	if h.cancel == nil {
		return nil
	}
	h.remove()
	for _, sub := range h.subs {
		if err := sub.Unsubscribe(); err != nil {
			continue // gone with its connection
		}
	}
	h.cancel()
	h.loop.Wait()
	return nil
}

func (h *Hub) takeRevoked(m *nats.Msg) {
	f, err := events.ParseSessionsRevoked(m.Data)
	if err != nil {
		h.badFact(err)
		return
	}
	h.gate.CloseSessions(f.UserID, f.Digests)
}

func (h *Hub) badFact(err error) {
	h.facts.WithLabelValues("undecodable").Inc()
	h.limited.Warn("fact", "fact refused", zap.Error(err))
}

// takeFact notes what has to be read, if anybody listens.
func (h *Hub) takeFact(m *nats.Msg) {
	f, err := events.ParseAgent(m.Subject, m.Data)
	if err != nil {
		h.badFact(err)
		return
	}
	h.facts.WithLabelValues(string(f.Kind)).Inc()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.clients) == 0 {
		return
	}
	if f.Kind == events.KindRemoved {
		h.sendRemoved(f.AgentID, placement{f.ClientID, f.SiteID})
		return
	}
	c, known := h.changed[f.AgentID]
	if !known && len(h.changed) >= maxChanged {
		h.missed = true
		h.changed = map[string]change{}
	}
	switch f.Kind {
	case events.KindPresence:
		c.presence = true
	case events.KindChecks:
		c.checks = true
	case events.KindEnrolled:
		c.enrolled, c.row = f.Enrolment, true
	case events.KindResult:
		if f.Result != nil && len(c.results) < maxResults {
			c.results = append(c.results, *f.Result)
		}
	default:
		c.row = true
	}
	h.changed[f.AgentID] = c
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// run reads changed agents in batches and sends them.
func (h *Hub) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		}
		timer.Reset(gather)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		h.flush(ctx)
	}
}

func (h *Hub) flush(ctx context.Context) {
	h.mu.Lock()
	changed, missed := h.changed, h.missed
	h.changed, h.missed = map[string]change{}, false
	h.mu.Unlock()
	if missed {
		h.resyncAll()
	}
	ids := make([]string, 0, loadAtOnce)
	for id := range changed {
		if ids = append(ids, id); len(ids) == loadAtOnce {
			h.load(ctx, ids, changed)
			ids = ids[:0]
		}
	}
	if len(ids) > 0 {
		h.load(ctx, ids, changed)
	}
}

func (h *Hub) load(ctx context.Context, ids []string, changed map[string]change) {
	limited, cancel := context.WithTimeout(ctx, loadWithin)
	defer cancel()
	rows, err := h.rows.SearchMany(limited, ids)
	if err != nil {
		if ctx.Err() == nil {
			h.limited.Warn("load", "changed agents could not be read, clients read again", zap.Error(err))
			h.resyncAll()
		}
		return
	}
	for i := range rows {
		h.deliver(&rows[i], changed[rows[i].AgentID])
	}
}

// resyncAll tells every client that it missed something.
func (h *Hub) resyncAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	if wait := h.resyncAt.Sub(now); wait > 0 && len(h.clients) > 0 {
		h.missed = true // said with the next flush after the pause
		time.AfterFunc(wait, func() {
			select {
			case h.wake <- struct{}{}:
			default:
			}
		})
		return
	}
	h.resyncAt = now.Add(resyncPause)
	for c := range h.clients {
		h.push(c, frames.EventResync, h.resync)
	}
}

// push sends an event. A client that cannot take them as fast as they come reads the page again instead.
func (h *Hub) push(c *client, event string, data []byte) {
	if err := c.SendOr(data, h.resync); err == nil {
		h.sent.WithLabelValues(event).Inc()
	} else if errors.Is(err, socket.ErrBehind) {
		h.leftOut.Inc()
	}
}
