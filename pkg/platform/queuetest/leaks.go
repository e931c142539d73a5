package queuetest

import "go.uber.org/goleak"

// ClosingPool lets goleak pass over the probe of a client whose server was away: go-redis asks once a second whether the
// server is back, and notices only then that the pool was closed.
func ClosingPool() goleak.Option {
	return goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial")
}
