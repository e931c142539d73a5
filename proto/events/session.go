package events

import (
	"fmt"

	"github.com/gueencode/gueenrmm/proto/subjects"
)

// SessionsRevoked says that sessions ended: open sockets of them close at once. With Digests empty all sessions of the
// user ended.
type SessionsRevoked struct {
	UserID  int32    `json:"user_id"`
	Digests []string `json:"digests,omitempty"`
}

// Subject returns where the fact is published.
func (SessionsRevoked) Subject() string { return subjects.Fact("session", "revoked") }

// ParseSessionsRevoked decodes the fact.
func ParseSessionsRevoked(data []byte) (SessionsRevoked, error) {
	var f SessionsRevoked
	return f, decode(data, &f)
}

// AccessChanged says that users, roles or their reach changed: whoever keeps a caller's permissions reads them again.
type AccessChanged struct {
	UserID int32 `json:"user_id,omitempty"` // 0: a role, so possibly many users
	RoleID int32 `json:"role_id,omitempty"`
}

// Subject returns where the fact is published.
func (AccessChanged) Subject() string { return subjects.Fact("access", "changed") }

// ParseAccessChanged decodes the fact.
func ParseAccessChanged(data []byte) (AccessChanged, error) {
	var f AccessChanged
	return f, decode(data, &f)
}

// ResultsApplied says that results taken from the RESULTS stream are in the database now.
type ResultsApplied struct {
	MessageIDs []string `json:"message_ids"`
}

// Subject returns where the fact is published.
func (ResultsApplied) Subject() string { return subjects.Fact("result", "applied") }

// ParseResultsApplied decodes the fact.
func ParseResultsApplied(data []byte) (ResultsApplied, error) {
	var f ResultsApplied
	if err := decode(data, &f); err != nil {
		return f, fmt.Errorf("results applied: %w", err)
	}
	return f, nil
}
