package accounts_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/accounts"
)

// BenchmarkPassword is the price of one sign-in at the default cost.
func BenchmarkPassword(b *testing.B) {
	h, err := accounts.NewHasher(accounts.DefaultHashCost())
	require.NoError(b, err)
	hash, err := h.Hash(b.Context(), "secret")
	require.NoError(b, err)
	for b.Loop() {
		ok, _, err := h.Verify(b.Context(), hash, "secret")
		require.NoError(b, err)
		require.True(b, ok)
	}
}

// BenchmarkUnknownName is the price of a sign-in with a name that nobody has: that of a wrong password.
func BenchmarkUnknownName(b *testing.B) {
	h, err := accounts.NewHasher(accounts.DefaultHashCost())
	require.NoError(b, err)
	for b.Loop() {
		ok, _, err := h.Verify(b.Context(), "", "secret")
		require.NoError(b, err)
		require.False(b, ok)
	}
}
