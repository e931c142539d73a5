package simulate

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	requestTimeout = 30 * time.Second
	maxReply       = 4 << 20
)

// client talks to the REST interface from several source addresses.
type client struct {
	base    string
	sources []*http.Client
}

// newClient takes the address, sources, connections and trust of the options.
func newClient(o Options) *client {
	c := &client{base: strings.TrimRight(o.API, "/")}
	for i := range max(1, o.Sources) {
		dialer := sourceDialer(i, o.Sources)
		c.sources = append(c.sources, &http.Client{
			Timeout: requestTimeout,
			Transport: &http.Transport{
				DialContext: dialer.DialContext, DisableKeepAlives: o.NewConns, MaxIdleConnsPerHost: o.Workers + 1, MaxIdleConns: 0,
				TLSClientConfig:    &tls.Config{InsecureSkipVerify: o.Insecure}, //nolint:gosec // asked for: a server of one's own with a certificate of its own
				DisableCompression: true, IdleConnTimeout: time.Minute,
			},
		})
	}
	return c
}

// sourceDialer binds to 127.0.0.(2+i) when more than one source is asked for and the server is on loopback.
func sourceDialer(i, sources int) *net.Dialer {
	d := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	if sources > 1 {
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i))}
	}
	return d
}

// statusError is an answer other than the one asked for.
type statusError struct {
	status     int
	body       string
	retryAfter string
}

func (e *statusError) Error() string { return fmt.Sprintf("status %d: %.200s", e.status, e.body) }

// do sends a request and decodes a 2xx answer into out, which may be nil. index chooses the source address; headers are
// more names and values.
func (c *client) do(ctx context.Context, index int, method, path, authName, authValue string, body, out any, headers ...string) error {
	var payload io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		payload = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, payload)
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if authName != "" {
		req.Header.Set(authName, authValue)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.sources[index%len(c.sources)].Do(req)
	if untrusted(err) {
		return fmt.Errorf("%s: %w", trustHint, err)
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end below
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return &statusError{status: resp.StatusCode, body: string(raw), retryAfter: resp.Header.Get("Retry-After")}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

func (c *client) close() {
	for _, s := range c.sources {
		s.CloseIdleConnections()
	}
}
