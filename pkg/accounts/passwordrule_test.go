package accounts_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// TestOneRuleForAllPasswords: every way to set a password refuses the same ones, beside the field, and leaves nothing behind.
func TestOneRuleForAllPasswords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	root, err := b.Create(b.ctx, accounts.NewUser{Username: "long.username", Password: "password-1", Super: true})
	require.NoError(t, err)
	ways := map[string]func(password string) error{
		"create": func(p string) error {
			_, err := b.Create(b.ctx, accounts.NewUser{Username: "Other.user", Password: p})
			return err
		},
		"reset":          func(p string) error { return b.SetPassword(b.ctx, root.ID, p) },
		"operator":       func(p string) error { return b.OperatorResetPassword(b.ctx, "long.username", p) },
		"operator's new": func(p string) error { _, err := b.OperatorCreateAdmin(b.ctx, "Other.user", p); return err },
	}
	for way, set := range ways {
		for _, bad := range []string{"", "x", "seven77", "ÄÖÜäöüß", "Password1", "P@ssw0rd", "qwertyuiop", "1234567890", "00000000", strings.Repeat("ab", accounts.MaxPassword)} {
			err := set(bad)
			require.Equal(t, fault.KindInvalid, fault.KindOf(err), "%s: %.20q", way, bad)
			require.ErrorContains(t, err, "password")
		}
	}
	for _, way := range []string{"create", "operator's new"} {
		for _, like := range []string{"other.USER", "other.user1", "1Other.user!"} {
			require.Equal(t, fault.KindInvalid, fault.KindOf(ways[way](like)), "%s %s", way, like)
		}
	}
	for _, way := range []string{"reset", "operator"} {
		require.Equal(t, fault.KindInvalid, fault.KindOf(ways[way]("long.username")), way)
	}
	_, err = b.Create(b.ctx, accounts.NewUser{Username: "km", FirstName: "Kimberley", LastName: "Moss", Email: "kim.moss@example.com", Password: "kimberley7"})
	require.ErrorContains(t, err, "too similar")
	_, err = b.Create(b.ctx, accounts.NewUser{Username: "km", FirstName: "Kimberley", LastName: "Moss", Email: "kim.moss@example.com", Password: "KimMoss@example.com"})
	require.ErrorContains(t, err, "too similar")
	_, err = b.CheckCredentials(b.ctx, accounts.Credentials{Username: "long.username", Password: "password-1"})
	require.NoError(t, err, "what was refused changed nothing")
	users, err := b.Users(b.ctx, "other.user")
	require.NoError(t, err)
	require.Empty(t, users)
	require.NoError(t, ways["create"]("8-signs!"))
	b.MinPassword = 12
	require.Error(t, ways["reset"]("password-12"))
	require.NoError(t, ways["reset"]("password-123"))
}
