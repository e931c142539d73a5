// Package seal encrypts the few secrets that the database must be able to give back: what is copied out of a database, a
// backup or a replica is of no use without the key of the installation, which is a setting of the programs.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// MinSecret is the least number of characters of an installation's secret.
const MinSecret = 32

const (
	mark     = "sealed:" // begins every sealed text, then the key's name, a colon and the box
	keyBytes = 32        // AES-256
	keyLabel = "gueen rmm sealed columns, version 1"
	nameSize = 4 // bytes of the key's hash that name it
)

// ErrKey says that a text was sealed with a key that this program was not given.
var ErrKey = errors.New("sealed with a key that is not known here")

// ErrBroken says that a sealed text was changed, or belongs to another row or column.
var ErrBroken = errors.New("sealed text does not belong here")

// Box seals with its first key and opens with all of them. A nil Box knows no key: it stores and reads plain text.
type Box struct {
	current string
	keys    map[string]cipher.AEAD
}

// New returns a Box for the secret of the installation; older secrets open what was sealed before the secret was changed. An
// empty secret gives a nil Box, which needs that there is no older one.
func New(secret string, older ...string) (*Box, error) {
	if secret == "" {
		if len(older) > 0 {
			return nil, errors.New("an older secret is given, but none to seal with")
		}
		return nil, nil
	}
	b := &Box{keys: map[string]cipher.AEAD{}}
	for i, s := range append([]string{secret}, older...) {
		if len(s) < MinSecret {
			return nil, fmt.Errorf("the secret must have at least %d characters", MinSecret)
		}
		name, aead, err := key(s)
		if err != nil {
			return nil, fmt.Errorf("derive key: %w", err)
		}
		b.keys[name] = aead
		if i == 0 {
			b.current = name
		}
	}
	return b, nil
}

func key(secret string) (name string, aead cipher.AEAD, err error) {
	raw, err := hkdf.Key(sha256.New, []byte(secret), nil, keyLabel, keyBytes)
	if err != nil {
		return "", nil, err
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return "", nil, err
	}
	aead, err = cipher.NewGCMWithRandomNonce(block)
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:nameSize]), aead, err
}

// Known says whether the box has a key.
func (b *Box) Known() bool { return b != nil }

// Seal encrypts a text for one place, such as "users.totp_key:7": it opens nowhere else. Empty texts stay empty, and so does
// what is sealed already (a value that could not be opened and is written back).
func (b *Box) Seal(place, text string) string {
	if b == nil || text == "" || Sealed(text) {
		return text
	}
	box := b.keys[b.current].Seal(nil, nil, []byte(text), []byte(place)) //nolint:gosec // this AEAD makes its own random nonce
	return mark + b.current + ":" + base64.RawStdEncoding.EncodeToString(box)
}

// Open returns the text that was sealed for the place. What is not sealed is returned as it is.
func (b *Box) Open(place, text string) (string, error) {
	if !Sealed(text) {
		return text, nil
	}
	name, box, _ := strings.Cut(strings.TrimPrefix(text, mark), ":")
	if b == nil || b.keys[name] == nil {
		return "", fmt.Errorf("open %s: %w", column(place), ErrKey)
	}
	raw, err := base64.RawStdEncoding.DecodeString(box)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", column(place), ErrBroken)
	}
	plain, err := b.keys[name].Open(nil, nil, raw, []byte(place))
	if err != nil {
		return "", fmt.Errorf("open %s: %w", column(place), ErrBroken)
	}
	return string(plain), nil
}

// Stale says whether a stored text should be sealed anew: it is plain, or its key is an older one.
func (b *Box) Stale(text string) bool {
	return b != nil && text != "" && !strings.HasPrefix(text, mark+b.current+":")
}

// Sealed says whether a text is a sealed one.
func Sealed(text string) bool { return strings.HasPrefix(text, mark) }

// Fresh is the beginning of texts that are sealed with today's key, for statements that look for others; "" without a key.
func (b *Box) Fresh() string {
	if b == nil {
		return ""
	}
	return mark + b.current + ":"
}

func column(place string) string { name, _, _ := strings.Cut(place, ":"); return name }
