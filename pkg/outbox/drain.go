package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/schema/db/outboxdb"
)

// channel is what InsertOutbox notifies.
const channel = "outbox"

// Sender hands a task to the queue; *queue.Client is one.
type Sender interface {
	Enqueue(ctx context.Context, task queue.Task) error
	Up() bool
}

// Keeper says whether the queue still has a task; *queue.Inspector is one.
type Keeper interface {
	Has(queue, id string) (bool, error)
}

// Settings are the numbers of a drainer; zero values are replaced by the defaults.
type Settings struct {
	Batch    int32         // rows handed over in one transaction, default 100
	Poll     time.Duration // longest wait when no notification comes, default 2 s
	Within   time.Duration // deadline of one batch, default 20 s
	Recheck  time.Duration // how long a task may be in the queue before it is looked for there, default 2 min
	Interval time.Duration // how often lost tasks are looked for, default 1 min
	Pulse    *health.Pulse // beats with every batch; nil = nobody asks
}

func (s Settings) withDefaults() Settings {
	if s.Batch <= 0 {
		s.Batch = 100
	}
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{{&s.Poll, 2 * time.Second}, {&s.Within, 20 * time.Second}, {&s.Recheck, 2 * time.Minute}, {&s.Interval, time.Minute}} {
		if *d.value <= 0 {
			*d.value = d.def
		}
	}
	return s
}

// Drainer moves rows to the queue. Any number of them may run.
type Drainer struct {
	pool     *pgxpool.Pool
	sender   Sender
	keeper   Keeper
	settings Settings
	limited  *log.Limited
	metrics  *metrics
	queries  *outboxdb.Queries
}

// NewDrainer returns a drainer; run it with lifecycle.Group.Go.
func NewDrainer(pool *pgxpool.Pool, sender Sender, keeper Keeper, settings Settings, logger *zap.Logger, registry prometheus.Registerer) (*Drainer, error) {
	m, err := newMetrics(registry)
	if err != nil {
		return nil, err
	}
	return &Drainer{
		pool: pool, sender: sender, keeper: keeper, settings: settings.withDefaults(), metrics: m,
		limited: log.NewLimited(logger, time.Minute, time.Now), queries: outboxdb.New(),
	}, nil
}

// Run drains until the context ends. While Postgres or Redis is away it waits; their own probes say so.
func (d *Drainer) Run(ctx context.Context) error {
	nudges := make(chan struct{}, 1)
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		d.listen(ctx, nudges)
	}()
	defer func() { <-listening }()

	poll := time.NewTimer(0)
	defer poll.Stop()
	recover := time.NewTicker(d.settings.Interval)
	defer recover.Stop()
	for {
		d.settings.Pulse.Beat()
		select {
		case <-ctx.Done():
			return nil
		case <-recover.C:
			d.report(ctx, "find lost tasks", d.FindLost(ctx))
			continue
		case <-nudges:
		case <-poll.C:
		}
		d.report(ctx, "drain outbox", d.drainAll(ctx))
		poll.Reset(d.settings.Poll)
	}
}

// report logs what neither probe knows of; a lost connection is theirs.
func (d *Drainer) report(ctx context.Context, operation string, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	d.metrics.failures.Inc()
	if postgres.Code(err) != "" || errors.Is(err, errSend) && d.sender.Up() {
		d.limited.Warn(operation, "outbox does not move", zap.String(log.FieldOperation, operation), zap.Error(err))
	}
}

func (d *Drainer) drainAll(ctx context.Context) error {
	for ctx.Err() == nil {
		d.settings.Pulse.Beat()
		n, err := d.Drain(ctx)
		if err != nil || n < int(d.settings.Batch) {
			return err
		}
	}
	return nil
}

// errSend marks an error of the queue.
var errSend = errors.New("hand over to queue")

// Drain hands over one batch and returns how many rows it saw. A crash after the queue has taken a task and before the
// commit leaves the row waiting: it is handed over again under the same id, which the queue refuses while it has the task
// and which the worker skips when the work is done.
func (d *Drainer) Drain(ctx context.Context) (seen int, err error) {
	if !d.sender.Up() {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.settings.Within)
	defer cancel()
	err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		rows, err := d.queries.ClaimOutbox(ctx, tx, d.settings.Batch)
		if err != nil {
			return fmt.Errorf("claim outbox rows: %w", err)
		}
		seen = len(rows)
		return d.handOver(ctx, tx, rows)
	})
	return seen, err
}

