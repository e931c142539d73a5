package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

const keyBytesAPI = 20 // 32 characters of base 32: upper-case letters and digits

// APIKey returns the user behind an API key.
func (s *Service) APIKey(ctx context.Context, key string) (*access.Principal, error) {
	hash := sha256.Sum256([]byte(key))
	var (
		expiration *time.Time
		ver        versions
	)
	err := s.Pool.QueryRow(ctx, `
		SELECT k.expiration, u.id, u.is_active, u.xmin::text, coalesce(r.xmin::text, '')
		FROM api_keys k JOIN users u ON u.id = k.user_id LEFT JOIN roles r ON r.id = u.role_id
		WHERE k.key_hash = $1`, hash[:]).Scan(&expiration, &ver.userID, &ver.active, &ver.user, &ver.role)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.Unauthenticated(msgInvalidToken)
	}
	if err != nil {
		return nil, fmt.Errorf("look up API key: %w", err)
	}
	switch {
	case !ver.active:
		return nil, fault.Unauthenticated(msgInactive)
	case expiration != nil && !expiration.After(s.Now()):
		return nil, fault.Unauthenticated(msgKeyExpired)
	}
	p, err := s.principal(ctx, ver)
	if err != nil {
		return nil, err
	}
	p.Kind = access.APIKey
	return p, nil
}

const selectKeys = `SELECT k.id, k.name, '', k.expiration, k.user_id, u.username, k.created_by, k.created_time, k.modified_by, k.modified_time
	FROM api_keys k JOIN users u ON u.id = k.user_id `

func scanKey(row pgx.CollectableRow) (APIKey, error) {
	var k APIKey
	return k, row.Scan(&k.ID, &k.Name, &k.Key, &k.Expiration, &k.UserID, &k.Username, &k.CreatedBy, &k.CreatedTime, &k.ModifiedBy, &k.ModifiedTime)
}

// hiddenKey stands for a key whose owner may have more rights than who asks: reading it would be taking them.
const hiddenKey = "********"

// APIKeys returns every key. A caller who is no superuser reads the keys of his own account, of accounts with his own role and
// of accounts without any; the others are there without their text.
func (s *Service) APIKeys(ctx context.Context) ([]APIKey, error) {
	caller := access.From(ctx)
	rows, err := s.Pool.Query(ctx, `SELECT k.id, k.name, CASE WHEN $1::bool OR u.id = $2 OR (NOT u.is_superuser AND (u.role_id IS NULL OR u.role_id = $3)) THEN k.key ELSE $4 END, k.key_hash,
		k.expiration, k.user_id, u.username, k.created_by, k.created_time, k.modified_by, k.modified_time
		FROM api_keys k JOIN users u ON u.id = k.user_id ORDER BY k.id`, caller.Super, caller.UserID, caller.RoleID, hiddenKey)
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	keys, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (APIKey, error) {
		var (
			k    APIKey
			hash []byte
		)
		err := row.Scan(&k.ID, &k.Name, &k.Key, &hash, &k.Expiration, &k.UserID, &k.Username, &k.CreatedBy, &k.CreatedTime, &k.ModifiedBy, &k.ModifiedTime)
		if err != nil {
			return k, err
		}
		if k.Key, err = s.Box.Open(keyPlace(hash), k.Key); err != nil {
			s.Log.Error("an API key cannot be shown", zap.Int32("api_key", k.ID), zap.Error(err)) // it goes on working
			k.Key = hiddenKey
		}
		return k, nil
	})
	return keys, wrap("list API keys", err)
}

// auditedKey is what the audit log keeps of a key (rest-1.md §1.11).
type auditedKey struct {
	Name       string     `json:"name"`
	Username   string     `json:"username"`
	Expiration *time.Time `json:"expiration"`
}

func (k APIKey) audited() auditedKey {
	return auditedKey{Name: k.Name, Username: k.Username, Expiration: k.Expiration}
}

