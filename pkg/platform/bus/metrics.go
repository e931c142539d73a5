package bus

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	connected *prometheus.GaugeVec
	errors    *prometheus.CounterVec
	facts     *prometheus.CounterVec
}

// newMetrics registers the metrics of all connections of a program; the second connection shares those of the first.
func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		connected: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "gueen_nats_connected", Help: "1 while the connection to nats-server stands.",
		}, []string{"connection"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_nats_errors_total", Help: "Asynchronous errors that nats-server or the client reported, by kind.",
		}, []string{"kind"}),
		facts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_nats_facts_total", Help: "Facts published, by outcome.",
		}, []string{"outcome"}),
	}
	var err error
	if m.connected, err = register(registry, m.connected); err != nil {
		return nil, err
	}
	if m.errors, err = register(registry, m.errors); err != nil {
		return nil, err
	}
	if m.facts, err = register(registry, m.facts); err != nil {
		return nil, err
	}
	return m, nil
}

func register[C prometheus.Collector](registry prometheus.Registerer, c C) (C, error) {
	err := registry.Register(c)
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		if existing, ok := already.ExistingCollector.(C); ok {
			return existing, nil
		}
	}
	if err != nil {
		return c, fmt.Errorf("register nats metrics: %w", err)
	}
	return c, nil
}
