package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
)

// The methods below are for the operator at the server (rmmctl): they know accounts by name, ask no permission and are not
// stopped by ROOT_USER.

// OperatorCreateAdmin creates a superuser.
func (s *Service) OperatorCreateAdmin(ctx context.Context, username, password string) (User, error) {
	ctx = system(ctx)
	if err := checkNew(username, password); err != nil {
		return User{}, err
	}
	return s.Create(ctx, NewUser{Username: username, Password: password, Super: true})
}

// OperatorResetPassword replaces a password and ends the sessions of the account.
func (s *Service) OperatorResetPassword(ctx context.Context, username, password string) error {
	ctx = system(ctx)
	if err := checkNew(username, password); err != nil {
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
		_, err = tx.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1`, id)
		return wrap("end sessions", err)
	})
}

// OperatorResetTOTP clears the second factor of an account; the next sign-in sets it up again.
func (s *Service) OperatorResetTOTP(ctx context.Context, username string) error {
	ctx = system(ctx)
	id, err := userByName(ctx, s.Pool, username)
	if err != nil {
		return err
	}
	_, err = s.Pool.Exec(ctx, `UPDATE users SET totp_key = NULL, totp_last_step = NULL, modified_by = $2, modified_time = now() WHERE id = $1`,
		id, access.From(ctx).Username)
	return wrap("reset second factor", err)
}

// OperatorStartSession opens a session of an account for scripts at the server. Its life is not extended.
func (s *Service) OperatorStartSession(ctx context.Context, username string, lifetime time.Duration) (token string, err error) {
	id, err := userByName(ctx, s.Pool, username)
	if err != nil {
		return "", err
	}
	token, _, err = mint(ctx, s.Pool, id, kindOperator, s.Now().Add(lifetime), "")
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
func (s *Service) OperatorEndSessions(ctx context.Context, username string) (int64, error) {
	id, err := userByName(ctx, s.Pool, username)
	if err != nil {
		return 0, err
	}
	tag, err := s.Pool.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1`, id)
	return tag.RowsAffected(), wrap("end sessions", err)
}

func userByName(ctx context.Context, db querier, username string) (id int32, err error) {
	err = db.QueryRow(ctx, `SELECT id FROM users WHERE username = $1 AND NOT is_installer_user`, username).Scan(&id)
	return id, missing("User", "find user", err)
}
