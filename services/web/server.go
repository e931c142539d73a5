package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/net/netutil"
)

const (
	headerTimeout = 10 * time.Second
	maxHeader     = 64 << 10
)

// server is the public port. It is a lifecycle component.
type server struct {
	settings httpSettings
	http     *http.Server
	log      *zap.Logger

	mu       sync.Mutex
	listener net.Listener
	done     chan struct{}
}

func newServer(s httpSettings, handler http.Handler, log *zap.Logger) *server {
	// Uploads and long answers belong to the services behind, which bound them; here only the start of a request is.
	return &server{settings: s, log: log, http: &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: s.IdleTimeout, MaxHeaderBytes: maxHeader,
	}}
}

// Start listens. A taken address is an error that names the setting.
func (s *server) Start(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.settings.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s (setting listen): %w", s.settings.Listen, err)
	}
	done := make(chan struct{})
	s.mu.Lock()
	s.listener, s.done = l, done
	s.mu.Unlock()
	go func() {
		defer close(done)
		if err := s.http.Serve(netutil.LimitListener(l, s.settings.MaxConnections)); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("public port ended", zap.Error(err))
		}
	}()
	s.log.Info("public port listens", zap.String("address", l.Addr().String()))
	return nil
}

// Stop answers what is under way and closes the port. WebSockets that are passed on end with the process.
func (s *server) Stop(ctx context.Context) error {
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	if done == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.settings.ShutdownTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("stop public port: %w", err), s.http.Close())
	}
	<-done
	return err
}

func (s *server) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listener.Addr().String()
}
