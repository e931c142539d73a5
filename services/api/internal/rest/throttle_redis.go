package rest

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// takeScript is Take in one step: forget what has left the window, refuse when it is full, else count. Scores are
// milliseconds. It returns the milliseconds to wait.
const takeScript = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1] - ARGV[2])
local n = redis.call('ZCARD', KEYS[1])
local limit = tonumber(ARGV[3])
if n >= limit then
  local oldest = redis.call('ZRANGE', KEYS[1], n - limit, n - limit, 'WITHSCORES')
  return math.max(1, oldest[2] + ARGV[2] - ARGV[1])
end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0`

const (
	throttlePrefix  = "gueen:throttle:"
	throttleTimeout = 300 * time.Millisecond
)

// RedisThrottle counts in Redis, so that replicas share their windows. While Redis is away each replica counts for itself.
type RedisThrottle struct {
	client   redis.UniversalClient
	script   *redis.Script
	fallback *MemoryThrottle
	within   time.Duration // throttleTimeout
}

// NewRedisThrottle returns a store on the client.
func NewRedisThrottle(client redis.UniversalClient) *RedisThrottle {
	return &RedisThrottle{client: client, script: redis.NewScript(takeScript), fallback: NewMemoryThrottle(), within: throttleTimeout}
}

// Take implements ThrottleStore.
func (t *RedisThrottle) Take(ctx context.Context, key string, limit int, window time.Duration, now time.Time) (time.Duration, error) {
	rctx, cancel := context.WithTimeout(ctx, t.within)
	defer cancel()
	wait, err := t.script.Run(rctx, t.client, []string{throttlePrefix + key},
		strconv.FormatInt(now.UnixMilli(), 10), strconv.FormatInt(window.Milliseconds(), 10), limit, uuid.NewString()).Int64()
	if err != nil {
		if ctx.Err() != nil {
			return 0, fmt.Errorf("count call: %w", ctx.Err())
		}
		return t.fallback.Take(ctx, key, limit, window, now)
	}
	return time.Duration(wait) * time.Millisecond, nil
}

// Reset implements ThrottleStore.
func (t *RedisThrottle) Reset(ctx context.Context) error {
	if err := t.fallback.Reset(ctx); err != nil {
		return err
	}
	keys := t.client.Scan(ctx, 0, throttlePrefix+"*", 500).Iterator()
	for keys.Next(ctx) {
		if err := t.client.Del(ctx, keys.Val()).Err(); err != nil {
			return fmt.Errorf("reset throttles: %w", err)
		}
	}
	if err := keys.Err(); err != nil {
		return fmt.Errorf("reset throttles: %w", err)
	}
	return nil
}
