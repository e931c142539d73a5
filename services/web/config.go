package main

import (
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

// settings are those of web.
type settings struct {
	service.Base
	HTTP httpSettings
	App  appSettings
	Up   upstreamSettings
}

type httpSettings struct {
	Listen          string        `conf:"listen" default:"127.0.0.1:8080" help:"Address of the web app."`
	MaxConnections  int           `conf:"web.max_connections" default:"20000" min:"10" max:"1000000" unit:"connections" help:"Connections served at the same time; further ones wait."`
	IdleTimeout     time.Duration `conf:"web.idle_timeout" default:"2m" min:"1s" help:"Close a connection that has been idle for this long."`
	ShutdownTimeout time.Duration `conf:"web.shutdown_timeout" default:"10s" min:"1s" help:"Longest time requests under way may take when the service stops."`
}

// Validate checks the address.
func (s *httpSettings) Validate() error { return config.ListenAddress("listen", s.Listen) }

type appSettings struct {
	Dir     string     `conf:"web.dir" default:"/usr/share/gueen/web" help:"Directory of the built web app; not used by a program that was built with it."`
	APIBase config.URL `conf:"web.api_base" default:"" help:"Address of the REST interface as browsers reach it; empty for the web app's own."`
	WSBase  config.URL `conf:"web.ws_base" default:"" help:"Address of the WebSockets as browsers reach them (ws or wss); empty for that of the REST interface."`
}

// Validate checks the schemes.
func (s *appSettings) Validate() error {
	if err := scheme("web.api_base", s.APIBase, "http", "https"); err != nil {
		return err
	}
	return scheme("web.ws_base", s.WSBase, "ws", "wss")
}

type upstreamSettings struct {
	API      config.URL    `conf:"web.upstream_api" default:"" help:"Pass everything but the web app on to the api at this address; empty where a proxy in front does it."`
	Realtime config.URL    `conf:"web.upstream_realtime" default:"" help:"Pass /ws/ and /v1/ws on to realtime at this address."`
	NATS     config.URL    `conf:"web.upstream_nats" default:"" help:"Pass /natsws on to nats-server's WebSocket at this address."`
	Dial     time.Duration `conf:"web.upstream_dial" default:"3s" min:"100ms" max:"1m" help:"Give up on connecting to a service behind after this time."`
	Wait     time.Duration `conf:"web.upstream_wait" default:"70m" min:"1s" help:"Longest time a service behind may take to begin its answer; a command on an agent may take an hour."`
}

// Validate checks the schemes.
func (s *upstreamSettings) Validate() error {
	for key, u := range map[string]config.URL{"web.upstream_api": s.API, "web.upstream_realtime": s.Realtime, "web.upstream_nats": s.NATS} {
		if err := scheme(key, u, "http", "https"); err != nil {
			return err
		}
	}
	return nil
}

func scheme(key string, u config.URL, allowed ...string) error {
	if u.Empty() {
		return nil
	}
	p := u.Parsed()
	for _, a := range allowed {
		if p.Scheme == a && p.Host != "" {
			return nil
		}
	}
	return fmt.Errorf("%s must be an address that begins with %s://", key, allowed[len(allowed)-1])
}
