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

	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

const (
	headerTimeout = 10 * time.Second
	maxHeader     = 32 << 10
)

// server is the public port. It is a lifecycle component. Sockets outlive what http.Server knows of, so it counts them
// itself.
type server struct {
	settings httpSettings
	handler  http.Handler
	log      *zap.Logger

	http    *http.Server
	end     context.CancelFunc // tells all sockets to go
	sockets sync.WaitGroup
	done    chan struct{}
}

func newServer(s httpSettings, handler http.Handler, log *zap.Logger) *server {
	return &server{settings: s, handler: handler, log: log}
}

// ServeHTTP gives each request an id and counts it.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.sockets.Add(1)
	defer s.sockets.Done()
	id := log.CleanRequestID(r.Header.Get(log.RequestIDHeader))
	w.Header().Set(log.RequestIDHeader, id)
	s.handler.ServeHTTP(w, r.WithContext(log.WithRequestID(r.Context(), id)))
}

// Start listens. A taken address is an error that names the setting.
func (s *server) Start(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.settings.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s (setting listen): %w", s.settings.Listen, err)
	}
	var base context.Context
	base, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.http = &http.Server{
		Handler: s, ReadHeaderTimeout: headerTimeout, MaxHeaderBytes: maxHeader, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return base },
	}
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		if err := s.http.Serve(netutil.LimitListener(l, s.settings.MaxConnections)); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("public port ended", zap.Error(err))
		}
	}()
	s.log.Info("public port listens", zap.String(log.FieldAddress, l.Addr().String()))
	return nil
}

// Stop takes no more sockets and closes those that are open; browsers connect again to another replica or the next start.
func (s *server) Stop(ctx context.Context) error {
	if s.http == nil {
		return nil
	}
	s.end()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("stop public port: %w", err), s.http.Close())
	}
	<-s.done
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		s.sockets.Wait()
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		err = errors.Join(err, fmt.Errorf("close sockets: %w", context.Cause(ctx)))
	}
	return err
}
