package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// The methods below are for the operator at the server (rmmctl): they know accounts by name, ask no permission and are not
// stopped by ROOT_USER.

// OperatorCreateAdmin creates a superuser.
func (s *Service) OperatorCreateAdmin(ctx context.Context, username, password string) (User, error) {
	ctx = system(ctx)
	if err := s.checkNew(username, password); err != nil {
		return User{}, err
	}
	hash, err := s.hashPassword(ctx, password)
	if err != nil {
		return User{}, err
	}
	var u User
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if u, err = s.insertUser(ctx, tx, NewUser{Username: username, Super: true}, hash); err != nil {
			return err
		}
		who := access.From(ctx).Username // a program, of whose changes the log keeps no rows by itself
		return s.Audit.Record(ctx, tx, audit.Entry{Username: who, Action: audit.Add, ObjectType: "user", Message: who + " added administrator " + username, After: u})
	})
	return u, err
}

// OperatorResetPassword replaces a password and ends the sessions of the account.
func (s *Service) OperatorResetPassword(ctx context.Context, username, password string) error {
	ctx = system(ctx)
	if err := s.checkNew(username, password); err != nil {
		return err
	}
	hash, err := s.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		id, err := userByName(ctx, tx, username)
		if err != nil {
			return err
		}
		if err := setPassword(ctx, tx, id, hash); err != nil {
			return fmt.Errorf("set password: %w", err)
		}
		if _, err := s.endAll(ctx, tx, id); err != nil {
			return err
		}
		return s.auditOperator(ctx, tx, username, "reset the password of")
	})
}

// OperatorResetTOTP clears the second factor of an account; the next sign-in sets it up again.
func (s *Service) OperatorResetTOTP(ctx context.Context, username string) error {
	ctx = system(ctx)
	return s.inTx(ctx, func(tx pgx.Tx) error {
		id, err := userByName(ctx, tx, username)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE users SET totp_key = NULL, totp_last_step = NULL, modified_by = $2, modified_time = now() WHERE id = $1`,
			id, access.From(ctx).Username)
		if err != nil {
			return fmt.Errorf("reset second factor: %w", err)
		}
		return s.auditOperator(ctx, tx, username, "reset the second factor of")
	})
}

// auditOperator notes what was done at the server. Nobody signs in there, so the row names the program.
func (s *Service) auditOperator(ctx context.Context, tx pgx.Tx, username, did string) error {
	return s.Audit.Record(ctx, tx, audit.Entry{Username: access.From(ctx).Username, Action: audit.Modify, ObjectType: "user",
		Message: access.From(ctx).Username + " " + did + " " + username})
}

// OperatorStartSession opens a session of an account for scripts at the server. Its life is not extended.
func (s *Service) OperatorStartSession(ctx context.Context, username string, lifetime time.Duration) (token string, err error) {
	ctx = system(ctx)
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		id, err := userByName(ctx, tx, username)
		if err != nil {
			return err
		}
		if token, _, err = mint(ctx, tx, id, kindOperator, s.Now().Add(lifetime), ""); err != nil {
			return err
		}
		return s.auditOperator(ctx, tx, username, "opened a session of")
	})
	return token, err
}

// OperatorSessions lists the sessions of an account.
func (s *Service) OperatorSessions(ctx context.Context, username string) ([]Session, error) {
	id, err := userByName(ctx, s.Pool, username)
	if err != nil {
		return nil, err
	}
	return s.Sessions(ctx, id)
}

// OperatorEndSessions ends every session of an account and says how many there were.
func (s *Service) OperatorEndSessions(ctx context.Context, username string) (ended int64, err error) {
	ctx = system(ctx)
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		id, err := userByName(ctx, tx, username)
		if err != nil {
			return err
		}
		if ended, err = s.endAll(ctx, tx, id); err != nil {
			return err
		}
		return s.auditOperator(ctx, tx, username, "ended the sessions of")
	})
	return ended, err
}

// OperatorEndSession ends one session of an account; a beginning of the digest is enough when only one has it.
func (s *Service) OperatorEndSession(ctx context.Context, username, digest string) error {
	ctx = system(ctx)
	return s.inTx(ctx, func(tx pgx.Tx) error {
		id, err := userByName(ctx, tx, username)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1 AND starts_with(digest, $2)`, id, digest)
		if err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		switch tag.RowsAffected() {
		case 0:
			return fault.NotFound("AuthToken")
		case 1:
			return s.auditOperator(ctx, tx, username, "ended a session of")
		}
		return fault.Refusedf("%d sessions begin with this digest.", tag.RowsAffected())
	})
}

func userByName(ctx context.Context, db querier, username string) (id int32, err error) {
	err = db.QueryRow(ctx, `SELECT id FROM users WHERE username = $1 AND NOT is_installer_user`, username).Scan(&id)
	return id, missing("User", "find user", err)
}
