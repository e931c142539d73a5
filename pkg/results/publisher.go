package results

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

const (
	// storeWithin bounds the wait for the stream's acknowledgement.
	storeWithin = 5 * time.Second
	// nudgeWithin is how long Publish waits for the database after the stream has the result, so that whoever posts and
	// then reads sees the result when there is no backlog. It is far longer than a batch takes on a machine that keeps up, so
	// that a busy one does not break scripts; a database that does not keep up is noticed after a few waits (worthWaiting).
	nudgeWithin = time.Second
	// nudgedAtOnce bounds how many calls wait for the database at the same time. Who posts and reads is alone; in a crowd
	// of agents nobody reads at once, and waiting would only slow them down.
	nudgedAtOnce = 4
)

// Result is one result to store.
type Result struct {
	Kind    Kind
	AgentID string
	ID      string // the agent's id for it; empty makes one
	Ref     string // key of the row that the result is for, where the body does not say
	Body    []byte
}

// Publisher stores results in the stream. It is safe for concurrent use.
type Publisher struct {
	conn      *bus.Conn
	js        jetstream.JetStream
	limits    StreamLimits
	inbox     string
	nudge     time.Duration // nudgeWithin
	within    time.Duration // storeWithin
	published *prometheus.CounterVec
	stored    prometheus.Histogram

	last    atomic.Uint64
	behind  atomic.Uint32 // waits for the database in a row that were in vain
	busy    atomic.Int32  // calls of Publish at the moment
	mu      sync.Mutex
	waiting map[string]chan struct{}
}

// NewPublisher returns a Publisher on a connection to the services' account.
func NewPublisher(conn *bus.Conn, limits StreamLimits, metrics prometheus.Registerer) (*Publisher, error) {
	js, err := conn.JetStream()
	if err != nil {
		return nil, err
	}
	p := &Publisher{
		nudge: nudgeWithin, within: storeWithin,
		conn: conn, js: js, limits: limits, inbox: nats.NewInbox(), waiting: map[string]chan struct{}{},
		published: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_results_published_total", Help: "Results of agents handed to the stream, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		stored: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gueen_results_store_seconds", Help: "Time until the stream acknowledged a result.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
	}
	for _, m := range []prometheus.Collector{p.published, p.stored} {
		if err := metrics.Register(m); err != nil {
			return nil, fmt.Errorf("register result metrics: %w", err)
		}
	}
	if _, err := conn.Subscribe(p.inbox, "", p.applied); err != nil {
		return nil, err
	}
	return p, nil
}

// Run makes the stream and ends with the context. Until the stream is there, results are refused as while it is away.
func (p *Publisher) Run(ctx context.Context) error {
	if _, err := p.conn.EnsureStream(ctx, Stream(p.limits)); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// Publish returns when the stream has the result on its disk, and waits a moment more for it to be applied. While the
// stream is away or full the error is fault.KindUnavailable: the agent is to keep the result and try again.
func (p *Publisher) Publish(ctx context.Context, r Result) error {
	outcome, err := p.publish(ctx, r)
	p.published.WithLabelValues(string(r.Kind), outcome).Inc()
	return err
}

func (p *Publisher) publish(ctx context.Context, r Result) (outcome string, err error) {
	subject := subjects.Result(string(r.Kind), r.AgentID)
	if subject == "" || len(r.Body) > MaxBody {
		return "invalid", fmt.Errorf("publish result: %w", errInvalid)
	}
	if err := p.conn.Check(ctx); err != nil {
		return "away", unavailable(err)
	}
	busy := p.busy.Add(1)
	defer p.busy.Add(-1)
	m := &nats.Msg{Subject: subject, Data: r.Body, Header: nats.Header{}}
	if ValidResultID(r.ID) { // without one the place in the stream is the id
		m.Header[nats.MsgIdHdr] = []string{messageID(r.Kind, r.AgentID, r.ID)}
	}
	if r.Ref != "" {
		m.Header[headerRef] = []string{r.Ref}
	}
	if id := log.RequestID(ctx); id != "" {
		m.Header[log.RequestIDHeader] = []string{id}
	}
	var done <-chan struct{}
	if busy <= nudgedAtOnce && p.worthWaiting() {
		var token string
		token, done = p.expect()
		defer p.forget(token)
		m.Header[headerApplied] = []string{p.inbox + " " + token}
	}
	start := time.Now()
	limited, cancel := context.WithTimeout(ctx, p.within)
	defer cancel()
	ack, err := p.js.PublishMsg(limited, m)
	if err != nil {
		if ctx.Err() != nil {
			return "canceled", fmt.Errorf("publish result: %w", context.Cause(ctx))
		}
		return "refused", unavailable(err)
	}
	p.stored.Observe(time.Since(start).Seconds())
	switch {
	case ack.Duplicate:
		return "duplicate", nil
	case done != nil && p.waitApplied(ctx, done):
		return "applied", nil
	}
	return "stored", nil
}

// While the database is behind, waiting for it would only slow the agents down: after some waits in vain only every few
// results ask again.
const (
	vainWaits  = 8
	askAgainIn = 16
)

// worthWaiting says whether the database kept up lately.
func (p *Publisher) worthWaiting() bool {
	n := p.behind.Load()
	if n < vainWaits || n%askAgainIn == 0 {
		return true
	}
	p.behind.Add(1)
	return false
}

// waitApplied waits a moment for a result to be in the database and says whether it is.
func (p *Publisher) waitApplied(ctx context.Context, done <-chan struct{}) bool {
	nudge := time.NewTimer(p.nudge)
	defer nudge.Stop()
	select {
	case <-done:
		p.behind.Store(0)
		return true
	case <-nudge.C:
		p.behind.Add(1)
	case <-ctx.Done():
	}
	return false
}

var errInvalid = errors.New("not a result that can be stored")

func unavailable(err error) error {
	return fault.Unavailable("Results cannot be stored at the moment.", err)
}

func (p *Publisher) expect() (token string, done <-chan struct{}) {
	token = strconv.FormatUint(p.last.Add(1), 36)
	ch := make(chan struct{})
	p.mu.Lock()
	p.waiting[token] = ch
	p.mu.Unlock()
	return token, ch
}

func (p *Publisher) forget(token string) {
	p.mu.Lock()
	delete(p.waiting, token)
	p.mu.Unlock()
}

// applied wakes the calls that wait for the results of a batch.
func (p *Publisher) applied(m *nats.Msg) {
	for token := range strings.FieldsSeq(string(m.Data)) {
		p.mu.Lock()
		ch, ok := p.waiting[token]
		delete(p.waiting, token)
		p.mu.Unlock()
		if ok {
			close(ch)
		}
	}
}
