package outbox

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	dispatched, failures, lost, listenLost prometheus.Counter
	lag                                    prometheus.Histogram
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		dispatched: counter("gueen_outbox_dispatched_total", "Outbox rows handed to the queue."),
		failures:   counter("gueen_outbox_failures_total", "Batches that could not be handed over."),
		lost:       counter("gueen_outbox_lost_total", "Tasks that the queue had lost and that were handed over again."),
		listenLost: counter("gueen_outbox_listen_lost_total", "Ends of the connection that listens for new rows."),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gueen_outbox_lag_seconds", Help: "Time from writing a row to handing it over.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 10),
		}),
	}
	for _, c := range []prometheus.Collector{m.dispatched, m.failures, m.lost, m.listenLost, m.lag} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register outbox metrics: %w", err)
		}
	}
	return m, nil
}
