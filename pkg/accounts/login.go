package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

const badCredentials = "Bad credentials"

// Second-factor tries of a user in a row; see codeLimits.
const (
	totpTries  = 20
	totpWithin = 10 * time.Minute
)

// Credentials are what the login form sends.
type Credentials struct {
	Username string
	Password string
	Code     string // second factor
	IP       string
}

// FirstStep is the answer to name and password: ask for the code, or set it up with the short token.
type FirstStep struct {
	TOTP   bool
	Token  string
	Expiry time.Time
}

// Token is a new session.
type Token struct {
	Token    string
	Expiry   time.Time
	Username string
}

// candidate is the account that somebody wants to sign in to.
type candidate struct {
	id       int32
	username string
	password string
	active   bool
	super    bool
	blocked  bool
	totp     *string
	lastIP   *string // where the last session was opened
}

// CheckCredentials is step one of the login dialogue (rest-1.md §3, POST /v2/checkcreds/).
func (s *Service) CheckCredentials(ctx context.Context, c Credentials) (FirstStep, error) {
	who, ok, err := s.verifyPassword(ctx, c)
	if err != nil {
		return FirstStep{}, err
	}
	if !ok {
		if err := s.auditFailure(ctx, s.Pool, c.Username, "Credentials were rejected"); err != nil {
			return FirstStep{}, err
		}
		return FirstStep{}, fault.Refused(badCredentials)
	}
	if err := s.mayLogOn(ctx, who); err != nil {
		return FirstStep{}, err
	}
	if who.totp != nil && *who.totp != "" {
		return FirstStep{TOTP: true}, nil
	}
	step := FirstStep{Expiry: s.Now().Add(setupLifetime)}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE users SET last_login = $2 WHERE id = $1`, who.id, s.Now()); err != nil {
			return fmt.Errorf("note sign-in: %w", err)
		}
		step.Token, _, err = mint(ctx, tx, who.id, kindSetup, step.Expiry, c.IP)
		return err
	})
	return step, err
}

// Login is step two (rest-1.md §3, POST /v2/login/): it repeats step one and asks for the code.
func (s *Service) Login(ctx context.Context, c Credentials) (Token, error) {
	who, ok, err := s.verifyPassword(ctx, c)
	if err != nil {
		return Token{}, err
	}
	if !ok {
		return Token{}, fault.InvalidField(fault.NonField, "Unable to log in with provided credentials.")
	}
	if err := s.mayLogOn(ctx, who); err != nil {
		return Token{}, err
	}
	if err := s.take(ctx, fmt.Sprintf("totp:%d", who.id), codeLimits()); err != nil {
		return Token{}, err
	}
	step, ok, err := s.matchCode(who, c.Code)
	if err != nil {
		return Token{}, err
	}
	now := s.Now()
	token := Token{Username: who.username, Expiry: now.Add(sessionLifetime)}
	if ok {
		ok, err = s.enter(ctx, who, c, step, &token)
		if err != nil {
			return Token{}, err
		}
	}
	if !ok {
		if err := s.auditFailure(ctx, s.Pool, who.username, wrongCode); err != nil {
			return Token{}, err
		}
		return Token{}, fault.Refused(badCredentials)
	}
	return token, nil
}

// enter uses up the code's time step and opens the session; false says that the step had been used before.
func (s *Service) enter(ctx context.Context, who candidate, c Credentials, step int64, token *Token) (fresh bool, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		// The same code is never good twice, also not for two requests at the same moment. A new password starts anew:
		// who saw the code used has seen another password with it.
		// A demo takes any code, so it uses none up.
		tag, err := tx.Exec(ctx, `UPDATE users SET totp_last_step = CASE WHEN $5 THEN totp_last_step ELSE $2 END, last_login = $3, last_login_ip = $4
			WHERE id = $1 AND ($5 OR totp_last_step IS NULL OR totp_last_step < $2)`, who.id, step, s.Now(), address(c.IP), s.Demo)
		if err != nil {
			return fmt.Errorf("note sign-in: %w", err)
		}
		if fresh = tag.RowsAffected() == 1; !fresh {
			return nil
		}
		if token.Token, _, err = mint(ctx, tx, who.id, kindSession, token.Expiry, c.IP); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Entry{Username: who.username, Action: audit.Login, ObjectType: "user",
			Message: who.username + " logged in successfully"})
	})
	return fresh, err
}

func (s *Service) matchCode(who candidate, code string) (step int64, ok bool, err error) {
	if who.totp == nil || *who.totp == "" {
		return 0, false, nil
	}
	if s.Demo { // a demo server takes any code (rest-1.md §1.12)
		return 0, true, nil
	}
	key, err := s.Box.Open(totpPlace(who.id), *who.totp)
	if err != nil {
		return 0, false, fmt.Errorf("second factor: %w", err)
	}
	return matchTOTP(key, code, s.Now())
}

// verifyPassword finds the account and compares the password. Unknown names take as long as wrong passwords.
func (s *Service) verifyPassword(ctx context.Context, c Credentials) (candidate, bool, error) {
	var who candidate
	err := s.Pool.QueryRow(ctx, `SELECT id, username, password, is_active, is_superuser, block_dashboard_login OR is_installer_user,
		totp_key, host(last_login_ip) FROM users WHERE username = $1`, c.Username).
		Scan(&who.id, &who.username, &who.password, &who.active, &who.super, &who.blocked, &who.totp, &who.lastIP)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return who, false, fmt.Errorf("look up user: %w", err)
	}
	if err := s.limitPasswords(ctx, c.Username, c.IP, who.lastIP); err != nil {
		return who, false, err
	}
	ok, renew, err := s.Hasher.Verify(ctx, who.password, c.Password)
	if err != nil {
		return who, false, err
	}
	if !ok || !who.active {
		return who, false, nil
	}
	if renew {
		hash, err := s.Hasher.Hash(ctx, c.Password)
		if err != nil {
			return who, false, err
		}
		if _, err := s.Pool.Exec(ctx, `UPDATE users SET password = $2 WHERE id = $1 AND password = $3`, who.id, hash, who.password); err != nil {
			return who, false, fmt.Errorf("renew password hash: %w", err)
		}
	}
	return who, true, nil
}

// mayLogOn refuses accounts that may not use the login form although the password is right.
func (s *Service) mayLogOn(ctx context.Context, who candidate) error {
	if who.blocked {
		return fault.Refused(badCredentials)
	}
	if who.super {
		return nil
	}
	blocked, err := s.LocalLogonBlocked(ctx)
	if err != nil {
		return err
	}
	if blocked {
		return fault.Refused(badCredentials)
	}
	return nil
}

func (s *Service) auditFailure(ctx context.Context, db audit.Execer, username, why string) error {
	return s.Audit.Record(ctx, db, audit.Entry{Username: username, Action: audit.FailedLogin, ObjectType: "user",
		Message: username + " failed to login: " + why})
}
