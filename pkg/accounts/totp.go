package accounts

import (
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// The second factor (domain.md §10.3): SHA-1, 6 digits, steps of 30 s, accepted one step early or late.
const (
	totpPeriod = 30 * time.Second
	totpWindow = 1
	totpBytes  = 20 // 32 characters of base 32
)

var totpCode = regexp.MustCompile(`^[0-9]{6}$`)

func newTOTPKey() (string, error) {
	secret, err := randomBytes(totpBytes)
	if err != nil {
		return "", err
	}
	return base32.StdEncoding.EncodeToString(secret), nil
}

// qrURL returns what an authenticator app reads from the QR code.
func qrURL(domain, username, key string) string {
	return "otpauth://totp/" + url.PathEscape(domain) + ":" + url.PathEscape(username) + "?secret=" + key + "&issuer=" + url.QueryEscape(domain)
}

// matchTOTP returns the newest time step of the window whose code is the given one. An empty key matches nothing.
func matchTOTP(key, code string, now time.Time) (step int64, ok bool, err error) {
	code = strings.TrimSpace(code)
	if key == "" || !totpCode.MatchString(code) {
		return 0, false, nil
	}
	current := now.Unix() / int64(totpPeriod/time.Second)
	for s := current - totpWindow; s <= current+totpWindow; s++ {
		want, err := hotp.GenerateCodeCustom(key, uint64(s), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, false, fmt.Errorf("compute second factor: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok, nil
}
