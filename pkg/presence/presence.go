// Package presence keeps who is connected to the bus, at once: from the connect and disconnect events of nats-server,
// confirmed by its list of connections, and by the age of the last hello. It also ends the connections of agents that may
// no longer be there. Any number of replicas work together: all see the events, each writes its share, and what they
// write is the same in any order (see presence.sql).
package presence

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/schema/db/presencedb"
	"github.com/gueencode/gueenrmm/proto/events"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

const (
	queue       = "presence"
	logInterval = 10 * time.Minute

	// Defaults of Deps.
	DefaultInterval  = 50 * time.Millisecond
	DefaultReconcile = 2 * time.Minute
	DefaultSweep     = 15 * time.Second
	DefaultSettle    = bus.AdmissionTimeout + 3*time.Second
)

// Deps are what a Service needs. System is a connection to the system account, Services one to the services' account.
type Deps struct {
	System    *bus.Conn
	Services  *bus.Conn
	Pool      *pgxpool.Pool
	Logger    *zap.Logger
	Metrics   prometheus.Registerer
	Now       func() time.Time
	Interval  time.Duration // events wait at most this long for their batch
	Reconcile time.Duration // time between comparisons with the servers' lists
	Sweep     time.Duration // time between looks for agents that went offline by age
	// Settle is the longest time from the start of a connection until it is admitted: a list of connections says nothing
	// about those that began less than this before it.
	Settle time.Duration
}

// Service is a lifecycle component.
type Service struct {
	system, services *bus.Conn
	pool             *pgxpool.Pool
	q                *presencedb.Queries
	limited          *log.Limited
	metrics          *metrics
	now              func() time.Time
	interval         time.Duration
	reconcileEvery   time.Duration
	sweepEvery       time.Duration
	settle           time.Duration

	tracker *tracker
	pending pending
	gap     chan struct{} // has a token when events may have been missed
	suspect chan string   // agents whose right to be connected has to be looked up

	subs      []*nats.Subscription
	removeGap func()
	cancel    context.CancelFunc
	loops     sync.WaitGroup
}

// New returns a service that begins with Start.
func New(d Deps) (*Service, error) {
	setDefault(&d.Interval, DefaultInterval)
	setDefault(&d.Reconcile, DefaultReconcile)
	setDefault(&d.Sweep, DefaultSweep)
	setDefault(&d.Settle, DefaultSettle)
	s := &Service{
		system: d.System, services: d.Services, pool: d.Pool, q: presencedb.New(), now: d.Now, tracker: newTracker(),
		limited: log.NewLimited(d.Logger, logInterval, d.Now), interval: d.Interval, reconcileEvery: d.Reconcile, sweepEvery: d.Sweep, settle: d.Settle,
		pending: newPending(), gap: make(chan struct{}, 1), suspect: make(chan string, 1024),
	}
	var err error
	s.metrics, err = newMetrics(d.Metrics, s.tracker.len)
	return s, err
}

func setDefault(d *time.Duration, v time.Duration) {
	if *d == 0 {
		*d = v
	}
}

// Start subscribes to the events and begins to compare and to write.
func (s *Service) Start(ctx context.Context) error {
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.removeGap = s.system.OnGap(s.missed)
	removed, disabled := subjects.AgentFactKind(string(events.KindRemoved)), subjects.AgentFactKind(string(events.KindDisabled))
	for _, sub := range []struct {
		conn           *bus.Conn
		subject, queue string
		handler        nats.MsgHandler
	}{
		{s.system, eventSubjects, "", s.see},
		{s.system, eventSubjects, queue, s.take},
		{s.services, removed, "", s.endOnFact},
		{s.services, disabled, "", s.endOnFact},
	} {
		made, err := sub.conn.Subscribe(sub.subject, sub.queue, sub.handler)
		if err != nil {
			return errors.Join(err, s.Stop(ctx))
		}
		s.subs = append(s.subs, made)
	}
	s.loops.Go(func() { s.writeLoop(ctx) })
	s.loops.Go(func() { s.reconcileLoop(ctx) })
	s.loops.Go(func() { s.sweepLoop(ctx) })
	s.loops.Go(func() { s.suspectLoop(ctx) })
	s.missed()
	return nil
}

