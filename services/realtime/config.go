package main

import (
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

// settings are those of realtime.
type settings struct {
	service.Base
	Database config.Database
	NATS     config.NATS
	Sealing  config.Sealing
	HTTP     httpSettings
}

type httpSettings struct {
	Listen         string        `conf:"listen" default:"127.0.0.1:8002" help:"Address of the WebSockets."`
	MaxConnections int           `conf:"realtime.max_connections" default:"20000" min:"10" max:"1000000" unit:"connections" help:"Sockets served at the same time; further ones wait."`
	PublicURL      string        `conf:"api.public_url" default:"http://127.0.0.1:8080" help:"Address under which agents and scripts reach the interface."`
	WebOrigins     []string      `conf:"web.origins" default:"http://127.0.0.1:8080" help:"Origins of the web app; pages of others are refused."`
	TrustedProxies []string      `conf:"api.trusted_proxies" default:"127.0.0.0/8,::1/128" help:"Networks of the proxies whose forwarding headers name the caller's address. Callers in them can choose their address."`
	SessionCheck   time.Duration `conf:"realtime.session_check" default:"5s" min:"100ms" max:"5m" help:"Time between looks whether the sessions of open sockets still hold."`
	WebTerminal    bool          `conf:"api.web_terminal" default:"true" help:"Allow the server's terminal in the web app, if the global settings do too."`
	Demo           bool          `conf:"api.demo" default:"false" help:"Refuse what a public demo must not do."`
	CertFile       string        `conf:"web.cert_file" default:"" help:"Certificate of the public names; the dashboard shows when it expires."`
}

// Validate checks the addresses.
func (s *httpSettings) Validate() error {
	if err := config.ListenAddress("listen", s.Listen); err != nil {
		return err
	}
	for _, text := range s.origins() {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("api.public_url and web.origins must be http or https addresses, not %q", text)
		}
	}
	_, err := s.proxies()
	return err
}

// origins are those whose pages may open sockets.
func (s *httpSettings) origins() []string { return append([]string{s.PublicURL}, s.WebOrigins...) }

func (s *httpSettings) proxies() ([]netip.Prefix, error) {
	out := []netip.Prefix{}
	for _, t := range s.TrustedProxies {
		p, err := netip.ParsePrefix(t)
		if err != nil {
			return nil, fmt.Errorf("api.trusted_proxies: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}
