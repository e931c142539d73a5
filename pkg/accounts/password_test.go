package accounts_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/accounts"
)

func TestPasswords(t *testing.T) {
	t.Parallel()
	h, err := accounts.NewHasher(cheap)
	require.NoError(t, err)
	hash, err := h.Hash(t.Context(), "secret")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$"), hash)
	again, err := h.Hash(t.Context(), "secret")
	require.NoError(t, err)
	require.NotEqual(t, hash, again)
	for password, want := range map[string]bool{"secret": true, "Secret": false, "": false, strings.Repeat("x", accounts.MaxPassword+1): false} {
		ok, renew, err := h.Verify(t.Context(), hash, password)
		require.NoError(t, err)
		require.Equal(t, want, ok)
		require.False(t, renew)
	}
	for _, broken := range []string{"", "!", "secret", "$argon2id$v=19$m=99999999,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAA", strings.Replace(hash, "id", "i", 1)} {
		ok, _, err := h.Verify(t.Context(), broken, "secret")
		require.NoError(t, err)
		require.False(t, ok, broken)
	}
}

func TestHashCostIsBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []accounts.HashCost{{}, {MemoryKiB: 4, Passes: 1, Lanes: 1, Concurrent: 1}, {MemoryKiB: 64, Passes: 1, Lanes: 1, Concurrent: -1},
		{MemoryKiB: 1 << 30, Passes: 1, Lanes: 1, Concurrent: 1}} {
		_, err := accounts.NewHasher(c)
		require.Error(t, err)
	}
}

// TestHashingWaitsForASlot: with one slot the second hash waits and gives up with its context.
func TestHashingWaitsForASlot(t *testing.T) {
	t.Parallel()
	h, err := accounts.NewHasher(accounts.HashCost{MemoryKiB: 64 << 10, Passes: 8, Lanes: 1, Concurrent: 1})
	require.NoError(t, err)
	started, done := make(chan struct{}), make(chan error, 1)
	go func() {
		close(started)
		_, err := h.Hash(t.Context(), "slow")
		done <- err
	}()
	<-started
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	require.Eventually(t, func() bool {
		_, err := h.Hash(ctx, "second")
		return err != nil
	}, time.Minute, time.Millisecond)
	require.NoError(t, <-done)
}

// TestUnknownUsersTakeAsLong: the answer to an unknown name costs a hash, like a wrong password.
func TestUnknownUsersTakeAsLong(t *testing.T) {
	t.Parallel()
	h, err := accounts.NewHasher(accounts.HashCost{MemoryKiB: 1 << 10, Passes: 1, Lanes: 1, Concurrent: 1})
	require.NoError(t, err)
	hash, err := h.Hash(t.Context(), "secret")
	require.NoError(t, err)
	took := func(hash string) time.Duration {
		began := time.Now()
		_, _, err := h.Verify(t.Context(), hash, "wrong")
		require.NoError(t, err)
		return time.Since(began)
	}
	known, unknown := time.Hour, time.Hour
	for range 60 { // turn by turn and the fastest of many: a busy machine slows both
		known, unknown = min(known, took(hash)), min(unknown, took(""))
	}
	require.Less(t, known, 3*unknown)
	require.Less(t, unknown, 3*known)
}

// FuzzVerify feeds stored hashes: none may panic, hang or be right.
func FuzzVerify(f *testing.F) {
	h, err := accounts.NewHasher(cheap)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=,t=1,p=1$$")
	f.Add("")
	f.Fuzz(func(t *testing.T, hash string) {
		if strings.Contains(hash, "m=") && len(hash) > 200 {
			return
		}
		ok, _, err := h.Verify(t.Context(), hash, "no such password")
		require.NoError(t, err)
		require.False(t, ok)
	})
}