func (k APIKey) display() string { return fmt.Sprintf("APIKey object (%d)", k.ID) }

// AddAPIKey creates a key for a user with a text that only the server chooses.
func (s *Service) AddAPIKey(ctx context.Context, name string, user int32, expiration *time.Time) error {
	raw, err := randomBytes(keyBytesAPI)
	if err != nil {
		return err
	}
	key := base32.StdEncoding.EncodeToString(raw)
	hash := sha256.Sum256([]byte(key))
	return s.guarded(ctx, func(tx pgx.Tx) error {
		if err := s.mayTouch(ctx, tx, user); err != nil {
			return err
		}
		k := APIKey{Name: name, UserID: user, Expiration: expiration}
		if err := tx.QueryRow(ctx, `SELECT username FROM users WHERE id = $1`, user).Scan(&k.Username); err != nil {
			return missing("User", "create API key", err)
		}
		err := tx.QueryRow(ctx, `INSERT INTO api_keys (name, key, key_hash, expiration, user_id, created_by, modified_by)
			VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id`, name, s.Box.Seal(keyPlace(hash[:]), key), hash[:], expiration, user, access.From(ctx).Username).Scan(&k.ID)
		if err != nil {
			return keyError("create API key", err)
		}
		return s.Audit.Change(ctx, tx, audit.Object{Type: "apikey", Name: k.display(), After: k.audited()})
	})
}

// UpdateAPIKey changes name, user or expiration of a key.
func (s *Service) UpdateAPIKey(ctx context.Context, id int32, change func(*APIKey)) error {
	return s.guarded(ctx, func(tx pgx.Tx) error {
		before, err := lockKey(ctx, tx, id)
		if err != nil {
			return err
		}
		after := before
		change(&after)
		for _, user := range []int32{before.UserID, after.UserID} {
			if err := s.mayTouch(ctx, tx, user); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE api_keys SET name = $2, user_id = $3, expiration = $4, modified_by = $5, modified_time = now() WHERE id = $1`,
			id, after.Name, after.UserID, after.Expiration, access.From(ctx).Username)
		if err != nil {
			return keyError("change API key", err)
		}
		if err := tx.QueryRow(ctx, `SELECT username FROM users WHERE id = $1`, after.UserID).Scan(&after.Username); err != nil {
			return missing("User", "change API key", err)
		}
		return s.Audit.Change(ctx, tx, audit.Object{Type: "apikey", Name: before.display(), Before: before.audited(), After: after.audited()})
	})
}

// DeleteAPIKey removes a key.
func (s *Service) DeleteAPIKey(ctx context.Context, id int32) error {
	return s.guarded(ctx, func(tx pgx.Tx) error {
		before, err := lockKey(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.mayTouch(ctx, tx, before.UserID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM api_keys WHERE id = $1`, id); err != nil {
			return fmt.Errorf("delete API key: %w", err)
		}
		return s.Audit.Change(ctx, tx, audit.Object{Type: "apikey", Name: before.display(), Before: before.audited()})
	})
}

func lockKey(ctx context.Context, tx pgx.Tx, id int32) (APIKey, error) {
	rows, err := tx.Query(ctx, selectKeys+`WHERE k.id = $1 FOR UPDATE OF k`, id)
	if err != nil {
		return APIKey{}, fmt.Errorf("read API key: %w", err)
	}
	k, err := pgx.CollectExactlyOneRow(rows, scanKey)
	return k, missing("APIKey", "read API key", err)
}

// missing turns "no rows" into the refusal of the model and names the operation in everything else.
func missing(model, operation string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.NotFound(model)
	}
	return wrap(operation, err)
}

func keyError(operation string, err error) error {
	switch {
	case postgres.Constraint(err, postgres.UniqueViolation) == "api_keys_name_key":
		return fault.InvalidField("name", "api key with this name already exists.")
	case postgres.Constraint(err, postgres.ForeignKeyViolation) != "":
		return fault.NotFound("User")
	}
	return wrap(operation, err)
}
