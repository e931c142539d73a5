package main

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// behind are the services that requests are passed on to; a nil one is not passed to.
type behind struct{ api, realtime, nats *upstream }

func (b behind) all() []*upstream {
	var out []*upstream
	for _, u := range []*upstream{b.api, b.realtime, b.nats} {
		if u != nil {
			out = append(out, u)
		}
	}
	return out
}

// metrics count what this service adds; the services behind count their own.
type metrics struct {
	requests *prometheus.CounterVec
	away     *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_web_requests_total", Help: "Requests by where they went and the class of the answer.",
		}, []string{"to", "class"}),
		away: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gueen_web_upstream_failures_total", Help: "Requests a service behind did not answer.",
		}, []string{"service"}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.away} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// newRouter decides what is the app's and what is passed on.
func newRouter(a *app, b behind, dial, wait time.Duration, m *metrics) http.Handler {
	transport := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: dial, KeepAlive: 30 * time.Second}).DialContext,
		ResponseHeaderTimeout: wait,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   64,
		// Answers are passed on as they are.
		DisableCompression: true,
	}
	pass := func(u *upstream) http.Handler {
		if u == nil {
			return http.NotFoundHandler()
		}
		failures := m.away.WithLabelValues(u.name)
		return m.count(u.name, u.proxy(transport, failures.Inc))
	}
	pages := m.count("app", http.StripPrefix("/app", a))
	api, realtime, nats := pass(b.api), pass(b.realtime), pass(b.nats)
	// A ServeMux would redirect paths such as //x; what those mean is for the service that owns them to say.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p := r.URL.Path; {
		case strings.HasPrefix(p, "/app/"):
			pages.ServeHTTP(w, r)
		case p == "/app", p == "/" && (b.api == nil || strings.Contains(r.Header.Get("Accept"), "text/html")):
			// A browser that was given the bare address wants the app; a script that asks for it wants the api's greeting.
			http.Redirect(w, r, "/app/", http.StatusFound)
		case p == "/v1/ws", strings.HasPrefix(p, "/ws/"):
			realtime.ServeHTTP(w, r)
		case p == "/natsws", strings.HasPrefix(p, "/natsws/"):
			nats.ServeHTTP(w, r)
		default:
			api.ServeHTTP(w, r)
		}
	})
}

func (m *metrics) count(to string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() { m.requests.WithLabelValues(to, strconv.Itoa(s.status/100)+"xx").Inc() }()
		next.ServeHTTP(s, r)
	})
}

// statusWriter remembers the status. Unwrap lets the proxy hijack and flush.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (s *statusWriter) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }
