package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// wrongCode ends the messages of audit rows about one-time codes that were not right.
const wrongCode = "Two Factor token rejected"

// ConfirmCode asks somebody who is signed in for a one-time code again, before something that a stolen session must not be
// enough for; what names it in the audit log. A code is good once, for whatever it is used. Wrong ones are counted by their
// audit rows, so that every replica counts the same.
func (s *Service) ConfirmCode(ctx context.Context, user int32, code, what string) (ok bool, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		var (
			username string
			key      *string
			signedIn bool
			wrong    int
		)
		// The lock makes those who try at the same moment wait for each other's rows.
		err := tx.QueryRow(ctx, `SELECT username, totp_key, totp_last_step IS NOT NULL FROM users WHERE id = $1 AND is_active FOR UPDATE`, user).
			Scan(&username, &key, &signedIn)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.Forbidden()
		}
		if err != nil {
			return fmt.Errorf("look up user: %w", err)
		}
		if key == nil || *key == "" {
			return fault.Refused("Set up a second factor first.")
		}
		// A session alone is enough to reset the second factor and set up another one: only a sign-in, which also asks for the
		// password, makes it good for more.
		if !signedIn {
			return fault.Refused("The second factor or the password is new: sign in with it first.")
		}
		err = tx.QueryRow(ctx, `SELECT count(*) FROM audit_log WHERE username = $1 AND entry_time > $2 AND action = 'failed_login'
			AND message LIKE '%' || $3`, username, s.Now().Add(-totpWithin), wrongCode).Scan(&wrong)
		if err != nil {
			return fmt.Errorf("count second-factor tries: %w", err)
		}
		if wrong >= totpTries {
			return fault.Throttled(totpWithin / 2)
		}
		plain, err := s.Box.Open(totpPlace(user), *key)
		if err != nil {
			return fmt.Errorf("second factor: %w", err)
		}
		step, match, err := matchTOTP(plain, code, s.Now())
		if err != nil {
			return err
		}
		if match {
			tag, err := tx.Exec(ctx, `UPDATE users SET totp_last_step = $2 WHERE id = $1 AND (totp_last_step IS NULL OR totp_last_step < $2)`, user, step)
			if err != nil {
				return fmt.Errorf("use up code: %w", err)
			}
			ok = tag.RowsAffected() == 1
		}
		if ok {
			return nil
		}
		return s.Audit.Record(ctx, tx, audit.Entry{
			Username: username, Action: audit.FailedLogin, ObjectType: "user",
			Message: fmt.Sprintf("%s failed to open %s: %s", username, what, wrongCode),
		})
	})
	return ok, err
}
