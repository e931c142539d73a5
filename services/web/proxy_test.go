package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/porttest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m)
}

// patience is for whatever must happen; busy machines are slow.
const patience = time.Minute

// site is the service in front of three others.
func site(t *testing.T, b behind) (*httptest.Server, *metrics) {
	t.Helper()
	return siteWaiting(t, b, patience)
}

// siteWaiting is site with a bound for the services' answers.
func siteWaiting(t *testing.T, b behind, within time.Duration) (*httptest.Server, *metrics) {
	t.Helper()
	a, err := newApp(builtApp(), mustURL(t, ""), mustURL(t, ""))
	require.NoError(t, err)
	m, err := newMetrics(prometheus.NewRegistry())
	require.NoError(t, err)
	s := httptest.NewServer(newRouter(a, b, patience, within, m))
	t.Cleanup(s.Close)
	return s, m
}

func to(t *testing.T, name string, h http.Handler) *upstream {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &upstream{name: name, what: "The server", url: mustURL(t, s.URL).Parsed(), dial: patience}
}

func get(t *testing.T, url string, header http.Header) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	for k, v := range header {
		r.Header[k] = v
	}
	c := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := c.Do(r)
	require.NoError(t, err)
	return resp
}

// echo answers with what it was asked.
func echo(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Frame-Options", "from "+name)
		json.NewEncoder(w).Encode(map[string]any{ //nolint:errcheck // a test's answer
			"service": name, "path": r.URL.RequestURI(), "host": r.Host, "for": r.Header.Values("X-Forwarded-For"), "proto": r.Header.Get("X-Forwarded-Proto"),
		})
	})
}

type echoed struct {
	Service, Path, Host, Proto string
	For                        []string
}

func TestEachPathGoesToItsOwner(t *testing.T) {
	t.Parallel()
	s, m := site(t, behind{api: to(t, "api", echo("api")), realtime: to(t, "realtime", echo("realtime")), nats: to(t, "nats", echo("nats"))})
	for path, want := range map[string]string{
		"/agents/?client=1&x=a%2Fb": "api", "/v1/agents": "api", "/v1/wsx": "api", "/api/v3/newagent/": "api", "/": "api", "//odd//path": "api",
		"/v1/ws?access_token=1": "realtime", "/ws/dashinfo/": "realtime", "/natsws": "nats",
	} {
		var e echoed
		r := get(t, s.URL+path, http.Header{"X-Forwarded-For": {"6.6.6.6"}, "X-Forwarded-Host": {"evil.example"}})
		require.NoError(t, json.NewDecoder(r.Body).Decode(&e))
		require.NoError(t, r.Body.Close())
		require.Equal(t, want, e.Service, path)
		require.Equal(t, path, e.Path)
		require.Equal(t, strings.TrimPrefix(s.URL, "http://"), e.Host, "services compare Host with Origin")
		require.Equal(t, []string{"127.0.0.1"}, e.For, "a caller does not name itself")
		require.Equal(t, "http", e.Proto)
		require.Equal(t, []string{"from " + want}, r.Header.Values("X-Frame-Options"), "a service's answer is its own")
	}
	// Counted when the answer has passed, which the client may have by then.
	require.Eventually(t, func() bool { return testutil.ToFloat64(m.requests.WithLabelValues("realtime", "2xx")) >= 2 }, patience, time.Millisecond)
	require.InDelta(t, 2, testutil.ToFloat64(m.requests.WithLabelValues("realtime", "2xx")), 0)
}

