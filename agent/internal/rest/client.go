// Package rest is the agent's HTTP client for the interface of agent-protocol.md §4.
package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

const (
	requestTimeout = 15 * time.Second
	maxAnswer      = 32 << 20 // bytes; a list of checks carries scripts
	maxErrorText   = 4 << 10
)

// StatusError is an answer other than 2xx.
type StatusError struct {
	Status     int
	Text       string        // what the server said, shortened
	RetryAfter time.Duration // 0 when the server named none
}

func (e *StatusError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("server answered %d", e.Status)
	}
	return fmt.Sprintf("server answered %d: %s", e.Status, e.Text)
}

// Options of a client.
type Options struct {
	BaseURL   string
	Token     string // sent as `Authorization: Token …` when set
	UserAgent string
	CertFile  string // PEM with further roots
	Proxy     string // empty: the environment decides
	Insecure  bool
	Timeout   time.Duration // of one request; 15 s when zero
}

// Client talks to one server as one agent.
type Client struct {
	base string
	opts Options
	http *http.Client
}

// New checks the options and makes a client.
func New(opts Options) (*Client, error) {
	tlsCfg, err := TLSConfig(opts.CertFile, opts.Insecure)
	if err != nil {
		return nil, err
	}
	proxy := http.ProxyFromEnvironment
	if opts.Proxy != "" {
		u, err := url.Parse(opts.Proxy)
		if err != nil || u.Host == "" {
			return nil, errors.New("proxy is not a URL")
		}
		proxy = http.ProxyURL(u)
	}
	if opts.Timeout <= 0 {
		opts.Timeout = requestTimeout
	}
	transport := &http.Transport{
		Proxy: proxy, TLSClientConfig: tlsCfg, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
	}
	return &Client{
		base: strings.TrimRight(opts.BaseURL, "/"), opts: opts,
		http: &http.Client{
			Transport: transport,
			// A redirect to another host would carry the token there.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// TLSConfig trusts the system's roots and those of a PEM file; it serves HTTP and NATS alike.
func TLSConfig(certFile string, insecure bool) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: insecure} //nolint:gosec // the operator's choice
	if certFile == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(certFile)
	if err != nil {
		return nil, fmt.Errorf("read root certificate: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read root certificate: %s holds no certificate", certFile)
	}
	cfg.RootCAs = pool
	return cfg, nil
}

// Get decodes a JSON answer into out.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	return c.Do(ctx, http.MethodGet, path, nil, "", out)
}

// Post sends in as JSON and decodes the answer into out unless that is nil.
func (c *Client) Post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode body of %s: %w", path, err)
	}
	return c.Do(ctx, http.MethodPost, path, body, "", out)
}

// Do sends one request. An answer other than 2xx is a *StatusError.
func (c *Client) Do(ctx context.Context, method, path string, body []byte, resultID string, out any) (err error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if c.opts.Token != "" {
		req.Header.Set("Authorization", "Token "+c.opts.Token)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", c.opts.UserAgent)
	if resultID != "" {
		req.Header.Set(agentwire.HeaderResultID, resultID)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("%s %s: %w", method, path, statusError(resp))
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("%s %s: read answer: %w", method, path, err)
	}
	if len(data) > maxAnswer {
		return fmt.Errorf("%s %s: answer exceeds %d bytes", method, path, maxAnswer)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%s %s: decode answer: %w", method, path, err)
	}
	return nil
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// statusError reads what the server said: a JSON string, an object with a detail, or plain text.
func statusError(resp *http.Response) *StatusError {
	e := &StatusError{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorText))
	if err != nil {
		return e
	}
	e.Text = strings.TrimSpace(strings.ToValidUTF8(string(data), ""))
	var text string
	var obj struct {
		Detail string `json:"detail"`
	}
	switch {
	case json.Unmarshal(data, &text) == nil:
		e.Text = text
	case json.Unmarshal(data, &obj) == nil && obj.Detail != "":
		e.Text = obj.Detail
	}
	if len(e.Text) > 300 {
		e.Text = strings.ToValidUTF8(e.Text[:300], "") + "…"
	}
	return e
}

// retryAfter understands both forms of the header.
func retryAfter(v string, now time.Time) time.Duration {
	if v == "" {
		return 0
	}
	if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
		return max(0, time.Duration(min(n, 86_400))*time.Second)
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, min(at.Sub(now), 24*time.Hour))
	}
	return 0
}
