// Package busauth answers nats-server's question whether an agent may connect (auth callout). Agents come with their id as
// user and their token as password; what they may do afterwards is fixed by the signed answer. Any number of responders
// share the questions; with none running, connected agents stay and new connections wait and are refused.
package busauth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Verdict is what is known about an agent's token.
type Verdict string

// The verdicts. Each but Accepted refuses the connection.
const (
	Accepted     Verdict = "accepted"
	Unknown      Verdict = "unknown_token"
	Foreign      Verdict = "token_of_another_agent"
	Disabled     Verdict = "disabled"
	badID        Verdict = "bad_agent_id"
	noAnswer     Verdict = "not_answerable"
	undecodable  Verdict = "undecodable_request"
	unsignedable Verdict = "not_signed"
	tooLate      Verdict = "too_late" // waited longer than an agent does
	tooMany      Verdict = "too_many" // gave way to newer ones
)

// Authenticate says whether the token belongs to the agent. An error means that the question could not be answered; the
// agent is refused and tries again.
type Authenticate func(ctx context.Context, agentID, token string) (Verdict, error)

// Limits bound the questions that wait for an answer while more agents connect than can be admitted at once, as after a
// restart of the bus. Those beyond are refused at once, which costs a hundredth of an admission, and come again with their
// own jitter; so the ones that are served are served in time.
type Limits struct {
	Waiting int // questions at most; the oldest gives way
	// Patience is the longest wait. Deployed agents give up a connection after two seconds, of which the server's own queue
	// takes a part: an answer that comes later is work for nothing, and a queue that is worked off in order would give
	// everybody such an answer once it is that long.
	Patience time.Duration
}

// Defaults of Limits.
const (
	DefaultWaiting  = 4096
	DefaultPatience = 1500 * time.Millisecond
)

const (
	queue    = "busauth"
	maxToken = 256
	// Concurrent look-ups; answers from memory take microseconds, so this bounds what waits for the database.
	concurrency = 64
	deadline    = 5 * time.Second
	logInterval = 10 * time.Minute
)

// Responder answers the questions. It is a lifecycle component.
type Responder struct {
	conns   []*bus.Conn
	signer  *bus.Signer
	ask     Authenticate
	logger  *zap.Logger
	limited *log.Limited

	answers  *prometheus.CounterVec
	duration prometheus.Histogram

	waiting *stack
	burst   *burst
	work    sync.WaitGroup
	told    sync.WaitGroup
	ctx     context.Context //nolint:containedctx // the component's own lifetime, from Start to Stop
	cancel  context.CancelFunc
	subs    []*nats.Subscription
	respond func(m *nats.Msg, data []byte) error
}

// Deps are what a Responder needs. Conns are connections to the AUTH account: the server works off the answers of one
// connection one by one, verifying two signatures each, and in a storm that goroutine of the server's is one among the
// thousands that ask. With one connection all answers come too late together; with several they are worked off side by side.
type Deps struct {
	Conns        []*bus.Conn
	Signer       *bus.Signer
	Authenticate Authenticate
	Logger       *zap.Logger
	Metrics      prometheus.Registerer
	Now          func() time.Time
	Limits       Limits // zero values take the defaults
}

// New returns a responder that begins to answer with Start.
func New(d Deps) (*Responder, error) {
	if d.Limits.Waiting == 0 {
		d.Limits.Waiting = DefaultWaiting
	}
	if d.Limits.Patience == 0 {
		d.Limits.Patience = DefaultPatience
	}
	r := &Responder{
		conns: d.Conns, signer: d.Signer, ask: d.Authenticate, logger: d.Logger,
		limited: log.NewLimited(d.Logger, logInterval, d.Now), waiting: newStack(d.Now, d.Limits), burst: &burst{logger: d.Logger, now: d.Now},
		respond: (*nats.Msg).Respond,
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_busauth_answers_total", Help: "Answers to agents that connect to the bus, by verdict.",
		}, []string{"verdict"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gueen_busauth_seconds", Help: "Time to answer one agent.", Buckets: prometheus.ExponentialBuckets(0.0001, 4, 9),
		}),
	}
	for _, c := range []prometheus.Collector{r.answers, r.duration} {
		if err := d.Metrics.Register(c); err != nil {
			return nil, fmt.Errorf("register busauth metrics: %w", err)
		}
	}
	return r, nil
}

