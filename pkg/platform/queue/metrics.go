package queue

import (
	"errors"
	"fmt"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	running  prometheus.Gauge
	duration *prometheus.HistogramVec
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		running: prometheus.NewGauge(prometheus.GaugeOpts{Name: "gueen_queue_running_tasks", Help: "Background tasks that run now."}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gueen_queue_task_seconds", Help: "Time of one attempt of a background task, by kind and outcome (done, waits, retry, dead, panicked).",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 10),
		}, []string{"kind", "outcome"}),
	}
	for _, c := range []prometheus.Collector{m.running, m.duration} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register queue metrics: %w", err)
		}
	}
	return m, nil
}

func outcomeOf(err error, last bool) string {
	switch {
	case err == nil:
		return "done"
	case !begun(err):
		return "waits"
	case last || errors.Is(err, asynq.SkipRetry):
		return "dead"
	}
	return "retry"
}

// states is a collector of the sizes of the queues; it asks Redis when it is scraped.
type states struct {
	inspector *Inspector
	tasks     *prometheus.Desc
	latency   *prometheus.Desc
}

// Collector returns metrics of the queues themselves. One program of the suite is enough to have them.
func (i *Inspector) Collector() prometheus.Collector {
	return &states{
		inspector: i,
		tasks:     prometheus.NewDesc("gueen_queue_tasks", "Tasks in a queue by state.", []string{"queue", "state"}, nil),
		latency:   prometheus.NewDesc("gueen_queue_latency_seconds", "How long the oldest waiting task of a queue has waited.", []string{"queue"}, nil),
	}
}

func (s *states) Describe(ch chan<- *prometheus.Desc) {
	ch <- s.tasks
	ch <- s.latency
}

// Collect sends nothing while Redis is away: that is a metric of its own.
func (s *states) Collect(ch chan<- prometheus.Metric) {
	if !s.inspector.conn.Up() {
		return
	}
	queues, err := s.inspector.Queues()
	if err != nil {
		return
	}
	for _, q := range queues {
		for state, n := range map[string]int{"waiting": q.Waiting, "running": q.Running, "scheduled": q.Scheduled, "retry": q.Retry, "dead": q.Dead} {
			ch <- prometheus.MustNewConstMetric(s.tasks, prometheus.GaugeValue, float64(n), q.Name, state)
		}
		ch <- prometheus.MustNewConstMetric(s.latency, prometheus.GaugeValue, q.Latency.Seconds(), q.Name)
	}
}
