package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
)

// OwnSession is a session as its owner sees it.
type OwnSession struct {
	Digest   string
	Created  time.Time
	LastUsed *time.Time // when its life was last extended; nil: never
	Expiry   *time.Time
	IP       string // where it began; "" when that is not known
	Current  bool   // the session by which the caller came
}

// OwnSessions returns the caller's sessions that have not expired, the newest first.
func (s *Service) OwnSessions(ctx context.Context, p *access.Principal) ([]OwnSession, error) {
	rows, err := s.Pool.Query(ctx, `SELECT digest, created, last_used, expiry, coalesce(host(ip), '') FROM sessions
		WHERE user_id = $1 AND (expiry IS NULL OR expiry > $2) ORDER BY created DESC, digest`, p.UserID, s.Now())
	if err != nil {
		return nil, fmt.Errorf("list own sessions: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (OwnSession, error) {
		var one OwnSession
		if err := row.Scan(&one.Digest, &one.Created, &one.LastUsed, &one.Expiry, &one.IP); err != nil {
			return one, err
		}
		one.Current = one.Digest == p.SessionDigest
		return one, nil
	})
	return list, wrap("list own sessions", err)
}

// EndOwnSession ends one of the caller's sessions. Another user's is as unknown as one that does not exist.
func (s *Service) EndOwnSession(ctx context.Context, p *access.Principal, digest string) error {
	var user int32
	err := s.Pool.QueryRow(ctx, `DELETE FROM sessions WHERE digest = $1 AND user_id = $2 RETURNING user_id`, digest, p.UserID).Scan(&user)
	if err != nil {
		return missing("AuthToken", "end own session", err)
	}
	s.sessionsEnded(user, digest)
	return nil
}
