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

	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/platform/port"
)

const maxHeader = 32 << 10

// server is the public port. It is a lifecycle component. Sockets outlive what http.Server knows of, so it counts them
// itself.
type server struct {
	settings httpSettings
	handler  http.Handler
	log      *zap.Logger

	port    *port.Port
	end     context.CancelFunc // tells all sockets to go
	sockets sync.WaitGroup
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

// Start opens the port.
func (s *server) Start(ctx context.Context) error {
	base, end := context.WithCancel(context.WithoutCancel(ctx))
	s.end = end
	s.port = port.New(port.Settings{Address: s.settings.Listen, MaxConnections: s.settings.MaxConnections}, &http.Server{
		Handler: s, ReadHeaderTimeout: port.HeaderTimeout, MaxHeaderBytes: maxHeader, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return base },
	}, s.log)
	if err := s.port.Start(ctx); err != nil {
		end()
		return err
	}
	return nil
}

// Stop takes no more sockets and closes those that are open; browsers connect again to another replica or the next start.
func (s *server) Stop(ctx context.Context) error {
	if s.port == nil {
		return nil
	}
	s.end()
	err := s.port.Stop(ctx)
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
