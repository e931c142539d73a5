package results

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Outcomes of a result.
const (
	outcomeApplied   = "applied"
	outcomeDuplicate = "duplicate"
	outcomeDropped   = "dropped" // not for a row of its agent
	outcomeGone      = "gone"    // the agent no longer exists
	outcomeParked    = "parked"
)

type metrics struct {
	applied  *prometheus.CounterVec
	batch    prometheus.Histogram
	duration prometheus.Histogram
	lag      prometheus.Histogram
	failures prometheus.Counter
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		applied: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_results_applied_total", Help: "Results taken from the stream, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gueen_results_batch_size", Help: "Results written in one transaction.", Buckets: prometheus.ExponentialBuckets(1, 2, 11),
		}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gueen_results_batch_seconds", Help: "Time to write one batch.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gueen_results_lag_seconds", Help: "Time between the stream's storing a result and its commit.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2.5, 14),
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gueen_results_write_failures_total", Help: "Attempts to write a batch that failed and were repeated.",
		}),
	}
	for _, c := range []prometheus.Collector{m.applied, m.batch, m.duration, m.lag, m.failures} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register result metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) observe(w *work, took time.Duration) {
	m.batch.Observe(float64(len(w.messages)))
	m.duration.Observe(took.Seconds())
	now := time.Now()
	for i, msg := range w.parsed {
		m.applied.WithLabelValues(label(msg.Kind), w.outcomes[i]).Inc()
		if !msg.Received.IsZero() {
			m.lag.Observe(now.Sub(msg.Received).Seconds())
		}
	}
}

// label keeps words that come from outside out of the metrics.
func label(k Kind) string {
	switch k {
	case KindCheck, KindTask, KindHistory, KindSoftware:
		return string(k)
	default:
		return "other"
	}
}
