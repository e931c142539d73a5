package seal_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/seal"
)

const (
	first  = "0123456789abcdef0123456789abcdef"
	second = "fedcba9876543210fedcba9876543210"
)

func box(t testing.TB, secret string, older ...string) *seal.Box {
	t.Helper()
	b, err := seal.New(secret, older...)
	require.NoError(t, err)
	return b
}

func TestSealedTextsOpenOnlyWhereTheyBelong(t *testing.T) {
	t.Parallel()
	b := box(t, first)
	text := b.Seal("users.totp_key:7", "JBSWY3DP")
	require.True(t, seal.Sealed(text))
	require.NotContains(t, text, "JBSWY3DP")
	require.NotEqual(t, text, b.Seal("users.totp_key:7", "JBSWY3DP"))
	plain, err := b.Open("users.totp_key:7", text)
	require.NoError(t, err)
	require.Equal(t, "JBSWY3DP", plain)
	for _, place := range []string{"users.totp_key:8", "api_keys.key:7", ""} {
		_, err := b.Open(place, text)
		require.ErrorIs(t, err, seal.ErrBroken)
	}
	changed := []byte(text)
	changed[len(changed)-3] ^= 1
	_, err = b.Open("users.totp_key:7", string(changed))
	require.ErrorIs(t, err, seal.ErrBroken)
	_, err = box(t, second).Open("users.totp_key:7", text)
	require.ErrorIs(t, err, seal.ErrKey)
	require.NotContains(t, err.Error(), "7", "errors go to logs")
}

func TestPlainTextsAreReadAndFoundStale(t *testing.T) {
	t.Parallel()
	b := box(t, first)
	plain, err := b.Open("x", "plain")
	require.NoError(t, err)
	require.Equal(t, "plain", plain)
	require.True(t, b.Stale("plain"))
	require.False(t, b.Stale(""))
	require.Empty(t, b.Seal("x", ""))
	once := b.Seal("x", "plain")
	require.False(t, b.Stale(once))
	require.True(t, strings.HasPrefix(once, b.Fresh()))
	require.Equal(t, once, b.Seal("x", once), "sealed twice would never open")
}

func TestAnOlderSecretStillOpens(t *testing.T) {
	t.Parallel()
	text := box(t, first).Seal("x", "plain")
	b := box(t, second, first)
	plain, err := b.Open("x", text)
	require.NoError(t, err)
	require.Equal(t, "plain", plain)
	require.True(t, b.Stale(text))
	require.False(t, b.Stale(b.Seal("x", plain)))
}

func TestWithoutASecretNothingIsSealed(t *testing.T) {
	t.Parallel()
	b := box(t, "")
	require.False(t, b.Known())
	require.Equal(t, "plain", b.Seal("x", "plain"))
	require.False(t, b.Stale("plain"))
	require.Empty(t, b.Fresh())
	_, err := b.Open("x", box(t, first).Seal("x", "plain"))
	require.ErrorIs(t, err, seal.ErrKey)
	for _, secrets := range [][]string{{"short"}, {first, "short"}, {"", first}} {
		_, err := seal.New(secrets[0], secrets[1:]...)
		require.Error(t, err)
	}
}

// FuzzOpen feeds stored texts: only what was sealed opens.
func FuzzOpen(f *testing.F) {
	b := box(f, first)
	f.Add(b.Seal("x", "plain"))
	f.Add("sealed:")
	f.Add("sealed::")
	f.Add("sealed:00000000:AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		plain, err := b.Open("y", text)
		if seal.Sealed(text) {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.Equal(t, text, plain)
	})
}
