package simulate

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// series collects the latencies of one kind of work. It keeps a uniform sample so that memory stays flat.
type series struct {
	count   atomic.Int64
	failed  atomic.Int64
	lasted  atomic.Int64 // nanoseconds of the phase that did only this; 0 = the scenario
	mu      sync.Mutex
	sample  []time.Duration
	errors  map[string]int64
	maximum time.Duration
	rng     uint64
}

const sampleSize = 100_000

func newSeries() *series { return &series{errors: map[string]int64{}, rng: 88172645463325252} }

func (s *series) add(d time.Duration) {
	n := s.count.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.maximum = max(s.maximum, d)
	if len(s.sample) < sampleSize {
		s.sample = append(s.sample, d)
		return
	}
	s.rng ^= s.rng << 13
	s.rng ^= s.rng >> 7
	s.rng ^= s.rng << 17
	if at := s.rng % uint64(n); at < sampleSize {
		s.sample[at] = d
	}
}

func (s *series) fail(err error) {
	s.failed.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errors[errorClass(err)]++
}

// reasons lists why work failed, the most frequent first.
func (s *series) reasons() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	classes := frequent(s.errors)
	for i, c := range classes {
		classes[i] = fmt.Sprintf("%d × %s", s.errors[c], c)
	}
	return strings.Join(classes, ", ")
}

// frequent lists the classes, the most frequent first.
func frequent(errors map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(errors), func(a, b string) int {
		return cmp.Or(cmp.Compare(errors[b], errors[a]), strings.Compare(a, b))
	})
}

const trustHint = "the server's certificate is not trusted (--insecure accepts it)"

func untrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate)
}

// ownAddress is this side's end of a connection, which differs from one to the next.
var ownAddress = regexp.MustCompile(`[0-9a-f.:\[\]]+:\d+->`)

// errorClass groups errors so that a report of a million failures stays readable.
func errorClass(err error) string {
	var status *statusError
	var timeout net.Error
	switch {
	case errors.As(err, &status):
		return fmt.Sprintf("status %d", status.status)
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	if untrusted(err) {
		return trustHint
	}
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err // the address asked for says nothing new
	}
	text := ownAddress.ReplaceAllString(err.Error(), "")
	if len(text) > 80 {
		text = text[len(text)-80:]
	}
	return text
}

// timed says that the phase since began did only this work.
func (s *series) timed(began time.Time) { s.lasted.Add(int64(time.Since(began))) }

// Work is what was done of one kind. Latencies are in milliseconds.
type Work struct {
	Name   string           `json:"name"`
	Done   int64            `json:"done"`
	Failed int64            `json:"failed"`
	Rate   float64          `json:"per_second"`
	P50    float64          `json:"p50_ms"`
	P95    float64          `json:"p95_ms"`
	P99    float64          `json:"p99_ms"`
	Max    float64          `json:"max_ms"`
	Errors map[string]int64 `json:"errors,omitempty"`
}

func (s *series) work(name string, took time.Duration) Work {
	s.mu.Lock()
	defer s.mu.Unlock()
	sorted := slices.Clone(s.sample)
	slices.Sort(sorted)
	at := func(q float64) float64 {
		if len(sorted) == 0 {
			return 0
		}
		return ms(sorted[min(len(sorted)-1, int(q*float64(len(sorted))))])
	}
	w := Work{
		Name: name, Done: s.count.Load(), Failed: s.failed.Load(), P50: at(0.50), P95: at(0.95), P99: at(0.99), Max: ms(s.maximum),
		Errors: s.errors,
	}
	if lasted := time.Duration(s.lasted.Load()); lasted > 0 {
		took = lasted
	}
	if took > 0 {
		w.Rate = float64(w.Done) / took.Seconds()
	}
	return w
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
