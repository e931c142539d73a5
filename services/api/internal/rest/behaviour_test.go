package rest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/queuetest"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func TestMain(m *testing.M) { leaktest.Main(m, queuetest.ClosingPool()) }

// TestLogAndMetrics: one line per request, who called and why it was refused, and no cause in the answer.
func TestLogAndMetrics(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.DebugLevel)
	registry := prometheus.NewRegistry()
	r := newThings(t, func(o *rest.Options) { o.Log, o.Metrics = zap.New(core), registry })
	send(t, r, http.MethodGet, "/things/7/?search=secret", "", "X-Request-Id", "abc-1")
	send(t, r, http.MethodGet, "/broken/", "", "X-Request-Id", "bad id\n")
	send(t, r, http.MethodGet, "/things/7/", "", "Authorization", "Token nope")
	send(t, r, http.MethodGet, "/panic/", "")

	lines := logs.FilterMessage("request served").AllUntimed()
	require.Len(t, lines, 4)
	fields := lines[0].ContextMap()
	require.Equal(t, "abc-1", fields["request_id"])
	require.Equal(t, "getThing", fields["operation"])
	require.Equal(t, "admin", fields["user"])
	require.Equal(t, "192.0.2.1", fields["remote_ip"])
	require.EqualValues(t, 200, fields["status"])
	for _, l := range logs.AllUntimed() {
		require.NotContains(t, fmt.Sprint(l.ContextMap()), "search=secret")
		require.NotContains(t, fmt.Sprint(l.ContextMap()), "Token nope")
	}
	require.NotContains(t, lines[1].ContextMap()["request_id"], "bad", "a harmful id is replaced")
	require.Equal(t, "unauthenticated", lines[2].ContextMap()["reason"])
	require.Equal(t, "panic", lines[3].ContextMap()["reason"])
	require.Len(t, logs.FilterMessage("operation failed").AllUntimed(), 1)
	require.Len(t, logs.FilterMessage("operation panicked").AllUntimed(), 1)

	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP gueen_api_refusals_total Refused requests by operation and kind of refusal.
