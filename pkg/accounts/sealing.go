package accounts

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// API keys are looked up by their hash. Their text is kept only because the contract's list shows it (rest-1.md §2, APIKey),
// and sealed, as second factors are: a copy of the database opens nothing.

func totpPlace(user int32) string             { return "users.totp_key:" + strconv.Itoa(int(user)) }
func keyPlace(hash []byte) string             { return "api_keys.key:" + hex.EncodeToString(hash) }
func userPlace(id int32, _ []byte) string     { return totpPlace(id) }
func apiKeyPlace(_ int32, hash []byte) string { return keyPlace(hash) }

// sealPiece is how many rows are sealed in one transaction.
const sealPiece = 500

// sealedColumn is a column whose values are sealed.
type sealedColumn struct {
	next  string // statement with $1 the last id and $2 the beginning of fresh values: id, value, hash
	store string // statement with $1 ids, $2 values
	place func(id int32, hash []byte) string
}

func sealedColumns() []sealedColumn {
	return []sealedColumn{
		{
			next:  `SELECT id, totp_key, NULL::bytea FROM users WHERE id > $1 AND totp_key <> '' AND NOT starts_with(totp_key, $2) ORDER BY id LIMIT $3 FOR UPDATE`,
			store: `UPDATE users u SET totp_key = v.text FROM unnest($1::int[], $2::text[]) v(id, text) WHERE u.id = v.id`,
			place: userPlace,
		},
		{
			next:  `SELECT id, key, key_hash FROM api_keys WHERE id > $1 AND NOT starts_with(key, $2) ORDER BY id LIMIT $3 FOR UPDATE`,
			store: `UPDATE api_keys k SET key = v.text FROM unnest($1::int[], $2::text[]) v(id, text) WHERE k.id = v.id`,
			place: apiKeyPlace,
		},
	}
}

// SealStored seals what is stored in clear or was sealed with an older key, and says how many values that were. Values whose
// key is not known stay as they are. It does nothing without a key.
func (s *Service) SealStored(ctx context.Context) (sealed int, err error) {
	if !s.Box.Known() {
		return 0, nil
	}
	for _, c := range sealedColumns() {
		for last := int32(0); last >= 0; {
			var n int
			if n, last, err = s.sealPiece(ctx, c, last); err != nil {
				return sealed, fmt.Errorf("seal stored secrets: %w", err)
			}
			sealed += n
		}
	}
	return sealed, nil
}

// sealPiece seals the rows after the given one; last is below 0 when there are no more.
func (s *Service) sealPiece(ctx context.Context, c sealedColumn, after int32) (sealed int, last int32, err error) {
	last = -1
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, c.next, after, s.Box.Fresh(), sealPiece)
		if err != nil {
			return err
		}
		var (
			id    int32
			text  string
			hash  []byte
			ids   []int32
			texts []string
			seen  int
		)
		_, err = pgx.ForEachRow(rows, []any{&id, &text, &hash}, func() error {
			if seen++; seen == sealPiece {
				last = id
			}
			place := c.place(id, hash)
			plain, err := s.Box.Open(place, text)
			if err != nil {
				return nil //nolint:nilerr // of a key that is not known: its row says so when it is used
			}
			ids, texts = append(ids, id), append(texts, s.Box.Seal(place, plain))
			return nil
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		tag, err := tx.Exec(ctx, c.store, ids, texts)
		sealed = int(tag.RowsAffected())
		return err
	})
	return sealed, last, err
}
