package gate

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

func newGate(t *testing.T) *Gate {
	t.Helper()
	return gateWith(t, zap.NewNop(), nil)
}

func gateWith(t *testing.T, logger *zap.Logger, sessions Sessions) *Gate {
	t.Helper()
	g, err := New(Deps{
		Origins: []string{"https://rmm.example.com/", "http://127.0.0.1:8080"}, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Logger: logger, Metrics: prometheus.NewRegistry(), Now: time.Now, Sessions: sessions,
	})
	require.NoError(t, err)
	return g
}

func request(host, origin string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://"+host+"/v1/ws", nil)
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	return r
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for _, c := range []struct {
		host, origin string
		want         bool
	}{
		{"api.example.com", "", true},
		{"api.example.com", "https://rmm.example.com", true},
		{"api.example.com", "https://RMM.example.com", true},
		{"api.example.com", "https://api.example.com", true},
		{"127.0.0.1:8002", "http://127.0.0.1:8080", true},
		{"api.example.com", "http://rmm.example.com", false},
		{"api.example.com", "https://rmm.example.com:8443", false},
		{"api.example.com", "https://rmm.example.com.evil.com", false},
		{"api.example.com", "https://evil.com", false},
		{"api.example.com", "null", false},
		{"api.example.com", "://", false},
	} {
		require.Equal(t, c.want, g.originAllowed(request(c.host, c.origin)), "%s %s", c.host, c.origin)
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for _, c := range []struct{ peer, forwarded, want string }{
		{"203.0.113.5:1", "", "203.0.113.5"},
		{"203.0.113.5:1", "8.8.8.8", "203.0.113.5"}, // anyone can send the header
		{"127.0.0.1:1", "8.8.8.8, 10.0.0.1", "8.8.8.8"},
		{"127.0.0.1:1", "nonsense", "127.0.0.1"},
		{"[::ffff:127.0.0.1]:1", "2001:db8::1", "2001:db8::1"},
		{"@", "8.8.8.8", ""},
	} {
		r := request("api.example.com", "")
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-For", c.forwarded)
		require.Equal(t, c.want, g.clientIP(r), c.peer)
	}
}

// nobody knows no session.
type nobody struct{ Sessions }

func (nobody) Session(context.Context, string, bool) (*access.Principal, error) {
	return nil, fault.Unauthenticated("Invalid token.")
}

// TestRefusalsAreCountedAndLoggedOncePerCaller: a page of others that tries again and again neither gets in nor fills the log.
func TestRefusalsAreCountedAndLoggedOncePerCaller(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.InfoLevel)
	g := gateWith(t, zap.New(core), nobody{})
	for range 5 {
		foreign := request("api.example.com", "https://evil.com")
		answer := httptest.NewRecorder()
		require.Nil(t, g.Authenticate(answer, foreign))
		require.Equal(t, http.StatusForbidden, answer.Code)
		require.Nil(t, g.Authenticate(httptest.NewRecorder(), request("api.example.com", "")))
		revoked := request("api.example.com", "")
		revoked.URL.RawQuery = "access_token=secret"
		require.Nil(t, g.Authenticate(httptest.NewRecorder(), revoked))
	}
	for _, reason := range []string{"foreign_origin", "no_token", "bad_token"} {
		require.InDelta(t, 5, testutil.ToFloat64(g.refused.WithLabelValues(reason)), 0, reason)
		lines := logs.FilterField(zap.String("reason", reason)).AllUntimed()
		require.Len(t, lines, 1, reason)
		require.Equal(t, "192.0.2.1", lines[0].ContextMap()["user"], "where nobody is known, the address")
		require.NotContains(t, fmt.Sprint(lines[0].ContextMap()), "secret")
	}
}
