package accounts

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// LiveSessions returns which of the sessions are still good, each with a version that changes whenever its user or the
// user's role does. Long connections ask for it now and then; it does not extend a session's life.
func (s *Service) LiveSessions(ctx context.Context, digests []string) (map[string]string, error) {
	rows, err := s.Pool.Query(ctx, `
		SELECT s.digest, u.xmin::text || '/' || coalesce(r.id::text, '') || '/' || coalesce(r.xmin::text, '')
		FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN roles r ON r.id = u.role_id
		WHERE s.digest = ANY ($1::text[]) AND (s.expiry IS NULL OR s.expiry > $2) AND u.is_active`, digests, s.Now())
	if err != nil {
		return nil, fmt.Errorf("look up live sessions: %w", err)
	}
	live := make(map[string]string, len(digests))
	var digest, version string
	_, err = pgx.ForEachRow(rows, []any{&digest, &version}, func() error {
		live[digest] = version
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up live sessions: %w", err)
	}
	return live, nil
}
