package main

import (
	"net/http"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/port"
)

const maxHeader = 64 << 10

// newServer is the public port. Uploads and long answers belong to the services behind, which bound them; here only the
// start of a request is. WebSockets that are passed on end with the process.
func newServer(s httpSettings, handler http.Handler, log *zap.Logger) *port.Port {
	return port.New(port.Settings{Address: s.Listen, MaxConnections: s.MaxConnections, StopWithin: s.ShutdownTimeout}, &http.Server{
		Handler: handler, IdleTimeout: s.IdleTimeout, MaxHeaderBytes: maxHeader, ReadHeaderTimeout: port.HeaderTimeout,
	}, log)
}
