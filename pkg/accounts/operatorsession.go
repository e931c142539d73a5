package accounts

import (
	"context"
	"time"
)

// OperatorStartSession signs an account in for lifetime and returns the session's token: scripts of the operator at the
// server use the REST interface with it and sign out. It is extended by use as any session.
func (s *Service) OperatorStartSession(ctx context.Context, username string, lifetime time.Duration) (token string, err error) {
	id, err := userByName(ctx, s.Pool, username)
	if err != nil {
		return "", err
	}
	token, _, err = mint(ctx, s.Pool, id, kindSession, s.Now().Add(lifetime), "")
	return token, err
}
