package queue

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

// ServerSettings are the numbers of a worker.
type ServerSettings struct {
	// Concurrency is how many tasks run at once.
	Concurrency int
	// Drain is how long running tasks may go on when the program stops; what is not done then goes back to its queue.
	Drain time.Duration
	// FirstRetry is the pause before the first retry; the others double it. Default 5 s.
	FirstRetry time.Duration
}

// Server runs the handlers. It is a lifecycle component.
type Server struct {
	inner     *asynq.Server
	inspector *asynq.Inspector
	handlers  map[string]Handler
	logger    *zap.Logger
	limited   *log.Limited
	metrics   *metrics
}

// NewServer returns a worker of the handlers.
func NewServer(conn *Conn, settings ServerSettings, logger *zap.Logger, registry prometheus.Registerer, handlers ...Handler) (*Server, error) {
	s := &Server{
		inspector: asynq.NewInspectorFromRedisClient(conn.client), handlers: make(map[string]Handler, len(handlers)),
		logger: logger, limited: log.NewLimited(logger, time.Minute, time.Now),
	}
	kinds := make([]Kind, 0, len(handlers))
	for _, h := range handlers {
		kinds = append(kinds, h.Kind)
		s.handlers[h.Name] = h
	}
	if _, err := kindsByName(kinds); err != nil {
		return nil, err
	}
	m, err := newMetrics(registry)
	if err != nil {
		return nil, err
	}
	s.metrics = m
	if settings.FirstRetry <= 0 {
		settings.FirstRetry = 5 * time.Second
	}
	s.inner = asynq.NewServerFromRedisClient(conn.client, asynq.Config{
		Concurrency: settings.Concurrency,
		Queues:      Weights(),
		// An empty queue is asked this often: the longest a task waits for an idle worker.
		TaskCheckInterval:        200 * time.Millisecond,
		DelayedTaskCheckInterval: min(time.Second, settings.FirstRetry),
		RetryDelayFunc: func(n int, err error, _ *asynq.Task) time.Duration {
			if !begun(err) {
				return backoff(1, settings.FirstRetry)
			}
			return backoff(n+1, settings.FirstRetry)
		},
		IsFailure:       begun,
		ShutdownTimeout: settings.Drain,
		Logger:          newAdapter(logger, conn.doubt),
		LogLevel:        asynq.InfoLevel,
	})
	return s, nil
}

// Start begins to take tasks; it does not wait for Redis.
func (s *Server) Start(context.Context) error {
	if err := s.inner.Start(asynq.HandlerFunc(s.process)); err != nil {
		return fmt.Errorf("start queue worker: %w", err)
	}
	return nil
}

// Stop takes no more tasks, lets the running ones end within the drain time and gives the rest back.
func (s *Server) Stop(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.inner.Shutdown()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop queue worker: %w", context.Cause(ctx))
	}
}

func (s *Server) process(ctx context.Context, t *asynq.Task) (err error) {
	h, known := s.handlers[t.Type()]
	if !known {
		// Not permanent: during an update the next worker may know it.
		return fmt.Errorf("no handler for tasks of kind %q", t.Type())
	}
	task, spent := taskOf(ctx, t)
	logger := s.logger
	if task.RequestID != "" {
		ctx = log.WithRequestID(ctx, task.RequestID)
		logger = logger.With(zap.String(log.FieldRequestID, task.RequestID))
	}
	logger = logger.With(zap.String(log.FieldJob, task.Kind), zap.String(log.FieldJobID, task.ID), zap.String(log.FieldQueue, task.Queue),
		zap.Int(log.FieldAttempt, task.Attempt))
	if spent {
		if err := s.usedUp(task); err != nil {
			logger.Warn("background task did not succeed", zap.String("outcome", "dead"), zap.Error(err))
			return err
		}
	}
	outcome := "panicked"
	began := time.Now()
	s.metrics.running.Inc()
	defer func() {
		s.metrics.running.Dec()
		s.metrics.duration.WithLabelValues(task.Kind, outcome).Observe(time.Since(began).Seconds())
	}()
	err = h.Do(ctx, task)
	outcome = outcomeOf(err, task.Last)
	if !begun(err) { // what is away has been said by its probe
		s.limited.Warn(task.Kind, "background task has not begun, it waits", zap.String(log.FieldJob, task.Kind), zap.Error(err))
		return err
	}
	if task.Last {
		err = Permanent(err)
	}
	switch {
	case err != nil:
		logger.Warn("background task did not succeed", zap.String("outcome", outcome), zap.Error(err))
	case task.RequestID != "": // so that a request is found to its end; periodic jobs have their run history
		logger.Info("background task done", zap.Int64(log.FieldDurationMS, time.Since(began).Milliseconds()))
	}
	return err
}

// usedUp gives up a task that comes after its last attempt: of an attempt that panics, runs out of time or dies with its
// worker only asynq learns, whose limit lies above ours. It is nil for one that was given up so and that a person has put back
// into its queue.
func (s *Server) usedUp(task Task) error {
	const given = "attempts used up"
	info, err := s.inspector.GetTaskInfo(task.Queue, task.ID)
	if err != nil {
		return Permanent(fmt.Errorf("%s, how the last one ended is not known: %w", given, err))
	}
	if strings.HasPrefix(info.LastErr, given) {
		return nil
	}
	return Permanent(fmt.Errorf("%s, the last one ended with: %s", given, info.LastErr))
}

// taskOf reads what the worker knows of a task; spent says that it has had all its attempts.
func taskOf(ctx context.Context, t *asynq.Task) (task Task, spent bool) {
	task = Task{Kind: t.Type(), Payload: t.Payload(), RequestID: t.Headers()[log.RequestIDHeader]}
	// The three are there in every context the worker makes; without them the zero values say first and not last.
	task.ID, _ = asynq.GetTaskID(ctx)
	task.Queue, _ = asynq.GetQueueName(ctx)
	retried, _ := asynq.GetRetryCount(ctx)
	most, known := asynq.GetMaxRetry(ctx)
	task.Attempt, task.Last = retried+1, known && retried >= most-reserve
	return task, known && retried > most-reserve
}
