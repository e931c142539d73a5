// Package metrics keeps a program's Prometheus metrics together with what is said about them, for the reference page: the
// registry itself only knows a metric that counts labels once the first value came.
package metrics

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Metric is one metric as its reader sees it.
type Metric struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"` // counter, gauge, histogram or summary
	Labels []string `json:"labels,omitempty"`
	Help   string   `json:"help"`
}

// Registry is a Prometheus registry that remembers what was registered with it.
type Registry struct {
	*prometheus.Registry

	mu         sync.Mutex
	collectors []prometheus.Collector
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry { return &Registry{Registry: prometheus.NewRegistry()} }

// Register adds a collector, as prometheus.Registerer says.
func (r *Registry) Register(c prometheus.Collector) error {
	if err := r.Registry.Register(c); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.collectors = append(r.collectors, c)
	return nil
}

// MustRegister is Register for those who rather panic; prometheus.Registerer asks for it.
func (r *Registry) MustRegister(list ...prometheus.Collector) {
	for _, c := range list {
		if err := r.Register(c); err != nil {
			panic(err)
		}
	}
}

// Unregister takes a collector away and says whether it was there.
func (r *Registry) Unregister(c prometheus.Collector) bool {
	r.mu.Lock()
	r.collectors = slices.DeleteFunc(r.collectors, func(known prometheus.Collector) bool { return known == c })
	r.mu.Unlock()
	return r.Registry.Unregister(c)
}

// Catalogue lists the metrics by name, also those that have no value yet.
func (r *Registry) Catalogue() ([]Metric, error) {
	r.mu.Lock()
	collectors := slices.Clone(r.collectors)
	r.mu.Unlock()
	var (
		list []Metric
		errs []error
	)
	for _, c := range collectors {
		for _, d := range descriptions(c) {
			m, err := parse(d)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			m.Type = kind(c, m.Name)
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b Metric) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(list, func(a, b Metric) bool { return a.Name == b.Name }), errors.Join(errs...)
}

func descriptions(c prometheus.Collector) []*prometheus.Desc {
	var list []*prometheus.Desc
	ch := make(chan *prometheus.Desc)
	go func() {
		defer close(ch)
		c.Describe(ch)
	}()
	for d := range ch {
		list = append(list, d)
	}
	return list
}

var (
	described = regexp.MustCompile(`^Desc\{fqName: ("(?:[^"\\]|\\.)*"), help: ("(?:[^"\\]|\\.)*"),.* constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)
	constant  = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*"`)
)

// parse reads a description; its text is the only thing that the library tells of it.
func parse(d *prometheus.Desc) (Metric, error) {
	found := described.FindStringSubmatch(d.String())
	if found == nil {
		return Metric{}, fmt.Errorf("description of a metric has another form than expected: %s", d)
	}
	name, err := strconv.Unquote(found[1])
	if err != nil {
		return Metric{}, fmt.Errorf("read name of %s: %w", d, err)
	}
	help, err := strconv.Unquote(found[2])
	if err != nil {
		return Metric{}, fmt.Errorf("read help of %s: %w", d, err)
	}
	m := Metric{Name: name, Help: help}
	for _, pair := range constant.FindAllStringSubmatch(found[3], -1) {
		m.Labels = append(m.Labels, pair[1])
	}
	for label := range strings.SplitSeq(found[4], ",") {
		if label != "" {
			m.Labels = append(m.Labels, strings.TrimSuffix(strings.TrimPrefix(label, "c("), ")"))
		}
	}
	return m, nil
}

// kind tells the type of a collector's metrics. Collectors of our own hand out counters and gauges; their names tell which.
func kind(c prometheus.Collector, name string) string {
	switch c := c.(type) {
	case *prometheus.CounterVec:
		return "counter"
	case *prometheus.GaugeVec:
		return "gauge"
	case *prometheus.HistogramVec:
		return "histogram"
	case *prometheus.SummaryVec:
		return "summary"
	case prometheus.Metric:
		if k := kindOf(c); k != "" {
			return k
		}
	}
	if strings.HasSuffix(name, "_total") {
		return "counter"
	}
	return "gauge"
}

// kindOf asks a metric that has a value from the start.
func kindOf(m prometheus.Metric) string {
	var value dto.Metric
	if m.Write(&value) != nil {
		return ""
	}
	switch {
	case value.Counter != nil:
		return "counter"
	case value.Gauge != nil:
		return "gauge"
	case value.Histogram != nil:
		return "histogram"
	case value.Summary != nil:
		return "summary"
	}
	return ""
}
