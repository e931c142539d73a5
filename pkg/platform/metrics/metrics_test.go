package metrics_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/metrics"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// own is a collector that asks when it is read.
type own struct{ waiting, lost *prometheus.Desc }

func (o own) Describe(ch chan<- *prometheus.Desc) { ch <- o.waiting; ch <- o.lost }
func (o own) Collect(chan<- prometheus.Metric)    {}

func TestCatalogueKnowsMetricsWithoutValues(t *testing.T) {
	t.Parallel()
	r := metrics.NewRegistry()
	for _, c := range []prometheus.Collector{
		prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gueen_b_total", Help: `Said "so", by {kind}.`}, []string{"kind", "reason"}),
		prometheus.NewGauge(prometheus.GaugeOpts{Name: "gueen_a", Help: "A.", ConstLabels: prometheus.Labels{"service": "x,y={}", "commit": "\"1\""}}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "gueen_c", Help: "C."}, func() float64 { return 1 }),
		prometheus.NewCounter(prometheus.CounterOpts{Name: "gueen_d_total", Help: "D."}),
		prometheus.NewHistogram(prometheus.HistogramOpts{Name: "gueen_e_seconds", Help: "E."}),
		prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "gueen_f_seconds", Help: "F."}, []string{"op"}),
		prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "gueen_g", Help: "G."}, []string{"x"}),
		own{prometheus.NewDesc("gueen_h", "H.", []string{"queue"}, nil), prometheus.NewDesc("gueen_i_total", "I.", nil, nil)},
	} {
		require.NoError(t, r.Register(c))
	}
	got, err := r.Catalogue()
	require.NoError(t, err)
	require.Equal(t, []metrics.Metric{
		{Name: "gueen_a", Type: "gauge", Labels: []string{"commit", "service"}, Help: "A."},
		{Name: "gueen_b_total", Type: "counter", Labels: []string{"kind", "reason"}, Help: `Said "so", by {kind}.`},
		{Name: "gueen_c", Type: "gauge", Help: "C."},
		{Name: "gueen_d_total", Type: "counter", Help: "D."},
		{Name: "gueen_e_seconds", Type: "histogram", Help: "E."},
		{Name: "gueen_f_seconds", Type: "histogram", Labels: []string{"op"}, Help: "F."},
		{Name: "gueen_g", Type: "gauge", Labels: []string{"x"}, Help: "G."},
		{Name: "gueen_h", Type: "gauge", Labels: []string{"queue"}, Help: "H."},
		{Name: "gueen_i_total", Type: "counter", Help: "I."},
	}, got)
}

func TestRegistryIsARegisterer(t *testing.T) {
	t.Parallel()
	r := metrics.NewRegistry()
	var _ prometheus.Registerer = r
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "gueen_x_total", Help: "X."})
	r.MustRegister(c)
	require.Error(t, r.Register(c))
	require.Panics(t, func() { r.MustRegister(c) })
	require.True(t, r.Unregister(c))
	require.False(t, r.Unregister(c))
	got, err := r.Catalogue()
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestReferenceListsSharedMetricsOnce(t *testing.T) {
	t.Parallel()
	up := metrics.Metric{Name: "gueen_up", Type: "gauge", Labels: []string{"dependency"}, Help: "Up | down."}
	runtime := metrics.Metric{Name: "go_goroutines", Type: "gauge", Help: "Goroutines."}
	var b strings.Builder
	require.NoError(t, metrics.Reference(&b, []metrics.Program{
		{Name: "api", Metrics: []metrics.Metric{runtime, up, {Name: "gueen_api_total", Type: "counter", Help: "Requests."}}},
		{Name: "beat", Dependencies: []string{"`postgres`", "`schema`"}, Metrics: []metrics.Metric{runtime, up}},
	}))
	text := b.String()
	require.Equal(t, 1, strings.Count(text, "gueen_up"))
	require.Contains(t, text, "## every service\n\n| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n| `gueen_up` | gauge | `dependency` | Up \\| down. |")
	require.Contains(t, text, "## api\n\n| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n| `gueen_api_total` | counter |  | Requests. |")
	require.Contains(t, text, "| beat | `postgres`, `schema` |")
	require.NotContains(t, text, "## beat")
	require.NotContains(t, text, "go_goroutines")
}
