// Package mesh makes what links the product to a MeshCentral server (domain.md §14).
package mesh

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// keyBytes is how much of the login-token key the cipher uses; the server prints 80 bytes as 160 hex digits.
const keyBytes = 32

// ErrKey says that the configured login-token key is none.
var ErrKey = errors.New("mesh token key is not 160 hex digits")

// LoginToken returns the token with which a browser signs in as the user (domain.md §14.1): AES-256-GCM over a small JSON
// object, IV and tag in front, in MeshCentral's spelling of base64.
func LoginToken(keyHex, user string, now time.Time) (string, error) {
	key, err := hex.DecodeString(strings.TrimSpace(keyHex))
	if err != nil || len(key) != 80 {
		return "", ErrKey
	}
	block, err := aes.NewCipher(key[:keyBytes])
	if err != nil {
		return "", fmt.Errorf("mesh token: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return "", fmt.Errorf("mesh token: %w", err)
	}
	payload, err := json.Marshal(map[string]any{"a": 3, "u": "user//" + user, "time": now.Unix()})
	if err != nil {
		return "", fmt.Errorf("mesh token: %w", err)
	}
	iv := make([]byte, gcm.NonceSize())
	if _, err := rand.Read(iv); err != nil {
		return "", fmt.Errorf("mesh token: %w", err)
	}
	sealed := gcm.Seal(nil, iv, payload, nil)
	text, tag := sealed[:len(payload)], sealed[len(payload):]
	raw := append(append(append([]byte{}, iv...), tag...), text...)
	return strings.NewReplacer("+", "@", "/", "$").Replace(base64.StdEncoding.EncodeToString(raw)), nil
}

// UserName is the name of a person's account on the MeshCentral server when accounts are kept in step (domain.md §14.3).
func UserName(username string, id int32) string {
	return fmt.Sprintf("%s___%d", strings.ReplaceAll(strings.ToLower(username), " ", ""), id)
}

// ValidNodeID says whether an agent's node id can name a device there.
func ValidNodeID(id string) bool {
	_, err := hex.DecodeString(id)
	return id != "" && err == nil
}
