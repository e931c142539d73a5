package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// upstream is one service behind.
type upstream struct {
	name string // as the operator knows it: "api"
	what string // as a user does: "The server"
	url  *url.URL
	dial time.Duration
}

// check says whether the service takes connections.
func (u *upstream) check(ctx context.Context) error {
	conn, err := (&net.Dialer{Timeout: u.dial}).DialContext(ctx, "tcp", address(u.url))
	if err != nil {
		return fmt.Errorf("connect to %s: %w", u.name, err)
	}
	return conn.Close()
}

func address(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	if u.Scheme == "https" {
		return net.JoinHostPort(u.Hostname(), "443")
	}
	return net.JoinHostPort(u.Hostname(), "80")
}

// proxy passes requests on, WebSockets included. Headers that name the caller are set anew: what a caller claims about
// itself must not reach the services, which throttle and audit by it.
func (u *upstream) proxy(transport http.RoundTripper, failed func()) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u.url)
			r.SetXForwarded()
			// The services compare the name with the Origin header and with their own.
			r.Out.Host = r.In.Host
		},
		Transport:     transport,
		FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if errors.Is(err, context.Canceled) {
				return // the caller left
			}
			failed()
			u.explain(w, r, err)
		},
	}
}

// explain tells a caller that the service does not answer: a page for people, a problem for programs.
func (u *upstream) explain(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusBadGateway
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		status = http.StatusGatewayTimeout
	}
	detail := u.what + " does not answer at the moment. It may be starting or being updated; try again shortly."
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Retry-After", "5")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		newHeaders().set(h)
		h.Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprintf(w, awayPage, html.EscapeString(detail))
		return
	}
	body, err := json.Marshal(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail, "code": "upstream_away"})
	if err != nil {
		http.Error(w, detail, status)
		return
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	w.Write(append(body, '\n')) //nolint:errcheck // the caller is gone
}

const awayPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5"><meta name="color-scheme" content="light dark"><title>Gueen RMM</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:34em;margin:18vh auto;padding:0 1.5em}</style></head>
<body><h1>One moment</h1><p>%s</p><p>This page tries again by itself.</p></body></html>
`
