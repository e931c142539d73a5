package agents

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
)

// MaxEnrolmentLife is how long an enrolment may be valid.
const MaxEnrolmentLife = 30 * 24 * time.Hour

// NewEnrolment asks for a token that brings machines of one kind to one site.
type NewEnrolment struct {
	ClientID, SiteID int32
	MonitoringType   string
	Plat, Goarch     string
	Life             time.Duration
}

// Enrolment is such a token's record; Token is set only in the answer to its creation.
type Enrolment struct {
	ID               uuid.UUID
	ClientID, SiteID int32
	MonitoringType   string
	Plat, Goarch     string
	Expires          time.Time
	Token            string
	digest           []byte
}

// Arrival is a machine that came by an enrolment.
type Arrival struct {
	AgentID   string
	Hostname  string
	FirstSeen time.Time
}

// CreateEnrolment issues an installer token bound to a site of the caller's scope.
func (s *Service) CreateEnrolment(ctx context.Context, actor *access.Principal, tokens InstallerTokens, n NewEnrolment) (Enrolment, error) {
	if n.Life <= 0 || n.Life > MaxEnrolmentLife {
		return Enrolment{}, fault.InvalidField("expires_hours", "Ensure this value is between 1 and 720.")
	}
	if _, _, err := s.RequireSite(ctx, actor.Scope, n.SiteID); err != nil {
		return Enrolment{}, err
	}
	names, err := s.q.GetSiteNames(ctx, s.pool, n.SiteID)
	if err != nil {
		return Enrolment{}, fmt.Errorf("create enrolment: %w", err)
	}
	if n.ClientID != 0 && names.ClientID != n.ClientID {
		return Enrolment{}, fault.InvalidField("site", "The site does not belong to the client.")
	}
	expires := s.now().Add(n.Life)
	var token string
	var row agentsdb.Enrolment
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var digest string
		if token, digest, err = tokens.MintInstaller(ctx, tx, &n.SiteID, expires); err != nil {
			return fmt.Errorf("create enrolment: issue token: %w", err)
		}
		hash, err := hex.DecodeString(digest)
		if err != nil {
			return fmt.Errorf("create enrolment: digest: %w", err)
		}
		row, err = s.q.InsertEnrolment(ctx, tx, agentsdb.InsertEnrolmentParams{
			SiteID: n.SiteID, MonitoringType: n.MonitoringType, Plat: n.Plat, Goarch: n.Goarch, TokenHash: hash,
			Expires: expires, CreatedBy: actor.Username,
		})
		if err != nil {
			return fmt.Errorf("create enrolment: %w", err)
		}
		return nil
	})
	if err != nil {
		return Enrolment{}, err
	}
	return Enrolment{
		ID: row.ID, ClientID: names.ClientID, SiteID: row.SiteID, MonitoringType: row.MonitoringType, Plat: row.Plat,
		Goarch: row.Goarch, Expires: row.Expires, Token: token, digest: row.TokenHash,
	}, nil
}

// Enrolment returns an enrolment of the scope and the machines that came by it.
func (s *Service) Enrolment(ctx context.Context, scope access.Scope, id uuid.UUID) (Enrolment, []Arrival, error) {
	e, err := s.enrolment(ctx, id)
	if err != nil {
		return Enrolment{}, nil, err
	}
	if !scope.Agent(e.ClientID, e.SiteID) {
		return Enrolment{}, nil, fault.NotFound("Enrolment")
	}
	rows, err := s.q.ListEnrolmentAgents(ctx, s.pool, id)
	if err != nil {
		return Enrolment{}, nil, fmt.Errorf("list arrivals: %w", err)
	}
	arrivals := make([]Arrival, len(rows))
	for i, row := range rows {
		arrivals[i] = Arrival(row)
	}
	return e, arrivals, nil
}

// EnrolmentByToken returns a valid enrolment for the holder of its token, whose stored digest is given; a wrong token and
// an expired enrolment look the same as none.
func (s *Service) EnrolmentByToken(ctx context.Context, id uuid.UUID, digest []byte) (Enrolment, error) {
	e, err := s.enrolment(ctx, id)
	if err != nil {
		return Enrolment{}, err
	}
	if subtle.ConstantTimeCompare(e.digest, digest) != 1 || !s.now().Before(e.Expires) {
		return Enrolment{}, fault.NotFound("Enrolment")
	}
	return e, nil
}

func (s *Service) enrolment(ctx context.Context, id uuid.UUID) (Enrolment, error) {
	row, err := s.q.GetEnrolment(ctx, s.pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Enrolment{}, fault.NotFound("Enrolment")
	}
	if err != nil {
		return Enrolment{}, fmt.Errorf("get enrolment: %w", err)
	}
	return Enrolment{
		ID: row.ID, ClientID: row.ClientID, SiteID: row.SiteID, MonitoringType: row.MonitoringType, Plat: row.Plat,
		Goarch: row.Goarch, Expires: row.Expires, digest: row.TokenHash,
	}, nil
}
