package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// HashCost is the price of one password hash (argon2id, RFC 9106). Hashes carry their own cost, so that a change takes
// effect at each user's next sign-in.
type HashCost struct {
	MemoryKiB  uint32 `json:"memory"`
	Passes     uint32 `json:"passes"`
	Lanes      uint8  `json:"lanes"`
	Concurrent int    `json:"-"` // hashes computed at the same time, each holding MemoryKiB; 0: half of the cores, so that other work goes on
}

// DefaultHashCost makes a hash cost between 50 and 100 ms of one core (see the benchmark), which is twice the memory of what
// OWASP asks at least for two passes.
func DefaultHashCost() HashCost {
	return HashCost{MemoryKiB: 40 << 10, Passes: 2, Lanes: 1}
}

// Limits of what a stored hash may ask of this process.
const (
	saltBytes    = 16
	keyBytes     = 32
	maxMemoryKiB = 256 << 10
	maxPasses    = 16
	maxLanes     = 64

	// MaxPassword bounds what is hashed, in bytes.
	MaxPassword = 4096

	maxWaiting = 64               // for one slot: about five seconds' worth
	maxWait    = 15 * time.Second // then whoever waits is told to come again
	comeAgain  = 5 * time.Second
)

// Hasher hashes and verifies passwords, a bounded number at a time.
type Hasher struct {
	cost    HashCost
	slots   chan struct{} // first come, first served
	waiting atomic.Int64
	dummy   string // verified when there is no such user, so that the answer takes as long
	process *HashProcess
}

// NewHasher returns a Hasher that computes in this process.
func NewHasher(cost HashCost) (*Hasher, error) { return NewHasherIn(nil, cost) }

// NewHasherIn returns a Hasher that computes in other processes; nil for none.
func NewHasherIn(process *HashProcess, cost HashCost) (*Hasher, error) {
	if cost.Concurrent == 0 {
		cost.Concurrent = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if cost.MemoryKiB < 8*uint32(cost.Lanes) || cost.Passes < 1 || cost.Lanes < 1 || cost.Concurrent < 1 ||
		cost.MemoryKiB > maxMemoryKiB || cost.Passes > maxPasses || cost.Lanes > maxLanes {
		return nil, errors.New("password hash cost is out of range")
	}
	h := &Hasher{cost: cost, slots: make(chan struct{}, cost.Concurrent), process: process}
	salt, err := randomBytes(saltBytes)
	if err != nil {
		return nil, err
	}
	// Nothing is ever equal to random bytes, so there is no need to compute a hash.
	key, err := randomBytes(keyBytes)
	if err != nil {
		return nil, err
	}
	h.dummy = h.encode(salt, key)
	return h, nil
}

// Hash returns the hash of a password in PHC form.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.acquire(ctx); err != nil {
		return "", err
	}
	defer h.release()
	return h.hash(ctx, password)
}

// Verify says whether the password belongs to the hash, and whether the hash should be renewed because its cost is not
// today's. An empty hash stands for an unknown user: it takes as long and is never right.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (ok, renew bool, err error) {
	if err := h.acquire(ctx); err != nil {
		return false, false, err
	}
	defer h.release()
	known := true
	cost, salt, key, err := parseHash(hash)
	if err != nil || len(password) > MaxPassword {
		known = false
		if cost, salt, key, err = parseHash(h.dummy); err != nil {
			return false, false, fmt.Errorf("verify password: %w", err)
		}
		password = ""
	}
	got := h.derive(ctx, derivation{Password: []byte(password), Salt: salt, Cost: cost, Bytes: uint32(len(key))})
	if subtle.ConstantTimeCompare(got, key) != 1 || !known {
		return false, false, nil
	}
	today := cost.MemoryKiB == h.cost.MemoryKiB && cost.Passes == h.cost.Passes && cost.Lanes == h.cost.Lanes
	return true, !today, nil
}

// acquire waits for a slot. Too many who wait, or too long a wait, are refused: their answers would come after they have gone.
func (h *Hasher) acquire(ctx context.Context) error {
	if h.waiting.Add(1) > int64(maxWaiting*cap(h.slots)) {
		h.waiting.Add(-1)
		return fault.Throttled(comeAgain)
	}
	defer h.waiting.Add(-1)
	patience := time.NewTimer(maxWait)
	defer patience.Stop()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-patience.C:
		return fault.Throttled(comeAgain)
	case <-ctx.Done():
		return fmt.Errorf("wait for password hashing: %w", ctx.Err())
	}
}

func (h *Hasher) release() { <-h.slots }

func (h *Hasher) hash(ctx context.Context, password string) (string, error) {
	salt, err := randomBytes(saltBytes)
	if err != nil {
		return "", err
	}
	return h.encode(salt, h.derive(ctx, derivation{Password: []byte(password), Salt: salt, Cost: h.cost, Bytes: keyBytes})), nil
}

func (h *Hasher) encode(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.MemoryKiB, h.cost.Passes, h.cost.Lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

func (h *Hasher) derive(ctx context.Context, d derivation) []byte {
	if h.process == nil {
		return d.compute()
	}
	return h.process.derive(ctx, d)
}

func (d derivation) compute() []byte {
	return argon2.IDKey(d.Password, d.Salt, d.Cost.Passes, d.Cost.MemoryKiB, d.Cost.Lanes, d.Bytes)
}

func parseHash(text string) (cost HashCost, salt, key []byte, err error) {
	bad := errors.New("not an argon2id hash")
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost, nil, nil, bad
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &cost.MemoryKiB, &cost.Passes, &cost.Lanes); err != nil {
		return cost, nil, nil, bad
	}
	if cost.MemoryKiB > maxMemoryKiB || cost.Passes < 1 || cost.Passes > maxPasses || cost.Lanes < 1 || cost.Lanes > maxLanes {
		return cost, nil, nil, bad
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(salt) < 8 || len(key) < 16 || len(key) > 64 {
		return cost, nil, nil, bad
	}
	return cost, salt, key, nil
}

func randomBytes(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	return b, nil
}
