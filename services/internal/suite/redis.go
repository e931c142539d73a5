package suite

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/redis/go-redis/v9"
)

func (s *Suite) redisURL() string {
	u := url.URL{Scheme: "redis", User: url.UserPassword("default", s.secrets.RedisPassword), Host: local(s.opts.Ports.Redis), Path: "0"}
	return u.String()
}

// prepareRedis writes the configuration and returns how to run the server. The queue's tasks survive a kill: every write
// is in the append-only file within a second.
func (s *Suite) prepareRedis() (command, error) {
	dir := filepath.Join(s.dir, "redis")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return command{}, fmt.Errorf("make redis directory: %w", err)
	}
	conf := filepath.Join(dir, "redis.conf")
	text := "bind 127.0.0.1\nport " + strconv.Itoa(s.opts.Ports.Redis) + "\ndir " + strconv.Quote(dir) +
		"\nrequirepass " + s.secrets.RedisPassword + "\nappendonly yes\nappendfsync everysec\nsave \"\"\nmaxmemory-policy noeviction\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return command{}, fmt.Errorf("write redis configuration: %w", err)
	}
	return command{
		name: "redis", path: s.servers.redis, args: []string{conf}, dir: dir, env: []string{"PATH=" + os.Getenv("PATH")},
		ready: func(ctx context.Context) (err error) {
			o, err := redis.ParseURL(s.redisURL())
			if err != nil {
				return err
			}
			o.MaxRetries = -1
			c := redis.NewClient(o)
			defer func() {
				if cerr := c.Close(); err == nil {
					err = cerr
				}
			}()
			return c.Ping(ctx).Err()
		},
	}, nil
}
