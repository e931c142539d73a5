package main

import (
	"net/http"
	"strings"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
)

// headers are the security headers of the web app's own answers. Answers of the services behind keep theirs.
type headers struct{ policy string }

// newHeaders allows the app to speak to its own origin and to the addresses it was told.
func newHeaders(bases ...config.URL) headers {
	connect := []string{"'self'"}
	for _, base := range bases {
		p := base.Parsed()
		if p == nil {
			continue
		}
		connect = append(connect, p.Scheme+"://"+p.Host)
		if p.Scheme == "http" || p.Scheme == "https" {
			connect = append(connect, strings.Replace(p.Scheme, "http", "ws", 1)+"://"+p.Host)
		}
	}
	return headers{policy: strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		// The component library and the terminal place elements with style attributes.
		"style-src 'self' 'unsafe-inline'",
		"img-src 'self' data:",
		"font-src 'self' data:",
		"connect-src " + strings.Join(connect, " "),
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
	}, "; ")}
}

func (h headers) set(to http.Header) {
	to.Set("Content-Security-Policy", h.policy)
	to.Set("X-Content-Type-Options", "nosniff")
	to.Set("X-Frame-Options", "DENY")
	to.Set("Referrer-Policy", "no-referrer")
	to.Set("Cross-Origin-Opener-Policy", "same-origin")
	to.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
}
