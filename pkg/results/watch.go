package results

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

// Alarm says when the store of results is in danger. It rings long before agents are refused, so that there is time to
// bring the database back or to give the store room.
type Alarm struct {
	Fill  float64       // share of the limit that is used, 0 to 1; default 0.5
	Age   time.Duration // of the oldest result that waits; default 15 min
	Every time.Duration // between two looks; default 15 s
}

func (a Alarm) withDefaults() Alarm {
	if a.Fill <= 0 || a.Fill > 1 {
		a.Fill = 0.5
	}
	if a.Age <= 0 {
		a.Age = 15 * time.Minute
	}
	if a.Every <= 0 {
		a.Every = 15 * time.Second
	}
	return a
}

// Reporter takes what is wrong with the store, nil for nothing; it logs each change once.
type Reporter interface {
	Report(err error)
}

// WatchDeps are what a Watch works with.
type WatchDeps struct {
	Conn     *bus.Conn
	Pool     *pgxpool.Pool
	Reporter Reporter
	Metrics  prometheus.Registerer
	Now      func() time.Time
	Alarm    Alarm
	Mail     bool        // tells the operators by mail too, once a day
	Log      *zap.Logger // of what kept a mail from being asked for; nil = nobody reads it
}

// Watch looks at the stream and at what is parked. Run it with lifecycle.Loop.
type Watch struct {
	WatchDeps
	told                                          map[cause]string // day of the last mail
	limited                                       *log.Limited
	messages, bytes, limit, oldest, alarm, parked prometheus.Gauge
}

// ErrAlarm is what a Watch reports.
var ErrAlarm = errors.New("results pile up")

// NewWatch returns a Watch.
func NewWatch(d WatchDeps) (*Watch, error) {
	d.Alarm = d.Alarm.withDefaults()
	if d.Log == nil {
		d.Log = zap.NewNop()
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "gueen_results_" + name, Help: help})
	}
	w := &Watch{
		WatchDeps: d, told: map[cause]string{}, limited: log.NewLimited(d.Log, time.Minute, d.Now),
		messages: gauge("waiting", "Results in the stream that are not applied yet."),
		bytes:    gauge("store_bytes", "Size of the store of results, or of all stores of the services where the stream has no limit of its own."),
		limit:    gauge("store_limit_bytes", "Size at which the store refuses results; 0 where there is no limit."),
		oldest:   gauge("oldest_seconds", "Age of the oldest result in the stream."),
		alarm:    gauge("store_alarm", "1 while the store is fuller or its oldest result older than the alarm's limits."),
		parked:   gauge("parked", "Results that could not be applied and wait for an operator; counted up to 10,000."),
	}
	for _, c := range []prometheus.Collector{w.messages, w.bytes, w.limit, w.oldest, w.alarm, w.parked} {
		if err := d.Metrics.Register(c); err != nil {
			return nil, fmt.Errorf("register result metrics: %w", err)
		}
	}
	return w, nil
}

// Run looks until the context ends.
func (w *Watch) Run(ctx context.Context) error {
	tick := time.NewTicker(w.Alarm.Every)
	defer tick.Stop()
	for {
		w.Look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look looks once. A bus or a database that is away has its own place in readiness.
func (w *Watch) Look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, setupWithin)
	defer cancel()
	if parked, err := countParked(ctx, w.Pool); err == nil {
		w.parked.Set(float64(parked))
		if parked > 0 {
			w.tell(ctx, isParked, parkedNotice(parked))
		}
	}
	s, err := w.store(ctx)
	if err != nil {
		return
	}
	w.messages.Set(float64(s.messages))
	w.bytes.Set(float64(s.bytes))
	w.limit.Set(float64(s.limit))
	w.oldest.Set(s.oldest.Seconds())
	err = s.danger(w.Alarm)
	w.alarm.Set(0)
	if err != nil {
		w.alarm.Set(1)
		w.tell(ctx, pileUp, pileUpNotice(err))
	}
	w.Reporter.Report(err)
}

// store is the state of the stream.
type store struct {
	messages     uint64
	bytes, limit int64
	oldest       time.Duration
}

func (s store) danger(a Alarm) error {
	switch {
	case s.limit > 0 && float64(s.bytes) >= a.Fill*float64(s.limit):
		return fmt.Errorf("%w: the store holds %d of %d MiB; when it is full, agents are refused", ErrAlarm, s.bytes>>20, s.limit>>20)
	case s.messages > 0 && s.oldest >= a.Age:
		return fmt.Errorf("%w: the oldest of %d waits since %s", ErrAlarm, s.messages, s.oldest.Round(time.Second))
	}
	return nil
}

func (w *Watch) store(ctx context.Context) (store, error) {
	js, err := w.Conn.JetStream()
	if err != nil {
		return store{}, err
	}
	stream, err := js.Stream(ctx, streamName)
	if err != nil {
		return store{}, fmt.Errorf("look at result stream: %w", err)
	}
	info := stream.CachedInfo() // fetched a moment ago
	s := store{messages: info.State.Msgs, bytes: int64(min(info.State.Bytes, 1<<62)), limit: max(info.Config.MaxBytes, 0)}
	if info.State.Msgs > 0 {
		s.oldest = max(w.Now().Sub(info.State.FirstTime), 0)
	}
	if s.limit == 0 {
		if err := s.ofAccount(ctx, js); err != nil {
			return store{}, err
		}
	}
	return s, nil
}

// ofAccount takes what nats-server gives to the account: all its streams share that.
func (s *store) ofAccount(ctx context.Context, js jetstream.JetStream) error {
	account, err := js.AccountInfo(ctx)
	if err != nil {
		return fmt.Errorf("look at the store of results: %w", err)
	}
	s.bytes, s.limit = int64(min(account.Store, 1<<62)), max(account.Limits.MaxStore, 0)
	return nil
}
