// Package port is the public port of a program: a bounded number of connections, requests whose beginning must come in
// time, and a stop that answers what is under way.
package port

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

// HeaderTimeout is how long the headers of a request may take, for a public port.
const HeaderTimeout = 10 * time.Second

// Settings are what a port is opened with.
type Settings struct {
	Address        string        // host:port, of the setting listen
	MaxConnections int           // served at the same time; further ones wait
	StopWithin     time.Duration // for requests under way; 0 means the deadline of Stop's context
}

// Port is a lifecycle component.
type Port struct {
	settings Settings
	server   *http.Server
	logger   *zap.Logger

	mu       sync.Mutex
	listener net.Listener
	done     chan struct{}
}

// New returns a port that opens with Start. The server brings its handler and its own limits of time and size.
func New(s Settings, server *http.Server, logger *zap.Logger) *Port {
	return &Port{settings: s, server: server, logger: logger}
}

// Start listens. A taken address is an error that names the setting.
func (p *Port) Start(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.settings.Address)
	if err != nil {
		return fmt.Errorf("listen on %s (setting listen): %w", p.settings.Address, err)
	}
	done := make(chan struct{})
	p.mu.Lock()
	p.listener, p.done = l, done
	p.mu.Unlock()
	go func() {
		defer close(done)
		if err := p.server.Serve(netutil.LimitListener(l, p.settings.MaxConnections)); !errors.Is(err, http.ErrServerClosed) {
			p.logger.Error("public port ended", zap.Error(err))
		}
	}()
	p.logger.Info("public port listens", zap.String(log.FieldAddress, l.Addr().String()))
	return nil
}

// Stop answers what is under way and closes the port. Connections that were taken over, as by WebSockets, are not waited for.
func (p *Port) Stop(ctx context.Context) error {
	p.mu.Lock()
	done := p.done
	p.mu.Unlock()
	if done == nil {
		return nil
	}
	if p.settings.StopWithin > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.settings.StopWithin)
		defer cancel()
	}
	err := p.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("stop public port: %w", err), p.server.Close())
	}
	<-done
	return err
}

// Address returns where the port listens, "" before Start.
func (p *Port) Address() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return ""
	}
	return p.listener.Addr().String()
}
