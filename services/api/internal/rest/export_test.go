package rest

import "time"

// Unhurried lets the store wait for Redis as long as a busy machine may take.
func (t *RedisThrottle) Unhurried() { t.within = time.Minute }
