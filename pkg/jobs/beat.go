package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/schema/db/jobsdb"
)

// Settings are the times of a beat; zero values are replaced by the defaults.
type Settings struct {
	TTL   time.Duration // how long a lease lasts after the holder's last sign of life, default 15 s
	Tick  time.Duration // how often due jobs are looked for, default 1 s
	Grace time.Duration // how old a missed instant of a job that skips may be, default 2 min
}

func (s Settings) withDefaults() Settings {
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{{&s.TTL, 15 * time.Second}, {&s.Tick, time.Second}, {&s.Grace, 2 * time.Minute}} {
		if *d.value <= 0 {
			*d.value = d.def
		}
	}
	return s
}

// Deps are what a Beat needs.
type Deps struct {
	Pool     *pgxpool.Pool
	Registry *Registry
	Logger   *zap.Logger
	Metrics  prometheus.Registerer
	Now      func() time.Time // nil = time.Now
	Pulse    *health.Pulse    // beats with every turn; nil = nobody asks
}

// Beat schedules the jobs while it leads. Run it with lifecycle.Group.Go.
type Beat struct {
	pool     *pgxpool.Pool
	registry *Registry
	settings Settings
	logger   *zap.Logger
	limited  *log.Limited
	pulse    *health.Pulse
	now      func() time.Time
	queries  *jobsdb.Queries
	lease    *lease
	leads    prometheus.Gauge
	queued   *prometheus.CounterVec

	renew time.Time            // when the lease is asked for next
	known map[string]time.Time // last instant of each job that is settled
}

// NewBeat returns a beat; name says in the table leases who leads.
func NewBeat(name string, settings Settings, d Deps) (*Beat, error) {
	if d.Now == nil {
		d.Now = time.Now
	}
	settings = settings.withDefaults()
	b := &Beat{
		pool: d.Pool, registry: d.Registry, settings: settings, logger: d.Logger, pulse: d.Pulse, now: d.Now, queries: jobsdb.New(),
		limited: log.NewLimited(d.Logger, time.Minute, time.Now),
		// Two beats on one machine must not take each other's lease for their own.
		lease:  &lease{db: d.Pool, queries: jobsdb.New(), holder: name + " " + uuid.NewString(), ttl: settings.TTL, now: d.Now},
		leads:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "gueen_beat_leader", Help: "1 while this process schedules the periodic jobs."}),
		queued: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gueen_beat_queued_total", Help: "Runs of periodic jobs that were queued."}, []string{"job"}),
	}
	for _, c := range []prometheus.Collector{b.leads, b.queued} {
		if err := d.Metrics.Register(c); err != nil {
			return nil, fmt.Errorf("register beat metrics: %w", err)
		}
	}
	return b, nil
}

// Run schedules until the context ends, then resigns.
func (b *Beat) Run(ctx context.Context) error {
	tick := time.NewTicker(b.settings.Tick)
	defer tick.Stop()
	for {
		b.pulse.Beat()
		if err := b.turn(ctx); err != nil && ctx.Err() == nil && postgres.Code(err) != "" {
			// Anything else is a lost connection, which its probe reports.
			b.limited.Warn("turn", "periodic jobs are not scheduled", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return b.resign(ctx)
		case <-tick.C:
		}
	}
}

func (b *Beat) resign(ctx context.Context) error {
	b.leads.Set(0)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := b.lease.resign(ctx); err != nil {
		// The lease runs out by itself.
		b.logger.Debug("lease was not given back", zap.Error(err))
	}
	return nil
}

// turn asks for the lease when it is time and queues what is due.
func (b *Beat) turn(ctx context.Context) error {
	// Nothing may take longer than the lease is good for.
	ctx, cancel := context.WithTimeout(ctx, b.settings.TTL/2)
	defer cancel()
	if now := b.now(); !now.Before(b.renew) || !b.lease.valid() {
		b.renew = now.Add(b.settings.TTL / 3)
		if err := b.lead(ctx); err != nil {
			return err
		}
	}
	if !b.lease.valid() || b.known == nil {
		b.leads.Set(0)
		return nil
	}
	due := b.due()
	if len(due) == 0 {
		return nil
	}
	return b.queueRuns(ctx, due)
}

func (b *Beat) lead(ctx context.Context) error {
	leads, fresh, err := b.lease.acquire(ctx)
	if err != nil || !leads {
		b.known = nil
		return err
	}
	b.leads.Set(1)
	if !fresh && b.known != nil {
		return nil
	}
	rows, err := b.queries.LastScheduled(ctx, b.pool, b.registry.Names())
	if err != nil {
		b.known = nil
		return fmt.Errorf("read last runs: %w", err)
	}
	b.known = make(map[string]time.Time, len(b.registry.jobs))
	for _, name := range b.registry.Names() {
		// A job that never ran is due from now on, or from a grace time ago, in case the leader before died early.
		b.known[name] = b.now().Add(-b.settings.Grace)
	}
	for _, r := range rows {
		b.known[r.Name] = r.ScheduledFor
	}
	b.logger.Info("this process schedules the periodic jobs now", zap.Int64("term", b.lease.term), zap.Int(log.FieldCount, len(b.registry.jobs)))
	return nil
}

// dueRun is a job and the instant it is due for.
type dueRun struct {
	job *Job
	at  time.Time
}

func (b *Beat) due() []dueRun {
	now := b.now()
	var due []dueRun
	for _, j := range b.registry.jobs {
		at := j.schedule.last(b.known[j.Name], now)
		if at.IsZero() {
			continue
		}
		if j.CatchUp == Skip && now.Sub(at) > b.settings.Grace {
			b.logger.Info("missed run of periodic job is skipped", zap.String(log.FieldJob, j.Name), zap.Time("scheduled_for", at))
			b.known[j.Name] = at
			continue
		}
		due = append(due, dueRun{j, at})
	}
	return due
}

// queueRuns writes the runs and their tasks in one transaction, in which the lease is proven: exactly one run per job and
// instant, whatever dies when.
func (b *Beat) queueRuns(ctx context.Context, due []dueRun) error {
	byName := make(map[string]*Job, len(due))
	var p jobsdb.InsertRunsParams
	for _, d := range due {
		byName[d.job.Name] = d.job
		p.Names = append(p.Names, d.job.Name)
		p.Instants = append(p.Instants, d.at)
		p.StaleMs = append(p.StaleMs, d.job.stale().Milliseconds())
	}
	var runs []jobsdb.InsertRunsRow
	err := pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) (err error) {
		if err := b.lease.hold(ctx, tx); err != nil {
			return err
		}
		if runs, err = b.queries.InsertRuns(ctx, tx, p); err != nil {
			return fmt.Errorf("write job runs: %w", err)
		}
		messages := make([]outbox.Message, len(runs))
		for i, r := range runs {
			messages[i] = outbox.Message{Kind: KindPrefix + r.Name, Queue: byName[r.Name].Queue, Payload: task{Run: r.ID}}
		}
		_, err = outbox.Enqueue(ctx, tx, messages...)
		return err
	})
	if errors.Is(err, errLost) {
		b.lease.term, b.known = 0, nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("queue periodic jobs: %w", err)
	}
	for _, d := range due {
		// Also where no row was written: the instant is taken, or an earlier run is still at work.
		b.known[d.job.Name] = d.at
	}
	for _, r := range runs {
		b.queued.WithLabelValues(r.Name).Inc()
	}
	return nil
}