// Stop writes what waits. What this replica does not write any more, the others find when they compare.
func (s *Service) Stop(ctx context.Context) error {
	if s.cancel == nil {
		return nil
	}
	s.removeGap()
	for _, sub := range s.subs {
		if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) && !errors.Is(err, nats.ErrBadSubscription) {
			s.limited.Warn("unsubscribe", "presence events could not be unsubscribed", zap.Error(err))
		}
	}
	s.cancel()
	s.loops.Wait()
	if err := s.flush(ctx); err != nil {
		return fmt.Errorf("flush presence: %w", err)
	}
	return nil
}

// missed asks for a comparison with the servers' lists as soon as possible.
func (s *Service) missed() {
	select {
	case s.gap <- struct{}{}:
	default:
	}
}

// see keeps the tracker; every replica sees every event.
func (s *Service) see(m *nats.Msg) {
	switch m.Subject {
	case connectSubject:
		s.seeConnect(m)
	case disconnectSubject:
		s.seeDisconnect(m)
	}
}

// take keeps what has to be written; the replicas share the events.
func (s *Service) take(m *nats.Msg) {
	switch m.Subject {
	case connectSubject:
		s.takeConnect(m)
	case disconnectSubject:
		s.takeDisconnect(m)
	}
}

// seeConnect keeps the tracker and ends older connections of the same agent: a second connection with a token is only
// ever a replacement.
func (s *Service) seeConnect(m *nats.Msg) {
	c, _, err := parseEvent(m.Data)
	if err != nil {
		s.metrics.events.WithLabelValues("undecodable").Inc()
		s.limited.Warn("undecodable", "presence event refused", zap.Error(err))
		return
	}
	s.metrics.events.WithLabelValues("connect").Inc()
	older, contested := s.tracker.connected(c, s.now())
	for _, o := range older {
		s.kick(o, "replaced")
	}
	if contested {
		s.metrics.contested.Inc()
		s.limited.Warn("contested "+c.AgentID, "two machines connect with the token of one agent", zap.String(log.FieldAgentID, c.AgentID),
			zap.String(log.FieldRemoteIP, c.Host), zap.String("other_ip", older[0].Host))
	}
}

func (s *Service) seeDisconnect(m *nats.Msg) {
	c, _, err := parseEvent(m.Data)
	if err != nil {
		return // counted by the replica that takes it
	}
	s.metrics.events.WithLabelValues("disconnect").Inc()
	s.tracker.disconnected(c)
}

func (s *Service) takeConnect(m *nats.Msg) {
	if c, _, err := parseEvent(m.Data); err == nil {
		s.pending.connect(c)
	}
}

func (s *Service) takeDisconnect(m *nats.Msg) {
	c, stop, err := parseEvent(m.Data)
	if err != nil {
		s.metrics.events.WithLabelValues("undecodable").Inc()
		return
	}
	if stop.IsZero() {
		stop = s.now()
	}
	s.pending.disconnect(c, stop)
}

// endOnFact ends the connections of an agent that was deleted or disabled.
func (s *Service) endOnFact(m *nats.Msg) {
	fact, err := events.ParseAgent(m.Subject, m.Data)
	if err != nil {
		s.metrics.events.WithLabelValues("undecodable").Inc()
		s.limited.Warn("fact", "fact about an agent refused", zap.Error(err))
		return
	}
	s.End(fact.AgentID, string(fact.Kind))
}

// End ends the connections of an agent at once; why is a short word for the metric.
func (s *Service) End(agentID, why string) {
	for _, c := range s.tracker.of(agentID) {
		s.kick(c, why)
	}
}

// Suspect looks up, soon, whether the agent may still be connected and ends its connections if not. It never blocks.
func (s *Service) Suspect(agentID string) {
	select {
	case s.suspect <- agentID:
	default:
		s.missed() // a comparison looks at everyone
	}
}

func (s *Service) kick(c connection, why string) {
	s.metrics.kicked.WithLabelValues(why).Inc()
	if err := kick(s.system.NATS(), c); err != nil {
		s.limited.Warn("kick", "agent could not be disconnected, trying again with the next comparison", zap.String(log.FieldAgentID, c.AgentID), zap.Error(err))
	}
}
