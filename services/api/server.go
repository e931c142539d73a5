package main

import (
	"net/http"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/port"
)

const maxHeader = 64 << 10

// newServer is the public port. Replies may take as long as their operation allows, downloads longer: there is no write
// timeout, each operation has a deadline of its own.
func newServer(s httpSettings, handler http.Handler, log *zap.Logger) *port.Port {
	return port.New(port.Settings{Address: s.Listen, MaxConnections: s.MaxConnections, StopWithin: s.ShutdownTimeout}, &http.Server{
		Handler: handler, ReadTimeout: s.ReadTimeout, IdleTimeout: s.IdleTimeout, MaxHeaderBytes: maxHeader, ReadHeaderTimeout: port.HeaderTimeout,
	}, log)
}
