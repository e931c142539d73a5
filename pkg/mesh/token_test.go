package mesh_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/mesh"
)

func TestLoginToken(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("0123456789abcdef", 10)
	token, err := mesh.LoginToken(key, "ann___7", time.Unix(1_700_000_000, 0))
	require.NoError(t, err)
	require.NotContains(t, token, "+")
	require.NotContains(t, token, "/")
	raw, err := base64.StdEncoding.DecodeString(strings.NewReplacer("@", "+", "$", "/").Replace(token))
	require.NoError(t, err)
	secret, err := hex.DecodeString(key)
	require.NoError(t, err)
	block, err := aes.NewCipher(secret[:32])
	require.NoError(t, err)
	gcm, err := cipher.NewGCM(block)
	require.NoError(t, err)
	plain, err := gcm.Open(nil, raw[:12], append(append([]byte{}, raw[28:]...), raw[12:28]...), nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"a":3,"u":"user//ann___7","time":1700000000}`, string(plain))

	_, err = mesh.LoginToken("", "x", time.Now())
	require.ErrorIs(t, err, mesh.ErrKey)
}

func TestNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "annsmith___7", mesh.UserName("Ann Smith", 7))
	require.True(t, mesh.ValidNodeID("abcdef01"))
	for _, bad := range []string{"", "not hex", "abc"} {
		require.False(t, mesh.ValidNodeID(bad))
	}
}