// Start begins to answer. Call it when the token cache is warm: a storm of unknown tokens costs a look-up each.
func (r *Responder) Start(ctx context.Context) error {
	r.ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, conn := range r.conns {
		sub, err := conn.Subscribe(bus.AuthSubject, queue, r.handle)
		if err != nil {
			r.cancel()
			return err
		}
		r.subs = append(r.subs, sub)
	}
	r.begin()
	return nil
}

// begin lets the workers answer what waits.
func (r *Responder) begin() {
	for range concurrency {
		r.work.Go(r.serve)
	}
	r.told.Go(func() { r.burst.run(r.ctx) })
}

// Stop answers what has arrived and no more; the other responders go on.
func (r *Responder) Stop(ctx context.Context) error {
	if len(r.subs) == 0 {
		return nil
	}
	var errs []error
	var drained []<-chan nats.SubStatus
	for i, sub := range r.subs {
		if !r.conns[i].NATS().IsConnected() {
			// Nothing arrives any more, and a drain would wait for the server.
			if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) && !errors.Is(err, nats.ErrBadSubscription) {
				errs = append(errs, fmt.Errorf("unsubscribe busauth: %w", err))
			}
			continue
		}
		closed := sub.StatusChanged(nats.SubscriptionClosed)
		switch err := sub.Drain(); {
		case err == nil:
			drained = append(drained, closed)
		case !errors.Is(err, nats.ErrConnectionClosed) && !errors.Is(err, nats.ErrBadSubscription):
			errs = append(errs, fmt.Errorf("drain busauth: %w", err))
		}
	}
	for _, closed := range drained {
		select {
		case <-closed:
		case <-ctx.Done():
		}
	}
	return errors.Join(append(errs, r.finish(ctx))...)
}

// finish lets the workers answer what still waits and ends them.
func (r *Responder) finish(ctx context.Context) error {
	defer r.told.Wait()
	defer r.cancel()
	r.waiting.close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.work.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop busauth: %w", context.Cause(ctx))
	}
}

// handle runs on the subscription's goroutine.
func (r *Responder) handle(m *nats.Msg) {
	if surplus := r.waiting.push(m); surplus != nil {
		r.refuse(surplus, tooMany)
		r.burst.add(1)
	}
}

func (r *Responder) serve() {
	for {
		m, late, ok := r.waiting.pop()
		if !ok {
			return
		}
		if m != nil {
			r.answer(m)
		}
		for _, q := range late {
			r.refuse(q.m, tooLate)
		}
		if len(late) > 0 {
			r.burst.add(len(late))
		}
	}
}

// refuse answers without looking at the question.
func (r *Responder) refuse(m *nats.Msg, why Verdict) {
	r.answers.WithLabelValues(string(why)).Inc()
	if err := r.respond(m, bus.Refusal()); err != nil {
		r.limited.Warn(string(unsignedable), "bus authentication request could not be answered", zap.Error(err))
	}
}

func (r *Responder) answer(m *nats.Msg) {
	start := time.Now()
	req, err := bus.ParseAuthRequest(m.Data)
	if err != nil {
		r.answers.WithLabelValues(string(undecodable)).Inc()
		r.limited.Warn(string(undecodable), "bus authentication request is not decodable", zap.Error(err))
		return
	}
	verdict, err := r.decide(req)
	data, signErr := bus.Refusal(), error(nil)
	if verdict == Accepted {
		data, signErr = r.signer.AllowAgent(req, req.User)
	}
	if signErr == nil {
		signErr = r.respond(m, data)
	}
	if signErr != nil {
		verdict, err = unsignedable, signErr
	}
	r.answers.WithLabelValues(string(verdict)).Inc()
	r.duration.Observe(time.Since(start).Seconds())
	if verdict != Accepted {
		r.limited.Warn(logKey(req.User), "agent refused on the bus", zap.String(log.FieldAgentID, logKey(req.User)),
			zap.String(log.FieldRemoteIP, req.Host), zap.String(log.FieldReason, string(verdict)), zap.Error(err))
	}
}

func (r *Responder) decide(req *bus.AuthRequest) (Verdict, error) {
	if !agentwire.ValidAgentID(req.User) {
		return badID, nil
	}
	if req.Password == "" || len(req.Password) > maxToken {
		return Unknown, nil
	}
	ctx, cancel := context.WithTimeout(r.ctx, deadline)
	defer cancel()
	verdict, err := r.ask(ctx, req.User, req.Password)
	if err != nil {
		return noAnswer, err
	}
	return verdict, nil
}

// logKey cuts a user name that is not an agent id, which may be anything a stranger typed.
func logKey(user string) string {
	if agentwire.ValidAgentID(user) {
		return user
	}
	return "(not an agent id)"
}
