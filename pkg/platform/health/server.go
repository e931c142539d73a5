package health

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
)

// Server is the private port of a program: /healthz, /readyz and /metrics. It is a lifecycle component.
type Server struct {
	address  string
	registry *Registry
	metrics  prometheus.Gatherer
	logger   *zap.Logger
	profiles bool

	mu       sync.Mutex
	server   *http.Server
	listener net.Listener
	done     chan struct{}
}

// NewServer returns the private port; it listens on address from Start on.
func NewServer(address string, registry *Registry, metrics prometheus.Gatherer, logger *zap.Logger) *Server {
	return &Server{address: address, registry: registry, metrics: metrics, logger: logger}
}

// Profile adds Go profiles under /debug/pprof/. Call it before Start.
func (s *Server) Profile() { s.profiles = true }

// Handler returns the routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}))
	if s.profiles {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// Start listens. A taken address is an error that names the setting.
func (s *Server) Start(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.address)
	if err != nil {
		return fmt.Errorf("private port %s (setting private.listen): %w", s.address, err)
	}
	srv := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: s.writeTimeout(), IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	done := make(chan struct{})
	s.mu.Lock()
	s.listener, s.server, s.done = l, srv, done
	s.mu.Unlock()
	go func() {
		defer close(done)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.logger.Error("private port ended", zap.Error(err))
		}
	}()
	return nil
}

// writeTimeout leaves profiles the time they are asked to run for.
func (s *Server) writeTimeout() time.Duration {
	if s.profiles {
		return 5 * time.Minute
	}
	return 30 * time.Second
}

// Address returns where the server listens, "" before Start.
func (s *Server) Address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Stop answers what is under way and closes the port.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	srv, done := s.server, s.done
	s.mu.Unlock()
	if srv == nil {
		return nil
	}
	err := srv.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, srv.Close())
	}
	<-done
	return err
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	if err := s.registry.CheckAlive(); err != nil {
		s.write(w, http.StatusServiceUnavailable, map[string]any{"alive": false, "error": err.Error()})
		return
	}
	s.write(w, http.StatusOK, map[string]any{"alive": true})
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	ready, states := s.registry.Ready()
	deps := make(map[string]State, len(states))
	for _, st := range states {
		deps[st.Name] = st
	}
	status := http.StatusOK
	if !ready {
		status = http.StatusServiceUnavailable
	}
	s.write(w, status, map[string]any{"ready": ready, "phase": s.registry.Phase(), "dependencies": deps})
}

func (s *Server) write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.logger.Debug("answer on the private port was not taken", zap.Error(err))
	}
}
