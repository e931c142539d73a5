package rest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/queuetest"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func redisThrottle(t *testing.T, server *queuetest.Server) *rest.RedisThrottle {
	t.Helper()
	options, err := redis.ParseURL(server.URL())
	require.NoError(t, err)
	options.ContextTimeoutEnabled = true
	client := redis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	store := rest.NewRedisThrottle(client)
	store.Unhurried()
	return store
}

// TestThrottleStores: both stores keep the same window.
func TestThrottleStores(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]rest.ThrottleStore{"memory": rest.NewMemoryThrottle(), "redis": redisThrottle(t, queuetest.Start(t))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Unix(1_800_000_000, 0)
			take := func(key string, at time.Duration) time.Duration {
				wait, err := store.Take(t.Context(), key, 3, time.Minute, now.Add(at))
				require.NoError(t, err)
				return wait
			}
			for i := range 3 {
				require.Zero(t, take("a", time.Duration(i)*10*time.Second))
			}
			require.Equal(t, 35*time.Second, take("a", 25*time.Second))
			require.Equal(t, 20*time.Second, take("a", 40*time.Second), "refused calls do not extend the window")
			require.Zero(t, take("b", 40*time.Second))
			require.Zero(t, take("a", 60*time.Second))
			require.Equal(t, 9*time.Second, take("a", 61*time.Second))
			require.NoError(t, store.Reset(t.Context()))
			require.Zero(t, take("a", 61*time.Second))
		})
	}
}

// TestReplicasShareAWindow: calls at the same moment through several clients never exceed the limit.
func TestReplicasShareAWindow(t *testing.T) {
	t.Parallel()
	server := queuetest.Start(t)
	var passed sync.Map
	var group sync.WaitGroup
	for i := range 4 {
		store := redisThrottle(t, server)
		group.Go(func() {
			for j := range 10 {
				wait, err := store.Take(context.WithoutCancel(t.Context()), "k", 7, time.Hour, time.Now())
				if err == nil && wait == 0 {
					passed.Store(fmt.Sprint(i, ".", j), true)
				}
			}
		})
	}
	group.Wait()
	n := 0
	passed.Range(func(any, any) bool { n++; return true })
	require.Equal(t, 7, n)
}

// TestThrottleWithoutRedis counts in memory and comes back.
func TestThrottleWithoutRedis(t *testing.T) {
	t.Parallel()
	server := queuetest.Start(t)
	store := redisThrottle(t, server)
	server.Stop(t)
	now := time.Now()
	for i := range 3 {
		wait, err := store.Take(t.Context(), "k", 2, time.Hour, now)
		require.NoError(t, err)
		require.Equal(t, i == 2, wait > 0)
	}
	server.Restart(t)
	require.Eventually(t, func() bool {
		wait, err := store.Take(t.Context(), "k2", 1, time.Hour, now)
		return err == nil && wait > 0
	}, time.Minute, 50*time.Millisecond)
}

// TestThrottleCountsNetworks: the addresses of one IPv6 network share a window, as their owner chooses freely among them; with
// the settings' default only a proxy on the same machine can name another address.
func TestThrottleCountsNetworks(t *testing.T) {
	t.Parallel()
	r := newRouter(t, nil)
	op := operation(http.MethodPost, "/door/", "door")
	op.Auth, op.Throttle = rest.AuthPublic, &rest.Throttle{Name: "door", PerMinute: 1}
	rest.Handle(r, op, func(context.Context, *rest.Call, *struct{}) (string, error) { return "open", nil })
	for _, c := range []struct {
		peer, forwarded string
		want            int
	}{
		{"[2001:db8:0:1::1]:1", "", http.StatusOK},
		{"[2001:db8:0:1:ffff::2]:1", "", http.StatusTooManyRequests},
		{"[2001:db8:0:2::1]:1", "", http.StatusOK},
		{"192.0.2.1:1", "", http.StatusOK},
		{"192.0.2.2:1", "", http.StatusOK},
		{"[::ffff:192.0.2.2]:1", "", http.StatusTooManyRequests},
		{"192.0.2.2:1", "198.51.100.1", http.StatusTooManyRequests},
		{"10.0.0.1:1", "198.51.100.1", http.StatusOK},
		{"10.0.0.1:1", "198.51.100.2", http.StatusTooManyRequests},
		{"127.0.0.1:1", "198.51.100.1", http.StatusOK},
		{"127.0.0.1:1", "198.51.100.2", http.StatusOK},
		{"127.0.0.1:1", "198.51.100.3, 198.51.100.2", http.StatusTooManyRequests},
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://example.com/door/", nil)
		req.RemoteAddr = c.peer
		if c.forwarded != "" {
			req.Header.Set("X-Forwarded-For", c.forwarded)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		require.Equal(t, c.want, w.Code, "%+v", c)
	}
}
