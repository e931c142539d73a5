package accounts

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

const (
	msgUsername = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
	msgTaken    = "A user with that username already exists."
	maxUsername = 150
	userTaken   = "users_username_key"
)

var usernameText = regexp.MustCompile(`^[\p{L}\p{N}_@.+-]+$`)

const selectUsers = `SELECT id, username, first_name, last_name, email, is_active, last_login, host(last_login_ip) AS last_login_ip,
	role_id, block_dashboard_login, date_format FROM users `

// Users returns the accounts of people whose name contains search, in any case.
func (s *Service) Users(ctx context.Context, search string) ([]User, error) {
	rows, err := s.Pool.Query(ctx, selectUsers+`WHERE NOT is_installer_user AND ($1 = '' OR strpos(lower(username), lower($1)) > 0) ORDER BY id`, search)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	users, err := pgx.CollectRows(rows, pgx.RowToStructByName[User])
	return users, wrap("list users", err)
}

// User returns one account. The installer's account is hidden.
func (s *Service) User(ctx context.Context, id int32) (User, error) {
	return readUser(ctx, s.Pool, id, "")
}

func readUser(ctx context.Context, db querier, id int32, lock string) (User, error) {
	rows, err := db.Query(ctx, selectUsers+`WHERE id = $1 AND NOT is_installer_user `+lock, id)
	if err != nil {
		return User{}, fmt.Errorf("read user: %w", err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[User])
	return u, missing("User", "read user", err)
}

// NewUser is what creating an account takes.
type NewUser struct {
	Username  string
	Password  string
	Email     string
	FirstName string
	LastName  string
	Role      *int32
	Super     bool
}

// Create stores a new account. Unlike in the reference nothing is stored when the role does not exist.
func (s *Service) Create(ctx context.Context, n NewUser) (User, error) {
	if !usernameText.MatchString(n.Username) || utf8.RuneCountInString(n.Username) > maxUsername {
		return User{}, fault.Refused("['" + msgUsername + "']")
	}
	hash, err := s.hashPassword(ctx, n.Password)
	if err != nil {
		return User{}, err
	}
	var u User
	err = s.guarded(ctx, func(tx pgx.Tx) error {
		if n.Role != nil {
			if err := s.mayAssign(ctx, tx, *n.Role); err != nil {
				return err
			}
		}
		if u, err = s.insertUser(ctx, tx, n, hash); err != nil {
			return err
		}
		return s.checkPassword(u, n.Password) // after what the contract says of the name and the role
	})
	return u, err
}

func (s *Service) hashPassword(ctx context.Context, password string) (string, error) {
	if len(password) > MaxPassword {
		return "", fault.InvalidField("password", tooLong())
	}
	return s.Hasher.Hash(ctx, password)
}

func (s *Service) insertUser(ctx context.Context, tx pgx.Tx, n NewUser, hash string) (User, error) {
	if n.Role != nil {
		var one int
		if err := tx.QueryRow(ctx, `SELECT 1 FROM roles WHERE id = $1 FOR KEY SHARE`, *n.Role).Scan(&one); err != nil {
			return User{}, missing("Role", "create user", err)
		}
	}
	var id int32
	err := tx.QueryRow(ctx, `INSERT INTO users (username, password, email, first_name, last_name, role_id, is_superuser, created_by, modified_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, NULLIF($8, ''), NULLIF($8, '')) RETURNING id`,
		n.Username, hash, normalEmail(n.Email), n.FirstName, n.LastName, n.Role, n.Super, access.From(ctx).Username).Scan(&id)
	if postgres.Constraint(err, postgres.UniqueViolation) == userTaken {
		return User{}, fault.Refusedf("ERROR: User %s already exists!", n.Username)
	}
	if err != nil {
		return User{}, fmt.Errorf("create user: %w", err)
	}
	u, err := readUser(ctx, tx, id, "")
	if err != nil {
		return User{}, err
	}
	return u, s.Audit.Change(ctx, tx, audit.Object{Type: "user", Name: u.Username, After: u})
}

// normalEmail lower-cases the domain, as addresses are compared.
func normalEmail(email string) string {
	local, domain, ok := strings.Cut(email, "@")
	if !ok {
		return email
	}
	return local + "@" + strings.ToLower(domain)
}

// Update changes an account with the given function.
func (s *Service) Update(ctx context.Context, id int32, change func(*User)) error {
	err := s.guarded(ctx, func(tx pgx.Tx) error {
		before, err := readUser(ctx, tx, id, "FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		if err := s.protectRoot(ctx, before.Username, "modified"); err != nil {
			return err
		}
		if err := s.mayTouch(ctx, tx, id); err != nil {
			return err
		}
		after := before
		change(&after)
		if after.Username != before.Username && !usernameText.MatchString(after.Username) {
			return fault.InvalidField("username", msgUsername)
		}
		if after.Role != nil && (before.Role == nil || *before.Role != *after.Role) {
			if err := s.mayAssign(ctx, tx, *after.Role); err != nil {
				return err
			}
		}
		if err := s.keepSuper(ctx, tx, "user", func() error { return storeUser(ctx, tx, after) }); err != nil {
			return err
		}
		return s.Audit.Change(ctx, tx, audit.Object{Type: "user", Name: after.Username, Before: before, After: after})
	})
	if err == nil {
		s.userChanged(id)
	}
	return err
}

func storeUser(ctx context.Context, tx pgx.Tx, u User) error {
	_, err := tx.Exec(ctx, `UPDATE users SET username = $2, first_name = $3, last_name = $4, email = $5, is_active = $6, last_login = $7,
		last_login_ip = $8::text::inet, role_id = $9, block_dashboard_login = $10, date_format = $11, modified_by = $12, modified_time = now() WHERE id = $1`,
		u.ID, u.Username, u.FirstName, u.LastName, u.Email, u.IsActive, u.LastLogin, u.LastLoginIP, u.Role, u.BlockDashboardLogin, u.DateFormat,
		access.From(ctx).Username)
	if postgres.Constraint(err, postgres.UniqueViolation) == userTaken {
		return fault.InvalidField("username", msgTaken)
	}
	return wrap("change user", err)
}

// Delete removes an account with its sessions and keys.
func (s *Service) Delete(ctx context.Context, id int32) error {
	err := s.guarded(ctx, func(tx pgx.Tx) error {
		before, err := readUser(ctx, tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		if err := s.protectRoot(ctx, before.Username, "deleted"); err != nil {
			return err
		}
		if err := s.mayTouch(ctx, tx, id); err != nil {
			return err
		}
		err = s.keepSuper(ctx, tx, "user", func() error {
			_, err := tx.Exec(ctx, `DELETE FROM users WHERE id = $1`, id)
			return wrap("delete user", err)
		})
		if err != nil {
			return err
		}
		return s.Audit.Change(ctx, tx, audit.Object{Type: "user", Name: before.Username, Before: before})
	})
	if err == nil {
		s.sessionsEnded(id)
	}
	return err
}

// protectRoot refuses what others want to do to the operator's own account.
func (s *Service) protectRoot(ctx context.Context, target, verb string) error {
	if s.RootUser != "" && target == s.RootUser && (s.Demo || access.From(ctx).Username != s.RootUser) {
		return fault.Refused("The root user cannot be " + verb + " from the UI")
	}
	return nil
}

// MayReset says whether the caller may reset the account's password or second factor: with the permission, or his own;
// nobody while local logon is blocked (rest-1.md §4).
func (s *Service) MayReset(ctx context.Context, caller *access.Principal, target int32) (bool, error) {
	blocked, err := s.LocalLogonBlocked(ctx)
	if err != nil {
		return false, err
	}
	return !blocked && (caller.Can(access.ManageAccounts) || caller.UserID == target), nil
}

// SetPassword replaces the password of an account. Sessions survive, as in the contract.
func (s *Service) SetPassword(ctx context.Context, id int32, password string) error {
	hash, err := s.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return s.guarded(ctx, func(tx pgx.Tx) error {
		u, err := readUser(ctx, tx, id, "FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		if err := s.protectRoot(ctx, u.Username, "modified"); err != nil {
			return err
		}
		if err := s.mayTouch(ctx, tx, id); err != nil {
			return err
		}
		if err := s.checkPassword(u, password); err != nil {
			return err
		}
		return wrap("set password", setPassword(ctx, tx, id, hash))
	})
}

func setPassword(ctx context.Context, db querier, id int32, hash string) error {
	_, err := db.Exec(ctx, `UPDATE users SET password = $2, totp_last_step = NULL, modified_by = $3, modified_time = now() WHERE id = $1`,
		id, hash, access.From(ctx).Username)
	return err
}

// ResetTOTP clears the second factor of an account and returns its name.
func (s *Service) ResetTOTP(ctx context.Context, id int32) (username string, err error) {
	err = s.guarded(ctx, func(tx pgx.Tx) error {
		u, err := readUser(ctx, tx, id, "FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		if err := s.protectRoot(ctx, u.Username, "modified"); err != nil {
			return err
		}
		if err := s.mayTouch(ctx, tx, id); err != nil {
			return err
		}
		username = u.Username
		_, err = tx.Exec(ctx, `UPDATE users SET totp_key = NULL, totp_last_step = NULL, modified_by = $2, modified_time = now() WHERE id = $1`,
			id, access.From(ctx).Username)
		return wrap("reset second factor", err)
	})
	return username, err
}

// Enrolment is a new second factor.
type Enrolment struct {
	Username string
	Key      string
	QRURL    string
}

// SetUpTOTP gives the caller a second factor; ok is false when there is one already.
func (s *Service) SetUpTOTP(ctx context.Context, p *access.Principal) (e Enrolment, ok bool, err error) {
	if p.Installer {
		return e, false, fault.Forbidden()
	}
	key, err := newTOTPKey()
	if err != nil {
		return e, false, err
	}
	tag, err := s.Pool.Exec(ctx, `UPDATE users SET totp_key = $2, totp_last_step = NULL WHERE id = $1 AND coalesce(totp_key, '') = ''`, p.UserID,
		s.Box.Seal(totpPlace(p.UserID), key))
	if err != nil {
		return e, false, fmt.Errorf("set up second factor: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return e, false, nil
	}
	return Enrolment{Username: p.Username, Key: key, QRURL: qrURL(s.WebDomain, p.Username, key)}, true, nil
}
