package accounts

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// sessionKind is what a token is good for.
type sessionKind string

const (
	kindSession   sessionKind = "session"   // everything its user may do; its life slides
	kindSetup     sessionKind = "setup"     // only setting up the second factor and ending itself; never extended
	kindInstaller sessionKind = "installer" // registering agents; a fixed life
	kindOperator  sessionKind = "operator"  // as a session, taken at the server for scripts; a fixed life
)

const tokenBytes = 32

// The texts of rest-1.md §1.3.
const (
	msgInvalidToken = "Invalid token."
	msgKeyExpired   = "The token has expired."
	msgInactive     = "User inactive or deleted."
)

// mint creates a session and returns its token, which exists nowhere else.
func mint(ctx context.Context, db querier, user int32, kind sessionKind, expiry time.Time, ip string) (token, digest string, err error) {
	raw, err := randomBytes(tokenBytes)
	if err != nil {
		return "", "", err
	}
	token, digest = hex.EncodeToString(raw), tokenDigest(raw)
	_, err = db.Exec(ctx, `INSERT INTO sessions (digest, token_key, user_id, expiry, kind, ip) VALUES ($1, $2, $3, $4, $5, $6)`,
		digest, token[:8], user, expiry, string(kind), address(ip))
	if err != nil {
		return "", "", fmt.Errorf("create session: %w", err)
	}
	return token, digest, nil
}

// tokenDigest is the public identifier of a session.
func tokenDigest(raw []byte) string {
	sum := sha512.Sum512(raw)
	return hex.EncodeToString(sum[:])
}

func address(ip string) *netip.Addr {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return nil
	}
	return &a
}

