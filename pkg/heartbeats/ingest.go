// Package heartbeats takes the check-ins of agents from the bus into the database (agent-protocol.md §2). They are
// lossy-latest: of several messages of one kind only the last one of an agent counts, so they are coalesced per agent in
// memory and written in batches, one statement per kind. Any number of replicas share the messages.
package heartbeats

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
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

const (
	queue       = "heartbeats"
	logInterval = 10 * time.Minute

	// DefaultInterval is how long a check-in may wait for its batch.
	DefaultInterval = 150 * time.Millisecond

	// subscriptions of the queue in this process; each decodes on a goroutine of its own.
	subscriptions = 2

	smallBatch     = 1000
	inventoryBatch = 250
	// An inventory message of a big machine is some 100 KB.
	maxInventory      = 4 << 20
	maxSmall          = 16 << 10
	inventoryBatchMax = 8 << 20
	inventoryLaneMax  = 96 << 20
)

// Deps are what an Ingest needs. Conn is a connection to the services' account.
type Deps struct {
	Conn     *bus.Conn
	Pool     *pgxpool.Pool
	Logger   *zap.Logger
	Metrics  prometheus.Registerer
	Now      func() time.Time
	Interval time.Duration // DefaultInterval when zero
}

// Ingest is a lifecycle component.
type Ingest struct {
	conn     *bus.Conn
	limited  *log.Limited
	metrics  *metrics
	now      func() time.Time
	interval time.Duration
	rate     *rate

	hello    *lane[string]
	info     *lane[agentwire.AgentInfo]
	publicIP *lane[string]
	disks    *lane[[]byte]
	services *lane[[]byte]
	wmi      *lane[[]byte]
	subs     []*nats.Subscription
	cancel   context.CancelFunc
	loops    sync.WaitGroup
}

// New returns an ingest that begins to take check-ins with Start.
func New(d Deps) (*Ingest, error) {
	m, err := newMetrics(d.Metrics)
	if err != nil {
		return nil, err
	}
	if d.Interval == 0 {
		d.Interval = DefaultInterval
	}
	in := &Ingest{
		conn: d.Conn, limited: log.NewLimited(d.Logger, logInterval, d.Now), metrics: m, now: d.Now, interval: d.Interval,
		rate: newRate(d.Now),
	}
	s := newStore(d.Pool, d.Now)
	in.hello = newLane(string(agentwire.KindHello), smallBatch, s.touch)
	in.info = newLane(string(agentwire.KindAgentInfo), smallBatch, s.agentInfo)
	in.publicIP = newLane(string(agentwire.KindPublicIP), smallBatch, s.publicIPs)
	in.disks = inventoryLane(agentwire.KindDisks, s.inventory(disksColumn(), in.skip))
	in.services = inventoryLane(agentwire.KindWinServices, s.inventory(servicesColumn(), in.skip))
	in.wmi = inventoryLane(agentwire.KindWMI, s.inventory(wmiColumn(), in.skip))
	return in, m.registerWaiting(d.Metrics, in.Waiting)
}

func inventoryLane(kind agentwire.Kind, write writer[[]byte]) *lane[[]byte] {
	l := newLane(string(kind), inventoryBatch, write)
	l.maxBytes, l.batchMax = inventoryLaneMax, inventoryBatchMax
	return l
}

// Start subscribes and begins to write.
func (in *Ingest) Start(ctx context.Context) error {
	ctx, in.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, run := range []func(context.Context, *Ingest){
		in.hello.run, in.info.run, in.publicIP.run, in.disks.run, in.services.run, in.wmi.run,
	} {
		in.loops.Go(func() { run(ctx, in) })
	}
	for range subscriptions {
		sub, err := in.conn.Subscribe(subjects.AllCheckIns, queue, in.receive)
		if err != nil {
			in.cancel()
			in.loops.Wait()
			return err
		}
		in.subs = append(in.subs, sub)
	}
	return nil
}

// Stop takes no more check-ins and writes what it has, within the context's deadline.
func (in *Ingest) Stop(ctx context.Context) error {
	if in.cancel == nil {
		return nil
	}
	err := in.drain(ctx)
	in.cancel()
	in.loops.Wait()
	return errors.Join(err, in.Flush(ctx))
}