# TYPE gueen_api_refusals_total counter
gueen_api_refusals_total{kind="internal",operation="broken"} 1
gueen_api_refusals_total{kind="panic",operation="panics"} 1
gueen_api_refusals_total{kind="unauthenticated",operation="getThing"} 1
`), "gueen_api_refusals_total"))
}

// TestAwayDependenciesAnswer503 instead of an internal error.
func TestAwayDependenciesAnswer503(t *testing.T) {
	t.Parallel()
	r := newRouter(t, nil)
	for name, err := range map[string]error{
		"network": &net.OpError{Op: "dial", Err: errors.New("connection refused")}, "deadline": context.DeadlineExceeded,
	} {
		rest.Handle(r, operation(http.MethodGet, "/"+name+"/", name), func(context.Context, *rest.Call, *struct{}) (string, error) {
			return "", fmt.Errorf("read: %w", err)
		})
		got := send(t, r, http.MethodGet, "/"+name+"/", "")
		require.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
		require.NotContains(t, got.body, "refused")
	}
}

// TestDeadlineOfAnOperation ends a handler that waits.
func TestDeadlineOfAnOperation(t *testing.T) {
	t.Parallel()
	r := newRouter(t, nil)
	op := operation(http.MethodGet, "/slow/", "slow")
	op.Timeout = 20 * time.Millisecond
	rest.Handle(r, op, func(ctx context.Context, _ *rest.Call, _ *struct{}) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	})
	require.Equal(t, http.StatusServiceUnavailable, send(t, r, http.MethodGet, "/slow/", "").StatusCode)
}

// TestBrokenStream: an error before the first bytes is answered, one after them ends the connection.
func TestBrokenStream(t *testing.T) {
	t.Parallel()
	r := newRouter(t, nil)
	stream := func(good int) func(context.Context, *rest.Call, *struct{}) (rest.Stream[string], error) {
		return func(context.Context, *rest.Call, *struct{}) (rest.Stream[string], error) {
			return func(yield func(string, error) bool) {
				for range good {
					if !yield(strings.Repeat("x", 1000), nil) {
						return
					}
				}
				yield("", errors.New("row is gone"))
			}, nil
		}
	}
	rest.Handle(r, operation(http.MethodGet, "/early/", "early"), stream(3))
	rest.Handle(r, operation(http.MethodGet, "/late/", "late"), stream(1000))
	server := httptest.NewServer(r)
	defer server.Close()
	get := func(path string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		require.NoError(t, err)
		req.Host = "example.com"
		req.Header.Set("Authorization", "Token admin")
		return server.Client().Do(req)
	}
	res, err := get("/early/")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusInternalServerError, res.StatusCode)
	res, err = get("/late/")
	require.NoError(t, err)
	_, err = io.ReadAll(res.Body)
	require.Error(t, err, "a client must see that the list is not whole")
	require.NoError(t, res.Body.Close())
}

func TestRepliesAreCompressed(t *testing.T) {
	t.Parallel()
	r := newRouter(t, nil)
	rest.Handle(r, operation(http.MethodGet, "/big/", "big"), func(context.Context, *rest.Call, *struct{}) (string, error) {
		return strings.Repeat("abc", 10_000), nil
	})
	got := send(t, r, http.MethodGet, "/big/", "", "Accept-Encoding", "gzip")
	require.Equal(t, "gzip", got.Header.Get("Content-Encoding"))
	require.Less(t, len(got.body), 1000)
	require.Contains(t, got.Header.Values("Vary"), "Accept-Encoding")
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	var seen string
	r := newRouter(t, func(o *rest.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32")}
	})
	rest.Handle(r, operation(http.MethodGet, "/who/", "who"), func(_ context.Context, c *rest.Call, _ *struct{}) (string, error) {
		seen = c.Principal.IP
		return "", nil
	})
	for _, c := range []struct{ peer, header, value, want string }{
		{"203.0.113.5:1", "X-Forwarded-For", "8.8.8.8", "203.0.113.5"},
		{"127.0.0.1:1", "", "", "127.0.0.1"},
		{"127.0.0.1:1", "X-Forwarded-For", "8.8.8.8", "8.8.8.8"},
		{"127.0.0.1:1", "X-Forwarded-For", "1.1.1.1, 8.8.8.8, 10.0.0.3", "8.8.8.8"},
		{"127.0.0.1:1", "X-Forwarded-For", "10.0.0.9, 10.0.0.3", "10.0.0.9"},
		{"127.0.0.1:1", "X-Forwarded-For", "nonsense", "127.0.0.1"},
		{"127.0.0.1:1", "X-Forwarded-For", "8.8.8.8, nonsense", "127.0.0.1"},
		{"127.0.0.1:1", "X-Real-Ip", "8.8.4.4", "8.8.4.4"},
		{"127.0.0.1:1", "Forwarded", `for="[2001:db8::1]:4711";proto=https`, "2001:db8::1"},
		{"[::ffff:10.0.0.1]:1", "X-Forwarded-For", "8.8.8.8:99", "8.8.8.8"},
		{"@", "X-Forwarded-For", "8.8.8.8", ""},
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.com/who/", nil)
		req.RemoteAddr = c.peer
		req.Header.Set("Authorization", "Token admin")
		if c.header != "" {
			req.Header.Set(c.header, c.value)
		}
		r.ServeHTTP(httptest.NewRecorder(), req)
		require.Equal(t, c.want, seen, "%+v", c)
	}
}

func TestDemoRefusesFirst(t *testing.T) {
	t.Parallel()
	r := newRouter(t, func(o *rest.Options) { o.Demo = true })
	op := operation(http.MethodPost, "/danger/", "danger")
	op.NotInDemo = true
	rest.Handle(r, op, refusedHandler)
	got := send(t, r, http.MethodPost, "/danger/", "", "Authorization", "")
	require.Equal(t, `"Not available in demo"`, got.body)
	require.Equal(t, http.StatusBadRequest, got.StatusCode)
}

func TestContentIsADownload(t *testing.T) {
	t.Parallel()
	r := newRouter(t, nil)
	op := operation(http.MethodGet, "/file/", "file")
	op.ContentType = "text/plain; charset=utf-8"
	rest.Handle(r, op, func(_ context.Context, c *rest.Call, _ *struct{}) (rest.Content, error) {
		c.SetStatus(http.StatusAccepted)
		return rest.Content{FileName: "a.sh", Reader: io.NopCloser(strings.NewReader("echo")), Size: 4}, nil
	})
	got := send(t, r, http.MethodGet, "/file/", "", "Accept", "text/html")
	require.Equal(t, http.StatusAccepted, got.StatusCode)
	require.Equal(t, "echo", got.body)
	require.Equal(t, `attachment; filename="a.sh"`, got.Header.Get("Content-Disposition"))
	require.Equal(t, "text/plain; charset=utf-8", got.Header.Get("Content-Type"))
}

func TestDescription(t *testing.T) {
	t.Parallel()
	r := newThings(t, nil)
	rest.RegisterDescription(r)
	require.NoError(t, r.Check())
	got := send(t, r, http.MethodGet, "/api/schema/", "", "Authorization", "", "Accept", "*/*")
	require.Equal(t, "application/vnd.oai.openapi; charset=utf-8", got.Header.Get("Content-Type"))
	require.Contains(t, got.body, "openapi: 3.0.3")
	require.Contains(t, got.body, "AddThingBody")
	for _, headers := range [][]string{{"Accept", "application/json, text/plain, */*"}, {"Accept", "application/vnd.oai.openapi+json"}} {
		got = send(t, r, http.MethodGet, "/api/schema/", "", headers...)
		require.Equal(t, "application/vnd.oai.openapi+json", got.Header.Get("Content-Type"))
		require.Contains(t, got.body, `"openapi":"3.0.3"`)
	}
	require.Contains(t, send(t, r, http.MethodGet, "/api/schema/?format=json", "").body, `"operationId":"getThing"`)
	require.Contains(t, send(t, r, http.MethodGet, "/v1/openapi.yaml", "").body, "openapi: 3.1.0")
	page := send(t, r, http.MethodGet, "/api/schema/swagger-ui/", "", "Accept", "text/html")
	require.Equal(t, http.StatusOK, page.StatusCode)
	require.Contains(t, page.Header.Get("Content-Type"), "text/html")
	require.NotContains(t, page.body, "https://cdn")
	require.Contains(t, page.body, "/v1/swagger-ui/swagger-ui-bundle.js")
	script := send(t, r, http.MethodGet, "/v1/swagger-ui/swagger-ui-bundle.js", "")
	require.Equal(t, http.StatusOK, script.StatusCode)
	require.Greater(t, len(script.body), 100_000)
	require.Equal(t, http.StatusNotFound, send(t, r, http.MethodGet, "/v1/swagger-ui/..%2fetc", "").StatusCode)
}
