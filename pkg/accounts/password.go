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

	"golang.org/x/crypto/argon2"
)

// HashCost is the price of one password hash (argon2id, RFC 9106). Hashes carry their own cost, so that a change takes
// effect at each user's next sign-in.
type HashCost struct {
	MemoryKiB  uint32
	Passes     uint32
	Lanes      uint8
	Concurrent int // hashes computed at the same time, each holding MemoryKiB; 0: half of the cores, so that other work goes on
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
)

// Hasher hashes and verifies passwords, a bounded number at a time.
type Hasher struct {
	cost  HashCost
	slots chan struct{}
	dummy string // verified when there is no such user, so that the answer takes as long
}

// NewHasher returns a Hasher.
func NewHasher(cost HashCost) (*Hasher, error) {
	if cost.Concurrent == 0 {
		cost.Concurrent = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if cost.MemoryKiB < 8*uint32(cost.Lanes) || cost.Passes < 1 || cost.Lanes < 1 || cost.Concurrent < 1 ||
		cost.MemoryKiB > maxMemoryKiB || cost.Passes > maxPasses || cost.Lanes > maxLanes {
		return nil, errors.New("password hash cost is out of range")
	}
	h := &Hasher{cost: cost, slots: make(chan struct{}, cost.Concurrent)}
	secret, err := randomBytes(saltBytes)
	if err != nil {
		return nil, err
	}
	h.dummy, err = h.hash(string(secret))
	return h, err
}

// Hash returns the hash of a password in PHC form.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.acquire(ctx); err != nil {
		return "", err
	}
	defer h.release()
	return h.hash(password)
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
	got := argon2.IDKey([]byte(password), salt, cost.Passes, cost.MemoryKiB, cost.Lanes, uint32(len(key)))
	if subtle.ConstantTimeCompare(got, key) != 1 || !known {
		return false, false, nil
	}
	today := cost.MemoryKiB == h.cost.MemoryKiB && cost.Passes == h.cost.Passes && cost.Lanes == h.cost.Lanes
	return true, !today, nil
}

func (h *Hasher) acquire(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for password hashing: %w", ctx.Err())
	}
}

func (h *Hasher) release() { <-h.slots }

func (h *Hasher) hash(password string) (string, error) {
	salt, err := randomBytes(saltBytes)
	if err != nil {
		return "", err
	}
	key := argon2.IDKey([]byte(password), salt, h.cost.Passes, h.cost.MemoryKiB, h.cost.Lanes, keyBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.MemoryKiB, h.cost.Passes, h.cost.Lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
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
