package audit

import (
	"bytes"
	"encoding/json"
	"slices"
)

const masked = "********"

// secretKeys are the keys whose values never enter the log: credentials that the contract returns in clear to those who
// may edit them, but that whoever reads the log must not learn.
func secretKeys() []string {
	return []string{"password", "token", "key", "smtp_host_password", "twilio_auth_token", "mesh_token", "open_ai_token", "totp_key", "secret", "client_secret", "private_key", "secret_key"}
}

func isSecret(key string) bool { return slices.Contains(secretKeys(), key) }

// maskSecrets replaces the non-empty string values of secret keys and of the further ones, at any depth, and leaves the rest byte for byte.
func maskSecrets(raw json.RawMessage, further []string) (json.RawMessage, error) {
	if !bytes.Contains(raw, []byte(`"`)) {
		return raw, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if !mask(v, further) {
		return raw, nil
	}
	return json.Marshal(v)
}

func mask(v any, further []string) (changed bool) {
	switch x := v.(type) {
	case map[string]any:
		for k, inner := range x {
			if s, ok := inner.(string); ok && s != "" && (isSecret(k) || slices.Contains(further, k)) {
				x[k] = masked
				changed = true
				continue
			}
			changed = mask(inner, further) || changed
		}
	case []any:
		for _, inner := range x {
			changed = mask(inner, further) || changed
		}
	}
	return changed
}
