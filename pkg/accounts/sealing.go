package accounts

import (
	"context"
	"encoding/hex"
	"strconv"

	"github.com/gueencode/gueenrmm/pkg/platform/seal/sealrows"
)

// API keys are looked up by their hash. Their text is kept only because the contract's list shows it (rest-1.md §2, APIKey),
// and sealed, as second factors are: a copy of the database opens nothing.

func totpPlace(user int32) string             { return "users.totp_key:" + strconv.Itoa(int(user)) }
func keyPlace(hash []byte) string             { return "api_keys.key:" + hex.EncodeToString(hash) }
func userPlace(id int32, _ []byte) string     { return totpPlace(id) }
func apiKeyPlace(_ int32, hash []byte) string { return keyPlace(hash) }

func sealedColumns() []sealrows.Column {
	return []sealrows.Column{
		{
			Next:  `SELECT id, totp_key, NULL::bytea FROM users WHERE id > $1 AND totp_key <> '' AND NOT starts_with(totp_key, $2) ORDER BY id LIMIT $3 FOR UPDATE`,
			Store: `UPDATE users u SET totp_key = v.text FROM unnest($1::int[], $2::text[]) v(id, text) WHERE u.id = v.id`,
			Place: userPlace,
		},
		{
			Next:  `SELECT id, key, key_hash FROM api_keys WHERE id > $1 AND NOT starts_with(key, $2) ORDER BY id LIMIT $3 FOR UPDATE`,
			Store: `UPDATE api_keys k SET key = v.text FROM unnest($1::int[], $2::text[]) v(id, text) WHERE k.id = v.id`,
			Place: apiKeyPlace,
		},
	}
}

// SealStored seals what is stored in clear or was sealed with an older key, and says how many values that were. Values whose
// key is not known stay as they are. It does nothing without a key.
func (s *Service) SealStored(ctx context.Context) (sealed int, err error) {
	return sealrows.Seal(ctx, s.Pool, s.Box, sealedColumns()...)
}