func (d *Drainer) handOver(ctx context.Context, tx pgx.Tx, rows []outboxdb.ClaimOutboxRow) error {
	sent := make([]int64, 0, len(rows))
	var sending error
	for _, r := range rows {
		err := d.sender.Enqueue(ctx, queue.Task{ID: r.TaskID.String(), Kind: r.Kind, Queue: r.Queue, Payload: r.Payload, RequestID: r.RequestID})
		if err != nil && !errors.Is(err, queue.ErrExists) {
			sending = errors.Join(errSend, err)
			if !d.sender.Up() || ctx.Err() != nil {
				break // the rest would fail too; the rows keep their place
			}
			p := outboxdb.MarkOutboxFailedParams{ID: r.ID, LastError: ptr(err.Error()), DelayMs: queue.Backoff(int(r.Attempts) + 1).Milliseconds()}
			if err := d.queries.MarkOutboxFailed(ctx, tx, p); err != nil {
				return fmt.Errorf("note failure of outbox row: %w", err)
			}
			continue
		}
		sent = append(sent, r.ID)
		d.metrics.lag.Observe(max(time.Since(r.Created).Seconds(), 0))
	}
	if len(sent) > 0 {
		// Also when the queue fell away in the middle: what it took is written down.
		mctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markWithin)
		defer cancel()
		if err := d.queries.MarkOutboxDispatched(mctx, tx, sent); err != nil {
			return fmt.Errorf("mark outbox rows: %w", err)
		}
		d.metrics.dispatched.Add(float64(len(sent)))
	}
	if sending != nil && ctx.Err() == nil {
		d.report(ctx, "hand over to queue", sending)
	}
	return nil
}

// FindLost looks for tasks that were handed over a while ago and are not done, and hands over again those the queue does
// not have any more.
func (d *Drainer) FindLost(ctx context.Context) error {
	if !d.sender.Up() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.settings.Within)
	defer cancel()
	const most = 1000
	rows, err := d.queries.ListUnfinishedOutbox(ctx, d.pool, outboxdb.ListUnfinishedOutboxParams{OlderMs: d.settings.Recheck.Milliseconds(), Batch: most})
	if err != nil {
		return fmt.Errorf("list unfinished tasks: %w", err)
	}
	var there, lost []int64
	for _, r := range rows {
		has, err := d.keeper.Has(r.Queue, r.TaskID.String())
		switch {
		case err != nil || ctx.Err() != nil:
			return errors.Join(errSend, err)
		case has:
			there = append(there, r.ID)
		default:
			lost = append(lost, r.ID)
		}
	}
	if err := d.queries.MarkOutboxChecked(ctx, d.pool, there); err != nil {
		return fmt.Errorf("note tasks in the queue: %w", err)
	}
	n, err := d.queries.RedispatchOutbox(ctx, d.pool, lost)
	if err != nil {
		return fmt.Errorf("hand lost tasks over again: %w", err)
	}
	d.metrics.lost.Add(float64(n))
	if n > 0 {
		d.limited.Warn("lost", "queue had lost tasks, they are handed over again", zap.Int64(log.FieldCount, n))
	}
	return nil
}

// listen turns notifications into nudges, on a connection of its own, and comes back when it is lost.
func (d *Drainer) listen(ctx context.Context, nudges chan<- struct{}) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		// Why it ended does not matter: the poll drains meanwhile, and the probe of the database reports its loss.
		if err := d.listenOnce(ctx, nudges); err != nil {
			d.metrics.listenLost.Inc()
		}
		pause.Reset(health.Jitter(d.settings.Poll))
	}
}

func (d *Drainer) listenOnce(ctx context.Context, nudges chan<- struct{}) error {
	pooled, err := d.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	// Taken out of the pool: a connection that listens must not be used by others.
	conn := pooled.Hijack()
	defer func() {
		cctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markWithin)
		defer cancel()
		if err := conn.Close(cctx); err != nil {
			d.metrics.listenLost.Inc()
		}
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		select {
		case nudges <- struct{}{}: // also once at the beginning: what came before LISTEN was not heard
		default:
		}
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}

func ptr[T any](v T) *T { return &v }
