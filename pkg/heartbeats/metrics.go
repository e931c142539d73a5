package heartbeats

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

// reason says why a message was refused.
type reason string

const (
	reasonUnknownKind       reason = "unknown_kind"
	reasonUndecodable       reason = "undecodable"
	reasonOversized         reason = "oversized"
	reasonForeignID         reason = "foreign_id"
	reasonInvalid           reason = "invalid_value"
	reasonRate              reason = "rate"
	reasonFull              reason = "no_room"
	reasonRefusedByDatabase reason = "refused_by_database"
)

type metrics struct {
	received  *prometheus.CounterVec
	refused   *prometheus.CounterVec
	coalesced *prometheus.CounterVec
	written   *prometheus.CounterVec
	unchanged *prometheus.CounterVec
	batch     *prometheus.HistogramVec
	lag       *prometheus.HistogramVec
	flush     *prometheus.HistogramVec
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gueen_checkins_" + name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "gueen_checkins_" + name, Help: help, Buckets: buckets}, []string{"kind"})
	}
	m := &metrics{
		received:  counter("received_total", "Check-ins taken from the bus.", "kind"),
		refused:   counter("refused_total", "Check-ins refused, by reason.", "kind", "reason"),
		coalesced: counter("coalesced_total", "Check-ins replaced by a newer one before they were written.", "kind"),
		written:   counter("written_total", "Check-ins whose content is in the database, known inventory among them.", "kind"),
		unchanged: counter("unchanged_total", "Inventory recognised as known and not written again.", "kind"),
		batch:     histogram("batch_size", "Check-ins written by one statement.", prometheus.ExponentialBuckets(1, 4, 6)),
		lag:       histogram("lag_seconds", "Time from receipt to commit of the oldest check-in of a batch.", prometheus.ExponentialBuckets(0.01, 3, 10)),
		flush:     histogram("flush_seconds", "Time to write one batch.", prometheus.ExponentialBuckets(0.001, 3, 10)),
	}
	for _, c := range []prometheus.Collector{m.received, m.refused, m.coalesced, m.written, m.unchanged, m.batch, m.lag, m.flush} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register check-in metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) registerWaiting(registry prometheus.Registerer, waiting func() int) error {
	err := registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "gueen_checkins_waiting", Help: "Check-ins in memory that wait for the database.",
	}, func() float64 { return float64(waiting()) }))
	if err != nil {
		return fmt.Errorf("register check-in metrics: %w", err)
	}
	return nil
}

// refuse counts a refused message and logs it once per agent, reason and interval.
func (in *Ingest) refuse(kind, agentID string, why reason, err error) {
	in.metrics.refused.WithLabelValues(kind, string(why)).Inc()
	in.limited.Warn(agentID+" "+string(why), "check-in refused", zap.String(log.FieldAgentID, agentID), zap.String("kind", kind),
		zap.String(log.FieldReason, string(why)), zap.Error(err))
}

// skip refuses a message that was found to be wrong only when it was decoded for the database.
func (in *Ingest) skip(kind, agentID string, why reason, err error) {
	if why == "" {
		in.metrics.unchanged.WithLabelValues(kind).Inc()
		return
	}
	in.refuse(kind, agentID, why, err)
}

func (in *Ingest) stored(kind string, n int, oldest, start time.Time) {
	now := in.now()
	in.metrics.written.WithLabelValues(kind).Add(float64(n))
	in.metrics.batch.WithLabelValues(kind).Observe(float64(n))
	in.metrics.lag.WithLabelValues(kind).Observe(now.Sub(oldest).Seconds())
	in.metrics.flush.WithLabelValues(kind).Observe(now.Sub(start).Seconds())
}