func TestBrowsersAreSentToTheApp(t *testing.T) {
	t.Parallel()
	s, _ := site(t, behind{api: to(t, "api", echo("api"))})
	for _, path := range []string{"/", "/app"} {
		r := get(t, s.URL+path, http.Header{"Accept": {"text/html,*/*"}})
		require.NoError(t, r.Body.Close())
		require.Equal(t, http.StatusFound, r.StatusCode)
		require.Equal(t, "/app/", r.Header.Get("Location"))
	}
	alone, _ := site(t, behind{})
	r := get(t, alone.URL+"/", nil)
	require.NoError(t, r.Body.Close())
	require.Equal(t, http.StatusFound, r.StatusCode)
	r = get(t, alone.URL+"/agents/", nil)
	require.NoError(t, r.Body.Close())
	require.Equal(t, http.StatusNotFound, r.StatusCode, "without services behind there is only the app")
}

func TestAServiceThatIsAway(t *testing.T) {
	t.Parallel()
	away := to(t, "api", echo("api"))
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", porttest.Reserve(t))
	require.NoError(t, err)
	away.url.Host = l.Addr().String()
	require.NoError(t, away.check(t.Context()))
	require.NoError(t, l.Close())
	require.ErrorContains(t, away.check(t.Context()), "api")

	s, m := site(t, behind{api: away})
	r := get(t, s.URL+"/agents/", nil)
	require.Equal(t, http.StatusBadGateway, r.StatusCode)
	require.Equal(t, "application/problem+json", r.Header.Get("Content-Type"))
	var p struct{ Code, Detail string }
	require.NoError(t, json.NewDecoder(r.Body).Decode(&p))
	require.NoError(t, r.Body.Close())
	require.Equal(t, "upstream_away", p.Code)
	require.Contains(t, p.Detail, "The server does not answer")

	r = get(t, s.URL+"/api/schema/swagger-ui/", http.Header{"Accept": {"text/html"}})
	require.Equal(t, http.StatusBadGateway, r.StatusCode)
	require.Contains(t, text(t, r), "tries again by itself")
	require.Eventually(t, func() bool { return testutil.ToFloat64(m.away.WithLabelValues("api")) >= 2 }, patience, time.Millisecond)
	require.InDelta(t, 2, testutil.ToFloat64(m.away.WithLabelValues("api")), 0)
	r = get(t, s.URL+"/app/", nil)
	require.Contains(t, text(t, r), "index", "the app is there all the same")
}

func TestAServiceThatIsTooSlow(t *testing.T) {
	t.Parallel()
	silent := to(t, "api", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	s, _ := siteWaiting(t, behind{api: silent}, 500*time.Millisecond)
	r := get(t, s.URL+"/slow/", nil)
	require.NoError(t, r.Body.Close())
	require.Equal(t, http.StatusGatewayTimeout, r.StatusCode)
}

func TestWebSocketsPass(t *testing.T) {
	t.Parallel()
	live := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow() //nolint:errcheck // closed below
		kind, data, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if err := c.Write(r.Context(), kind, append([]byte("got "), data...)); err != nil {
			return
		}
		c.Close(4401, "session gone") //nolint:errcheck // the other side may be first
	})
	s, _ := site(t, behind{realtime: to(t, "realtime", live)})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, resp, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(s.URL, "http")+"/v1/ws?access_token=x", &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {s.URL}},
	})
	require.NoError(t, err)
	if resp.Body != nil {
		require.NoError(t, resp.Body.Close())
	}
	require.NoError(t, c.Write(ctx, websocket.MessageText, []byte("hello")))
	_, data, err := c.Read(ctx)
	require.NoError(t, err)
	require.Equal(t, "got hello", string(data))
	_, _, err = c.Read(ctx)
	require.Equal(t, websocket.StatusCode(4401), websocket.CloseStatus(err), "close codes reach the browser")
}

func TestAnswersAreNotHeldBack(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s, _ := site(t, behind{api: to(t, "api", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("first ")) //nolint:errcheck // a test's answer
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))})
	r := get(t, s.URL+"/stream/", nil)
	b := make([]byte, 6)
	_, err := r.Body.Read(b)
	require.NoError(t, err)
	require.Equal(t, "first ", string(b), "read while the service has not finished")
	close(release)
	require.NoError(t, r.Body.Close())
}
