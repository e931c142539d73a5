package accounts

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// setupLock keeps two first runs, or two makers of the installer's account, from overlapping. The number is arbitrary.
const setupLock = 7_355_608

// NeedsSetup says whether nobody can sign in yet.
func (s *Service) NeedsSetup(ctx context.Context) (bool, error) {
	return needsSetup(ctx, s.Pool)
}

func needsSetup(ctx context.Context, db querier) (needed bool, err error) {
	err = db.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM users WHERE NOT is_installer_user)`).Scan(&needed)
	return needed, wrap("ask for first run", err)
}

// SetUp creates the first administrator. Once there is an account it is fault.KindNotFound for ever.
func (s *Service) SetUp(ctx context.Context, username, password string) (User, error) {
	if err := refuseSetup(s.NeedsSetup(ctx)); err != nil {
		return User{}, err
	}
	if err := s.checkNew(username, password); err != nil {
		return User{}, err
	}
	hash, err := s.hashPassword(ctx, password)
	if err != nil {
		return User{}, err
	}
	var u User
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, setupLock); err != nil {
			return fmt.Errorf("lock first run: %w", err)
		}
		if err := refuseSetup(needsSetup(ctx, tx)); err != nil {
			return err
		}
		if _, err := s.installer(ctx, tx); err != nil {
			return err
		}
		u, err = s.insertUser(ctx, tx, NewUser{Username: username, Super: true}, hash)
		return err
	})
	return u, err
}

func refuseSetup(needed bool, err error) error {
	if err != nil || needed {
		return err
	}
	return &fault.Error{Kind: fault.KindNotFound, Code: "already_set_up", Message: "The first administrator exists."}
}

func (s *Service) checkNew(username, password string) error {
	fields := fault.Fields{}
	if !usernameText.MatchString(username) || utf8.RuneCountInString(username) > maxUsername {
		fields["username"] = []string{msgUsername}
	}
	if problem := s.passwordProblem(password, username); problem != "" {
		fields["password"] = []string{problem}
	}
	if len(fields) > 0 {
		return fault.Invalid(fields)
	}
	return nil
}

// installer returns the account that owns installer tokens, making it when it is missing (domain.md §10.5).
func (s *Service) installer(ctx context.Context, tx pgx.Tx) (id int32, err error) {
	err = tx.QueryRow(ctx, `SELECT id FROM users WHERE is_installer_user ORDER BY id LIMIT 1`).Scan(&id)
	if !errors.Is(err, pgx.ErrNoRows) {
		return id, wrap("find installer account", err)
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, setupLock); err != nil {
		return 0, fmt.Errorf("lock installer account: %w", err)
	}
	name, err := randomBytes(16)
	if err != nil {
		return 0, err
	}
	// "!" is no hash: no password opens this account.
	err = tx.QueryRow(ctx, `WITH known AS (SELECT id FROM users WHERE is_installer_user ORDER BY id LIMIT 1), made AS (
			INSERT INTO users (username, password, is_installer_user, block_dashboard_login)
			SELECT $1, '!', true, true WHERE NOT EXISTS (SELECT FROM known) RETURNING id)
		SELECT id FROM known UNION ALL SELECT id FROM made`, hex.EncodeToString(name)).Scan(&id)
	return id, wrap("create installer account", err)
}

// system is the caller of the operator's command line.
func system(ctx context.Context) context.Context {
	return access.With(ctx, &access.Principal{Kind: access.System, Username: "rmmctl", Super: true, Scope: access.Everything()})
}
