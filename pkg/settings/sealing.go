package settings

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// credential is a setting that opens another service.
type credential struct {
	column string
	value  **string
}

func credentials(c *Core) []credential {
	return []credential{
		{"smtp_host_password", &c.SMTPHostPassword}, {"twilio_auth_token", &c.TwilioAuthToken},
		{"mesh_token", &c.MeshToken}, {"open_ai_token", &c.OpenAIToken},
	}
}

func place(column string) string { return "core_settings." + column }

// open puts the credentials in clear. One that was sealed with a key that is not known stays as it is: it opens nothing, and
// is still there when the key comes back, also after the other settings were changed.
func (s *Service) open(c *Core) {
	for _, one := range credentials(c) {
		if *one.value == nil {
			continue
		}
		if plain, err := s.box.Open(place(one.column), **one.value); err == nil {
			*one.value = &plain
		}
	}
}

// sealed returns the row as it is to be stored. What did not change keeps the text it is stored with.
func (s *Service) sealed(c, before, stored Core) Core {
	old, kept := credentials(&before), credentials(&stored)
	for i, one := range credentials(&c) {
		value, was := *one.value, *old[i].value
		switch {
		case value == nil:
		case was != nil && *value == *was:
			*one.value = *kept[i].value
		default:
			text := s.box.Seal(place(one.column), *value)
			*one.value = &text
		}
	}
	return c
}

// SealStored seals the credentials that are stored in clear or were sealed with an older key. It does nothing without a key.
func (s *Service) SealStored(ctx context.Context) (sealed int, err error) {
	if !s.box.Known() {
		return 0, nil
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		c, err := readStored(ctx, tx, "FOR UPDATE")
		if err != nil {
			return err
		}
		for _, one := range credentials(&c) {
			if *one.value == nil || !s.box.Stale(**one.value) {
				continue
			}
			plain, err := s.box.Open(place(one.column), **one.value)
			if err != nil {
				continue // of a key that is not known
			}
			_, err = tx.Exec(ctx, `UPDATE core_settings SET `+one.column+` = $1 WHERE id = 1`, s.box.Seal(place(one.column), plain))
			if err != nil {
				return fmt.Errorf("seal %s: %w", one.column, err)
			}
			sealed++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("seal stored credentials: %w", err)
	}
	return sealed, nil
}
