package log

import (
	"sync"
	"time"

	"go.uber.org/zap"
)

// maxLimitedKeys bounds the memory of a Limited logger: keys may come from outside.
const maxLimitedKeys = 10_000

// Limited warns at most once per key and interval, and says with the next line how many it held back.
type Limited struct {
	logger *zap.Logger
	every  time.Duration
	now    func() time.Time

	mu    sync.Mutex
	keys  map[string]*limitedKey
	swept time.Time // when expired keys were last looked for
}

type limitedKey struct {
	next       time.Time
	suppressed int
}

// NewLimited returns a limiter; now is the clock (time.Now).
func NewLimited(logger *zap.Logger, every time.Duration, now func() time.Time) *Limited {
	return &Limited{logger: logger, every: every, now: now, keys: map[string]*limitedKey{}}
}

// Warn logs the warning unless one with the same key was logged within the interval.
func (l *Limited) Warn(key, message string, fields ...zap.Field) {
	suppressed, ok := l.allow(key)
	if !ok {
		return
	}
	if suppressed > 0 {
		fields = append(fields, zap.Int(FieldSuppressed, suppressed))
	}
	l.logger.Warn(message, fields...)
}

func (l *Limited) allow(key string) (suppressed int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	k := l.keys[key]
	if k == nil {
		if len(l.keys) >= maxLimitedKeys && !now.Before(l.swept.Add(l.every)) {
			l.forget(now) // once per interval: a flood of keys must not buy a scan each
		}
		if len(l.keys) >= maxLimitedKeys {
			key = "" // all further keys share one line
		}
		if k = l.keys[key]; k == nil {
			k = &limitedKey{}
			l.keys[key] = k
		}
	}
	if now.Before(k.next) {
		k.suppressed++
		return 0, false
	}
	suppressed, k.suppressed, k.next = k.suppressed, 0, now.Add(l.every)
	return suppressed, true
}

func (l *Limited) forget(now time.Time) {
	l.swept = now
	for key, k := range l.keys {
		if !now.Before(k.next) {
			delete(l.keys, key)
		}
	}
}
