package rest

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	refusals *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_api_requests_total", Help: "Requests by operation, method and status.",
		}, []string{"operation", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gueen_api_request_seconds", Help: "Time from the first byte of a request to the end of its reply.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"operation"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_api_refusals_total", Help: "Refused requests by operation and kind of refusal.",
		}, []string{"operation", "kind"}),
	}
	return m, errors.Join(reg.Register(m.requests), reg.Register(m.duration), reg.Register(m.refusals))
}

func (m *metrics) record(obs *observation, method string, status int, took time.Duration) {
	operation := obs.operation
	if operation == "" {
		operation = "none"
	}
	m.requests.WithLabelValues(operation, knownMethod(method), strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(operation).Observe(took.Seconds())
	if obs.refusal != "" {
		m.refusals.WithLabelValues(operation, obs.refusal).Inc()
	}
}

// knownMethod bounds the label: a client may send any word as a method.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
