package accounts

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"
)

func TestMatchTOTP(t *testing.T) {
	t.Parallel()
	key, err := newTOTPKey()
	require.NoError(t, err)
	require.Regexp(t, "^[A-Z2-7]{32}$", key)
	now := time.Unix(1_700_000_010, 0)
	for shift := -12; shift <= 12; shift++ {
		code, err := totp.GenerateCode(key, now.Add(time.Duration(shift)*totpPeriod))
		require.NoError(t, err)
		step, ok, err := matchTOTP(key, " "+code+" ", now)
		require.NoError(t, err)
		if shift < -totpWindow || shift > totpWindow {
			require.False(t, ok && step == now.Unix()/30+int64(shift))
			continue
		}
		require.True(t, ok)
	}
	for _, code := range []string{"", "12345", "1234567", "12345a", "sekret", "١٢٣٤٥٦"} {
		_, ok, err := matchTOTP(key, code, now)
		require.NoError(t, err)
		require.False(t, ok)
	}
	_, ok, err := matchTOTP("", "328482", now)
	require.NoError(t, err)
	require.False(t, ok)
}

func TestQRURL(t *testing.T) {
	t.Parallel()
	require.Equal(t, "otpauth://totp/rmm.example.com:8443:a%20b@c?secret=KEY&issuer=rmm.example.com%3A8443", qrURL("rmm.example.com:8443", "a b@c", "KEY"))
}
