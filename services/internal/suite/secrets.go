package suite

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nkeys"
)

// secrets are made once per directory and kept in secrets.json (0600).
type secrets struct {
	AdminPassword    string `json:"admin_password"`
	PostgresPassword string `json:"postgres_password"` // of the owner of the database
	ServicesPassword string `json:"services_password"` // of the services' role in it
	RedisPassword    string `json:"redis_password"`
	NATSPassword     string `json:"nats_password"`
	NATSSysPassword  string `json:"nats_sys_password"`
	NATSAuthPassword string `json:"nats_auth_password"`
	NATSIssuerSeed   string `json:"nats_issuer_seed"`
	MonToken         string `json:"mon_token"`
	SecretKey        string `json:"secret_key"`
}

func loadSecrets(dir string) (*secrets, error) {
	path := filepath.Join(dir, "secrets.json")
	text, err := os.ReadFile(filepath.Clean(path))
	if err == nil {
		s := &secrets{}
		if err := json.Unmarshal(text, s); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if s.SecretKey != "" && s.ServicesPassword != "" {
			return s, nil
		}
		if s.SecretKey == "" { // a suite from before secrets were sealed
			s.SecretKey = newSecretKey()
		}
		if s.ServicesPassword == "" { // a suite from before the services had a role of their own
			s.ServicesPassword = rand.Text()
		}
		return s, writeJSON(path, s)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read secrets: %w", err)
	}
	issuer, err := nkeys.CreateAccount()
	if err != nil {
		return nil, fmt.Errorf("make issuer key: %w", err)
	}
	seed, err := issuer.Seed()
	if err != nil {
		return nil, fmt.Errorf("make issuer key: %w", err)
	}
	s := &secrets{
		AdminPassword: rand.Text(), PostgresPassword: rand.Text(), ServicesPassword: rand.Text(), RedisPassword: rand.Text(), NATSPassword: rand.Text(),
		NATSSysPassword: rand.Text(), NATSAuthPassword: rand.Text(), NATSIssuerSeed: string(seed), MonToken: rand.Text(),
		SecretKey: newSecretKey(),
	}
	return s, writeJSON(path, s)
}

func newSecretKey() string { return rand.Text() + rand.Text() + rand.Text() }

// writeJSON replaces a file that only its owner may read.
func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", filepath.Base(path), err)
	}
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}