// Session returns the user behind a session token. The short token of the first sign-in is refused with
// fault.KindForbidden unless setup is true.
func (s *Service) Session(ctx context.Context, token string, setup bool) (*access.Principal, error) {
	raw, err := hex.DecodeString(token)
	if err != nil || len(raw) != tokenBytes {
		return nil, fault.Unauthenticated(msgInvalidToken)
	}
	digest, now := tokenDigest(raw), s.Now()
	var (
		kind    sessionKind
		created time.Time
		expiry  *time.Time
		site    *int32
		ver     versions
	)
	err = s.Pool.QueryRow(ctx, `
		SELECT s.kind, s.created, s.expiry, s.site_id, u.id, u.is_active, u.xmin::text, coalesce(r.xmin::text, '')
		FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN roles r ON r.id = u.role_id
		WHERE s.digest = $1`, digest).Scan(&kind, &created, &expiry, &site, &ver.userID, &ver.active, &ver.user, &ver.role)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.Unauthenticated(msgInvalidToken)
	}
	if err != nil {
		return nil, fmt.Errorf("look up session: %w", err)
	}
	if expiry != nil && !expiry.After(now) {
		// Installer tokens stay until the retention job takes them: their deployments hang on them and are still listed.
		if _, err := s.Pool.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1 AND expiry <= $2 AND kind <> 'installer'`, ver.userID, now); err != nil {
			return nil, fmt.Errorf("delete expired sessions: %w", err)
		}
		return nil, fault.Unauthenticated(msgInvalidToken)
	}
	if !ver.active {
		return nil, fault.Unauthenticated(msgInactive)
	}
	if kind == kindSetup && !setup {
		return nil, fault.Forbidden()
	}
	if err := s.slide(ctx, digest, kind, created, expiry, now); err != nil {
		return nil, err
	}
	p, err := s.principal(ctx, ver)
	if err != nil {
		return nil, err
	}
	p.Kind, p.SessionDigest, p.InstallSite = access.Session, digest, site
	return p, nil
}

// slide extends a session's life when that is worth a write (rest-1.md §1.3). Other kinds keep the life they were given.
// No session outlives its absolute age.
func (s *Service) slide(ctx context.Context, digest string, kind sessionKind, created time.Time, expiry *time.Time, now time.Time) error {
	if kind != kindSession || expiry == nil {
		return nil
	}
	until := now.Add(sessionLifetime)
	if end := created.Add(s.SessionMaxAge); until.After(end) {
		until = end
	}
	if until.Sub(*expiry) <= sessionSlack {
		return nil
	}
	_, err := s.Pool.Exec(ctx, `UPDATE sessions SET expiry = $2, last_used = $3 WHERE digest = $1`, digest, until, now)
	return wrap("extend session", err)
}

// Logout ends the session by which the caller came.
func (s *Service) Logout(ctx context.Context, p *access.Principal) error {
	if _, err := s.Pool.Exec(ctx, `DELETE FROM sessions WHERE digest = $1`, p.SessionDigest); err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	s.sessionsEnded(p.UserID, p.SessionDigest)
	return nil
}

// LogoutAll ends every session of the caller.
func (s *Service) LogoutAll(ctx context.Context, p *access.Principal) error {
	_, err := s.endAll(ctx, s.Pool, p.UserID)
	if err == nil {
		s.sessionsEnded(p.UserID)
	}
	return err
}

// Sessions returns the sessions of a user that have not expired, oldest first.
func (s *Service) Sessions(ctx context.Context, user int32) ([]Session, error) {
	u, err := s.User(ctx, user)
	if err != nil {
		return nil, err
	}
	rows, err := s.Pool.Query(ctx, `SELECT digest, created, expiry FROM sessions
		WHERE user_id = $1 AND (expiry IS NULL OR expiry > $2) ORDER BY created, digest`, user, s.Now())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Session, error) {
		one := Session{User: u.Username}
		return one, row.Scan(&one.Digest, &one.Created, &one.Expiry)
	})
	return list, wrap("list sessions", err)
}

// EndSessions ends every session of a user.
func (s *Service) EndSessions(ctx context.Context, user int32) error {
	err := s.guarded(ctx, func(tx pgx.Tx) error {
		if _, err := readUser(ctx, tx, user, ""); err != nil {
			return err
		}
		if err := s.mayTouch(ctx, tx, user); err != nil {
			return err
		}
		_, err := s.endAll(ctx, tx, user)
		return err
	})
	if err == nil {
		s.sessionsEnded(user)
	}
	return err
}

func (s *Service) endAll(ctx context.Context, db querier, user int32) (int64, error) {
	tag, err := db.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1`, user)
	return tag.RowsAffected(), wrap("end sessions", err)
}

// EndSession ends the session with the digest.
func (s *Service) EndSession(ctx context.Context, digest string) error {
	var user int32
	err := s.guarded(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `DELETE FROM sessions WHERE digest = $1 RETURNING user_id`, digest).Scan(&user)
		if err != nil {
			return missing("AuthToken", "end session", err)
		}
		return s.mayTouch(ctx, tx, user)
	})
	if err == nil {
		s.sessionsEnded(user, digest)
	}
	return err
}

// MintInstaller creates an installer token in the caller's transaction; digest is what it is stored under. A token with a site
// enrols only there and ends with it.
func (s *Service) MintInstaller(ctx context.Context, tx pgx.Tx, site *int32, expiry time.Time) (token, digest string, err error) {
	user, err := s.installer(ctx, tx)
	if err != nil {
		return "", "", err
	}
	if token, digest, err = mint(ctx, tx, user, kindInstaller, expiry, ""); err != nil || site == nil {
		return token, digest, err
	}
	_, err = tx.Exec(ctx, `UPDATE sessions SET site_id = $2 WHERE digest = $1`, digest, *site)
	return token, digest, wrap("bind installer token", err)
}

// DeleteInstaller ends an installer token in the caller's transaction; one that is gone already is no error.
func (s *Service) DeleteInstaller(ctx context.Context, tx pgx.Tx, digest string) error {
	_, err := tx.Exec(ctx, `DELETE FROM sessions WHERE digest = $1 AND kind = 'installer'`, digest)
	return wrap("delete installer token", err)
}
