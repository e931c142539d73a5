package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// SplitBaseURL checks a base address and returns it as `scheme://host[:port]` together with the host without port.
func SplitBaseURL(raw string) (base, host string, err error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return "", "", errors.New("the api address is not a URL")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", "", errors.New("the api address must start with http:// or https:// and name a host")
	}
	return u.Scheme + "://" + u.Host, u.Hostname(), nil
}

// Endpoint is where and how the agent reaches NATS.
type Endpoint struct {
	URL       string // without path
	Path      string // WebSocket path, empty for plain and TLS connections
	TLS       bool
	WebSocket bool
}

const (
	natsPath = "/natsws"
	natsPort = "443"
)

// NATS derives the address of agent-protocol.md §1.4. Connections without TLS are only made when the base address is
// plain http, too: then the WebSocket is expected at the same host and port.
func (c Config) NATS() (Endpoint, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil {
		return Endpoint{}, errors.New("baseurl is not a URL")
	}
	plain := base.Scheme == "http"
	if c.NATSURL != "" {
		return parseNATSURL(c.NATSURL, plain)
	}
	host := c.APIURL
	if host == "" {
		host = base.Hostname()
	}
	if c.NATSStandardPort != "" {
		if n, err := strconv.ParseUint(c.NATSStandardPort, 10, 16); err != nil || n == 0 {
			return Endpoint{}, errors.New("natsstandardport is not a port")
		}
		addr := net.JoinHostPort(host, c.NATSStandardPort)
		if plain {
			return Endpoint{URL: "nats://" + addr}, nil
		}
		return Endpoint{URL: "tls://" + addr, TLS: true}, nil
	}
	if plain {
		port := base.Port()
		if port == "" {
			port = "80"
		}
		return Endpoint{URL: "ws://" + net.JoinHostPort(host, port), Path: natsPath, WebSocket: true}, nil
	}
	return Endpoint{URL: "wss://" + net.JoinHostPort(host, natsPort), Path: natsPath, TLS: true, WebSocket: true}, nil
}

func parseNATSURL(raw string, plainAllowed bool) (Endpoint, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return Endpoint{}, errors.New("natsurl is not a URL")
	}
	if u.User != nil {
		return Endpoint{}, errors.New("natsurl must not hold credentials")
	}
	e := Endpoint{URL: u.Scheme + "://" + u.Host}
	switch u.Scheme {
	case "nats":
	case "tls":
		e.TLS = true
	case "ws":
		e.WebSocket = true
	case "wss":
		e.WebSocket, e.TLS = true, true
	default:
		return Endpoint{}, fmt.Errorf("natsurl: scheme %q is not nats, tls, ws or wss", u.Scheme)
	}
	if e.WebSocket {
		e.Path = strings.TrimSuffix(u.Path, "/")
	}
	if !e.TLS && !plainAllowed {
		return Endpoint{}, errors.New("natsurl: a connection without TLS needs an http base address")
	}
	return e, nil
}
