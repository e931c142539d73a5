package urlactions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Limits of one call.
const (
	callTimeout  = 8 * time.Second // of the whole call, redirects and body included
	maxAnswer    = 256 << 10       // bytes of the body that are kept
	maxRedirects = 5
)

// Answer is what came back.
type Answer struct {
	Status int
	Text   string // the beginning of the body
}

// Caller makes the calls of web hooks. It is safe for concurrent use.
type Caller struct {
	client *http.Client
	agent  string
}

// NewCaller returns a Caller that reaches what the guard allows; userAgent is how it introduces itself.
func NewCaller(guard *Guard, userAgent string) *Caller {
	// No proxy: the guard must see the address that is reached. No idle connections: they would outlive the caller.
	transport := &http.Transport{
		DialContext: guard.dialer().DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: callTimeout,
		MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
	}
	return &Caller{agent: userAgent, client: &http.Client{Transport: transport, CheckRedirect: follow}}
}

// follow goes along with redirects to web addresses. To another host it takes none of the hook's own headers along: they
// often carry credentials for the first one.
func follow(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return fmt.Errorf("stopped after %d redirects", maxRedirects)
	}
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return errScheme
	}
	if !strings.EqualFold(req.URL.Host, via[0].URL.Host) || via[0].URL.Scheme == "https" && req.URL.Scheme == "http" {
		kept := http.Header{}
		for _, name := range []string{"User-Agent", "Content-Type", "Accept"} {
			if v := req.Header.Get(name); v != "" {
				kept.Set(name, v)
			}
		}
		req.Header = kept //nolint:gosec // the new headers are the three above: credentials are what is left out
	}
	return nil
}

var errScheme = errors.New("only http and https addresses can be called")

// Call makes the request and reads the beginning of the answer, whatever its status.
func (c *Caller) Call(ctx context.Context, r Request) (Answer, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return Answer{}, fmt.Errorf("address: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return Answer{}, errScheme
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var body io.Reader
	if r.Sent != nil {
		body = bytes.NewReader(r.Sent)
	}
	req, err := http.NewRequestWithContext(ctx, strings.ToUpper(r.Method), r.URL, body)
	if err != nil {
		return Answer{}, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("User-Agent", c.agent)
	if r.Sent != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.Headers {
		if strings.EqualFold(name, "Host") {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return Answer{}, fmt.Errorf("read answer: %w", err)
	}
	text := strings.ToValidUTF8(strings.ReplaceAll(string(raw), "\x00", ""), "\uFFFD")
	return Answer{Status: resp.StatusCode, Text: text}, nil
}
