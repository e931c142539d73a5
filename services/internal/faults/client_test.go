package faults

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// client talks to the REST interface as an administrator's script does.
type client struct {
	base, key string
	http      *http.Client
}

func newClient(t *testing.T, base, key string) *client {
	c := &client{base: base, key: key, http: &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

// send returns the status and decodes a 2xx answer into out, which may be nil.
func (c *client) send(ctx context.Context, method, path string, in, out any, headers ...string) (int, error) {
	var body io.Reader
	switch in := in.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(in)
	default:
		text, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if len(headers) == 0 {
		headers = []string{"X-API-KEY", c.key}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end below
	text, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return resp.StatusCode, err
	}
	if resp.StatusCode/100 == 2 && out != nil {
		return resp.StatusCode, json.Unmarshal(text, out)
	}
	return resp.StatusCode, nil
}

// must sends and wants success.
func (c *client) must(ctx context.Context, t *testing.T, method, path string, in, out any) {
	t.Helper()
	status, err := c.send(ctx, method, path, in, out)
	require.NoError(t, err, "%s %s", method, path)
	require.Equal(t, 2, status/100, "%s %s answers %d", method, path, status)
}

// metric sums the series of a service whose name and labels hold all words.
func (st *stage) metric(ctx context.Context, t *testing.T, service string, words ...string) float64 {
	t.Helper()
	sum, err := st.sum(ctx, service, words...)
	require.NoError(t, err)
	return sum
}

// sum is metric for conditions that are asked again.
func (st *stage) sum(ctx context.Context, service string, words ...string) (sum float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, st.suite.Metrics()[service]+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := st.client.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
next:
	for lines.Scan() {
		at := strings.LastIndexByte(lines.Text(), ' ')
		if at < 0 || !strings.HasPrefix(lines.Text(), words[0]) {
			continue
		}
		for _, w := range words {
			if !strings.Contains(lines.Text()[:at], w) {
				continue next
			}
		}
		v, err := strconv.ParseFloat(lines.Text()[at+1:], 64)
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, lines.Err()
}

// memory is what a process of the suite has resident, in MiB.
func (st *stage) memory(t *testing.T, name string) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", st.process(t, name).PID()))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "VmRSS:")
	require.True(t, found)
	kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	require.NoError(t, err)
	return kib / 1024
}