// drain lets the subscriptions hand over what has arrived.
func (in *Ingest) drain(ctx context.Context) error {
	var closed []<-chan nats.SubStatus
	for _, sub := range in.subs {
		status := sub.StatusChanged(nats.SubscriptionClosed)
		err := sub.Drain()
		switch {
		case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrBadSubscription), errors.Is(err, nats.ErrConnectionReconnecting):
			continue // nothing more will come
		case err != nil:
			return fmt.Errorf("drain check-ins: %w", err)
		}
		closed = append(closed, status)
	}
	for _, status := range closed {
		select {
		case <-status:
		case <-ctx.Done():
			return fmt.Errorf("drain check-ins: %w", context.Cause(ctx))
		}
	}
	return nil
}

// Flush writes everything that waits.
func (in *Ingest) Flush(ctx context.Context) error {
	var errs []error
	for _, flush := range []func(context.Context, *Ingest) error{
		in.hello.flush, in.info.flush, in.publicIP.flush, in.disks.flush, in.services.flush, in.wmi.flush,
	} {
		errs = append(errs, flush(ctx, in))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("flush check-ins: %w", err)
	}
	return nil
}

// Waiting returns how many messages wait for the database.
func (in *Ingest) Waiting() int {
	return in.hello.waiting() + in.info.waiting() + in.publicIP.waiting() + in.disks.waiting() + in.services.waiting() + in.wmi.waiting()
}

// receive takes one message: the reply field says what it is, the subject who sent it (agent-protocol.md §2.3). Nothing
// is ever answered.
func (in *Ingest) receive(m *nats.Msg) {
	agentID, ok := subjects.ParseCheckIn(m.Subject)
	if !ok {
		return
	}
	kind, known := agentwire.ParseKind(m.Reply)
	switch {
	case !in.rate.allow(agentID):
		in.refuse(string(kind), agentID, reasonRate, nil)
		return
	case !known:
		in.refuse(string(kind), agentID, reasonUnknownKind, nil)
		return
	}
	in.metrics.received.WithLabelValues(string(kind)).Inc()
	reason, err := in.accept(agentID, kind, m.Data)
	if reason != "" {
		in.refuse(string(kind), agentID, reason, err)
	}
}

// accept checks the message and keeps it; it returns why it did not.
func (in *Ingest) accept(agentID string, kind agentwire.Kind, data []byte) (reason, error) {
	switch kind {
	case agentwire.KindDisks:
		return in.keepInventory(in.disks, agentID, data)
	case agentwire.KindWinServices:
		return in.keepInventory(in.services, agentID, data)
	case agentwire.KindWMI:
		return in.keepInventory(in.wmi, agentID, data)
	case agentwire.KindHello, agentwire.KindAgentInfo, agentwire.KindPublicIP:
	}
	if len(data) > maxSmall {
		return reasonOversized, nil
	}
	msg, err := agentwire.DecodeCheckIn(kind, data)
	if err != nil {
		return reasonUndecodable, err
	}
	if msg.Agent() != agentID {
		return reasonForeignID, nil
	}
	switch msg := msg.(type) {
	case agentwire.Hello:
		return keep(in, in.hello, agentID, clip(msg.Version, maxVersion), len(data)), nil
	case agentwire.PublicIP:
		return keep(in, in.publicIP, agentID, clip(msg.PublicIP, maxPublicIP), len(data)), nil
	case agentwire.AgentInfo:
		if !cleanInfo(&msg) {
			return reasonInvalid, nil
		}
		return keep(in, in.info, agentID, msg, len(data)), nil
	}
	return reasonUnknownKind, nil
}

// keepInventory keeps the message as it is: most are recognised by their hash later and never decoded.
func (in *Ingest) keepInventory(l *lane[[]byte], agentID string, data []byte) (reason, error) {
	if len(data) > maxInventory {
		return reasonOversized, nil
	}
	return keep(in, l, agentID, data, len(data)), nil
}

func keep[V any](in *Ingest, l *lane[V], agentID string, value V, size int) reason {
	switch l.put(item[V]{agentID: agentID, received: in.now(), size: size, value: value}) {
	case "full":
		return reasonFull
	case "coalesced":
		in.metrics.coalesced.WithLabelValues(l.name).Inc()
	}
	return ""
}

func (in *Ingest) publish(facts []bus.Fact) {
	if err := in.conn.PublishFacts(facts...); err != nil {
		in.limited.Warn("facts", "facts about check-ins are lost", zap.Error(err))
	}
}
