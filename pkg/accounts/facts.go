package accounts

import (
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/proto/events"
)

// Facts tells the other services what changed, after the commit (proto/events): sockets of ended sessions close at once, and
// whoever keeps a caller's rights reads them again. Losing a fact costs latency only: receivers look now and then by themselves.
type Facts interface {
	PublishFacts(facts ...bus.Fact) error
}

func (s *Service) tell(fact bus.Fact) {
	if s.Facts == nil {
		return
	}
	if err := s.Facts.PublishFacts(fact); err != nil {
		s.Log.Warn("fact was not published", zap.String("subject", fact.Subject()), zap.Error(err))
	}
}

// sessionsEnded tells of a user's sessions with the digests, or of all of them.
func (s *Service) sessionsEnded(user int32, digests ...string) {
	s.tell(events.SessionsRevoked{UserID: user, Digests: digests})
}

func (s *Service) userChanged(user int32) { s.tell(events.AccessChanged{UserID: user}) }

func (s *Service) roleChanged(role int32) { s.tell(events.AccessChanged{RoleID: role}) }
