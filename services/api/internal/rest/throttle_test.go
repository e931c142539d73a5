package rest_test

import (
	"context"
	"fmt"
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
	return rest.NewRedisThrottle(client)
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
	}, 10*time.Second, 50*time.Millisecond)
}
