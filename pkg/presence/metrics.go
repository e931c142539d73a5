package presence

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	events     *prometheus.CounterVec
	kicked     *prometheus.CounterVec
	contested  prometheus.Counter
	written    prometheus.Counter
	flush      prometheus.Histogram
	reconciled *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer, connected func() int) (*metrics, error) {
	m := &metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_presence_events_total", Help: "Connect and disconnect events of agents seen by this replica.",
		}, []string{"event"}),
		kicked: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_presence_disconnected_total", Help: "Connections of agents that this replica ended, by reason.",
		}, []string{"reason"}),
		contested: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gueen_presence_contested_total", Help: "Times that two machines took one agent's connection from each other.",
		}),
		written: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gueen_presence_written_total", Help: "Connects and disconnects written.",
		}),
		flush: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gueen_presence_flush_seconds", Help: "Time to write one batch.", Buckets: prometheus.ExponentialBuckets(0.001, 3, 9),
		}),
		reconciled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_presence_compared_total", Help: "Comparisons with the servers' lists of connections, by outcome.",
		}, []string{"outcome"}),
	}
	gauge := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "gueen_agents_connected", Help: "Agents connected to the bus, as this replica sees it.",
	}, func() float64 { return float64(connected()) })
	for _, c := range []prometheus.Collector{m.events, m.kicked, m.contested, m.written, m.flush, m.reconciled, gauge} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register presence metrics: %w", err)
		}
	}
	return m, nil
}
