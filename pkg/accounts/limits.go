package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// limit is how many tries a window takes.
type limit struct {
	tries  int
	window time.Duration
}

// passwordLimits bound the tries per account name from addresses that did not sign in to it last, whether there is such an
// account or not. They are wide enough for people and for several of them behind one name, and far below what guessing needs.
func passwordLimits() []limit { return []limit{{30, 10 * time.Minute}, {500, 24 * time.Hour}} }

// codeLimits bound second-factor tries per user, counted once the password was right. Three codes are accepted at a time,
// which leaves a guesser who knows the password a chance of 1 in 3,300 a day, from however many addresses he comes.
func codeLimits() []limit { return []limit{{totpTries, totpWithin}, {100, 24 * time.Hour}} }

// take counts a try in each window, the longest first, and refuses it when one is full. Counters that are away refuse nobody:
// the throttle by address and the price of a hash remain.
func (s *Service) take(ctx context.Context, key string, limits []limit) error {
	if s.Limits == nil {
		return nil
	}
	for i := len(limits) - 1; i >= 0; i-- {
		l := limits[i]
		wait, err := s.Limits.Take(ctx, fmt.Sprintf("%s:%s", key, l.window), l.tries, l.window, s.Now())
		if err != nil {
			s.Log.Warn("counters of tries are away", zap.Error(err))
			continue
		}
		if wait > 0 {
			return fault.Throttled(wait)
		}
	}
	return nil
}

// limitPasswords counts a try at an account. Whoever sends many wrong passwords from elsewhere does not keep its owner out.
func (s *Service) limitPasswords(ctx context.Context, name, ip string, lastIP *string) error {
	if lastIP != nil && *lastIP == ip {
		return nil
	}
	sum := sha256.Sum256([]byte(name)) // names are typed by strangers: of any length, and now and then passwords
	return s.take(ctx, "password:"+hex.EncodeToString(sum[:16]), passwordLimits())
}
