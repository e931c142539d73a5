package presence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/schema/db/presencedb"
	"github.com/gueencode/gueenrmm/proto/events"
)

const (
	retryFirst   = 100 * time.Millisecond
	retryLongest = 5 * time.Second
	writeWithin  = 20 * time.Second
	maxBatch     = 5000
)

func (s *Service) writeLoop(ctx context.Context) {
	pause := s.interval
	timer := time.NewTimer(pause)
	defer timer.Stop()
	retry := retryFirst
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if err := s.flush(ctx); err != nil && ctx.Err() == nil {
			s.limited.Warn("write", "presence waits for the database", zap.Error(err))
			timer.Reset(health.Jitter(retry))
			retry = min(2*retry, retryLongest)
			continue
		}
		retry = retryFirst
		timer.Reset(pause)
	}
}

// flush writes all events that wait, and looks at who has just connected.
func (s *Service) flush(ctx context.Context) error {
	connected, disconnected := s.pending.take()
	if len(connected)+len(disconnected) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	start := s.now()
	ids, ats := make([]string, 0, len(connected)), make([]time.Time, 0, len(connected))
	for id, at := range connected {
		ids, ats = append(ids, id), append(ats, at)
	}
	err := s.writeConnects(ctx, ids, ats)
	if err == nil {
		err = s.writeDisconnects(ctx, disconnected)
	}
	if err == nil {
		err = s.endStrangers(ctx, ids)
	}
	if err != nil {
		s.pending.restore(connected, disconnected) // writing the same again changes nothing
		return err
	}
	s.metrics.written.Add(float64(len(connected) + len(disconnected)))
	s.metrics.flush.Observe(s.now().Sub(start).Seconds())
	return nil
}

func (s *Service) writeConnects(ctx context.Context, ids []string, ats []time.Time) error {
	for len(ids) > 0 {
		n := min(len(ids), maxBatch)
		rows, err := s.q.Connect(ctx, s.pool, presencedb.ConnectParams{AgentIds: ids[:n], Ats: ats[:n]})
		if err != nil {
			return fmt.Errorf("write connects: %w", err)
		}
		for _, r := range rows {
			s.tell(r.AgentID, r.Connected, r.LastSeen)
		}
		ids, ats = ids[n:], ats[n:]
	}
	return nil
}

func (s *Service) writeDisconnects(ctx context.Context, spans map[string]span) error {
	if len(spans) == 0 {
		return nil
	}
	var p presencedb.DisconnectParams
	for id, sp := range spans {
		p.AgentIds, p.Started, p.Ended = append(p.AgentIds, id), append(p.Started, sp.start), append(p.Ended, sp.end)
	}
	rows, err := s.q.Disconnect(ctx, s.pool, p)
	if err != nil {
		return fmt.Errorf("write disconnects: %w", err)
	}
	for _, r := range rows {
		s.tell(r.AgentID, r.Connected, r.LastSeen)
	}
	return nil
}

// tell publishes the new presence of an agent; it is called after the commit.
func (s *Service) tell(agentID string, connected bool, lastSeen *time.Time) {
	var fact bus.Fact = events.PresenceChanged(agentID, s.now(), events.Presence{Connected: connected, LastSeen: lastSeen})
	if err := s.services.PublishFacts(fact); err != nil {
		s.limited.Warn("facts", "facts about presence are lost", zap.Error(err))
	}
}

// endStrangers ends the connections of agents that are deleted or disabled: they connected in the moment it happened, or
// while nobody listened.
func (s *Service) endStrangers(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	strangers, err := s.q.Strangers(ctx, s.pool, ids)
	if err != nil {
		return fmt.Errorf("look up connected agents: %w", err)
	}
	for _, id := range strangers {
		s.End(id, "stranger")
	}
	return nil
}

func (s *Service) suspectLoop(ctx context.Context) {
	for {
		var ids []string
		select {
		case <-ctx.Done():
			return
		case id := <-s.suspect:
			ids = append(ids, id)
		}
		for more := true; more; {
			select {
			case id := <-s.suspect:
				ids = append(ids, id)
			default:
				more = false
			}
		}
		limited, cancel := context.WithTimeout(ctx, writeWithin)
		err := s.endStrangers(limited, ids)
		cancel()
		if err != nil && ctx.Err() == nil {
			s.missed()
			s.limited.Warn("suspect", "changed agents are looked at with the next comparison", zap.Error(err))
		}
	}
}

// reconcileLoop compares what the database says with the servers' lists: at start, whenever events may have been missed,
// and now and then.
func (s *Service) reconcileLoop(ctx context.Context) {
	retry := retryFirst
	timer := time.NewTimer(health.Jitter(s.reconcileEvery))
	defer timer.Stop()
	for {
		next := s.reconcileEvery
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-s.gap:
			next = min(next, 2*s.settle) // once more, for what was too young to be judged
		}
		err := s.reconcile(ctx)
		switch {
		case err == nil:
			retry = retryFirst
			timer.Reset(health.Jitter(next))
		case ctx.Err() != nil:
			return
		default:
			s.metrics.reconciled.WithLabelValues("failed").Inc()
			s.limited.Warn("reconcile", "presence could not be compared with the bus, trying again", zap.Error(err))
			timer.Reset(health.Jitter(retry))
			retry = min(2*retry, retryLongest)
		}
	}
}

func (s *Service) reconcile(ctx context.Context) error {
	if err := s.system.Check(ctx); err != nil {
		return err
	}
	l, err := list(ctx, s.system.NATS())
	incomplete := errors.Is(err, errIncomplete)
	if err != nil && !incomplete {
		return err
	}
	l.taken = l.taken.Add(-s.settle)
	if !incomplete {
		s.tracker.replace(l)
		for _, c := range s.tracker.surplus() {
			s.kick(c, "replaced")
		}
	}
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	latest := make(map[string]time.Time, len(l.connections))
	for _, c := range l.connections {
		if c.Start.After(latest[c.AgentID]) {
			latest[c.AgentID] = c.Start
		}
	}
	ids, ats := make([]string, 0, len(latest)), make([]time.Time, 0, len(latest))
	for id, at := range latest {
		ids, ats = append(ids, id), append(ats, at)
	}
	if err := s.writeConnects(ctx, ids, ats); err != nil {
		return err
	}
	if err := s.endStrangers(ctx, ids); err != nil {
		return err
	}
	if incomplete {
		s.metrics.reconciled.WithLabelValues("incomplete").Inc()
		return nil
	}
	rows, err := s.q.DisconnectAbsent(ctx, s.pool, presencedb.DisconnectAbsentParams{Present: ids, Taken: l.taken})
	if err != nil {
		return fmt.Errorf("write absent agents: %w", err)
	}
	for _, r := range rows {
		s.tell(r.AgentID, r.Connected, r.LastSeen)
	}
	s.metrics.reconciled.WithLabelValues("complete").Inc()
	return nil
}

// sweepLoop tells when an agent goes offline or overdue by the age of its last hello. Nothing is written: status is
// computed where it is read.
func (s *Service) sweepLoop(ctx context.Context) {
	ticker := time.NewTicker(s.sweepEvery)
	defer ticker.Stop()
	since := s.now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		until := s.now()
		limited, cancel := context.WithTimeout(ctx, writeWithin)
		rows, err := s.q.WentOffline(limited, s.pool, presencedb.WentOfflineParams{Since: since, Until: until})
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				s.limited.Warn("sweep", "agents that went offline are looked for later", zap.Error(err))
			}
			continue
		}
		since = until
		for _, r := range rows {
			s.tell(r.AgentID, r.Connected, r.LastSeen)
		}
	}
}
