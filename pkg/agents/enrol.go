package agents

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
	"github.com/gueencode/gueenrmm/proto/events"
)

// Limits of an agent's own identifier: the REST routes ask for 21 characters, the column holds 200 (domain.md §1.2).
const (
	minAgentID = 21
	maxAgentID = 200
	maxText    = 255
)

const agentTokenBytes = 20 // 40 hex digits, the length that stock agents store

// alreadyExists answers every conflict of a registration, an unknown site included (agent-protocol.md §4.3).
const alreadyExists = "Agent already exists. Remove old agent first if trying to re-install"

// NewAgent is what a machine says about itself when it registers (agent-protocol.md §4.3).
type NewAgent struct {
	AgentID        string
	Hostname       string
	SiteID         int32
	MonitoringType string
	MeshNodeID     string
	Description    string
	Goarch         string // may be empty
	Plat           string
}

func (n *NewAgent) check() error {
	n.Hostname, n.Description = strings.TrimSpace(n.Hostname), strings.TrimSpace(n.Description)
	switch {
	case len(n.AgentID) < minAgentID || len(n.AgentID) > maxAgentID || strings.IndexFunc(n.AgentID, notIDRune) >= 0:
		return fault.Refused("Invalid agent id")
	case n.Hostname == "" || len(n.Hostname) > maxText || len(n.Description) > maxText || len(n.MeshNodeID) > maxText:
		return fault.Refused("Invalid data")
	case n.MonitoringType != "server" && n.MonitoringType != "workstation":
		return fault.Refused("Invalid data")
	case n.Plat != Windows && n.Plat != Linux && n.Plat != Darwin:
		return fault.Refused("Invalid data")
	}
	switch n.Goarch {
	case "", "amd64", "386", "arm64", "arm":
		return nil
	default:
		return fault.Refused("Invalid data")
	}
}

// notIDRune keeps an id usable as one token of a subject and as one segment of a path.
func notIDRune(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
}

// Registered is the answer to a registration: the row's key and the token, which is shown this once and stored hashed.
type Registered struct {
	PK    int32
	Token string
}

// Enrol registers a machine in one transaction: row, token, default patch policy, audit row. The token is valid everywhere
// once this returns, the bus included, because an unknown token is asked of the database. The cost does not depend on how
// many agents there are. The actor is the installer account, or a person who may install agents on the site.
func (s *Service) Enrol(ctx context.Context, actor *access.Principal, n NewAgent) (Registered, error) {
	if err := n.check(); err != nil {
		return Registered{}, err
	}
	secret := make([]byte, agentTokenBytes)
	if _, err := rand.Read(secret); err != nil {
		return Registered{}, fmt.Errorf("enrol: make token: %w", err)
	}
	out := Registered{Token: hex.EncodeToString(secret)}
	var clientID int32
	var enrolmentID string
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		enrolment, client, err := s.placement(ctx, tx, actor, &n)
		if err != nil {
			return err
		}
		clientID = client
		if out.PK, err = s.insert(ctx, tx, actor, n, out.Token); err != nil {
			return err
		}
		if enrolment == nil {
			return nil
		}
		enrolmentID = enrolment.ID.String()
		link := agentsdb.InsertEnrolmentAgentParams{EnrolmentID: enrolment.ID, AgentID: out.PK}
		if err := s.q.InsertEnrolmentAgent(ctx, tx, link); err != nil {
			return fmt.Errorf("enrol: link enrolment: %w", err)
		}
		return nil
	})
	if err != nil {
		return Registered{}, err
	}
	s.tell(events.Enrolled(n.AgentID, enrolmentID, n.Hostname, clientID, n.SiteID, s.now()))
	return out, nil
}

// placement decides whether the actor may put a machine on the site. A token that was made for a site puts none on another:
// links are handed to a customer, and what is in them must not reach the others. One of an enrolment is bound to its kind as
// well, and counts its uses.
func (s *Service) placement(ctx context.Context, tx pgx.Tx, actor *access.Principal, n *NewAgent) (_ *agentsdb.UseEnrolmentRow, client int32, _ error) {
	var enrolment *agentsdb.UseEnrolmentRow
	if digest, err := hex.DecodeString(actor.SessionDigest); err == nil && len(digest) > 0 {
		row, err := s.q.UseEnrolment(ctx, tx, digest)
		switch {
		case err == nil:
			enrolment = &row
		case !errors.Is(err, pgx.ErrNoRows):
			return nil, 0, fmt.Errorf("enrol: use enrolment: %w", err)
		}
	}
	site, err := s.q.SiteOfEnrolment(ctx, tx, n.SiteID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, 0, fault.Refused(alreadyExists)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("enrol: find site: %w", err)
	}
	switch {
	case actor.InstallSite != nil && *actor.InstallSite != site.ID,
		enrolment != nil && enrolment.MonitoringType != n.MonitoringType,
		!actor.Installer && !(actor.Can(access.InstallAgents) && actor.Scope.Agent(site.ClientID, site.ID)):
		return nil, 0, fault.Forbidden()
	}
	return enrolment, site.ClientID, nil
}

func (s *Service) insert(ctx context.Context, tx pgx.Tx, actor *access.Principal, n NewAgent, token string) (int32, error) {
	pk, err := s.q.InsertAgent(ctx, tx, agentsdb.InsertAgentParams{
		AgentID: n.AgentID, Hostname: n.Hostname, Plat: n.Plat, Goarch: orNil(n.Goarch), MonitoringType: n.MonitoringType,
		Description: &n.Description, MeshNodeID: &n.MeshNodeID, SiteID: n.SiteID, CreatedBy: &actor.Username,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fault.Refused(alreadyExists)
	}
	if err != nil {
		return 0, fmt.Errorf("enrol: insert agent: %w", err)
	}
	if err := s.q.TouchPresence(ctx, tx, pk); err != nil {
		return 0, fmt.Errorf("enrol: presence: %w", err)
	}
	hash := HashToken(token)
	if err := s.q.InsertToken(ctx, tx, agentsdb.InsertTokenParams{AgentID: pk, TokenHash: hash[:]}); err != nil {
		return 0, fmt.Errorf("enrol: insert token: %w", err)
	}
	days := []int32{}
	if n.MonitoringType == "workstation" {
		days = []int32{5, 6} // Saturday and Sunday
	}
	policy := agentsdb.InsertPatchPolicyParams{AgentID: &pk, RunTimeDays: days, CreatedBy: &actor.Username}
	if err := s.q.InsertPatchPolicy(ctx, tx, policy); err != nil {
		return 0, fmt.Errorf("enrol: insert patch policy: %w", err)
	}
	return pk, s.audit.Record(ctx, tx, audit.Entry{
		Username: actor.Username, Action: audit.AgentInstall, ObjectType: "agent", Agent: n.Hostname, AgentID: n.AgentID,
		Message: fmt.Sprintf("%s installed new agent %s", actor.Username, n.Hostname),
	})
}

// InstallerTokens issues tokens of the installer account; accounts own them.
type InstallerTokens interface {
	// MintInstaller returns a new token of the site and the hex digest under which it is stored, in the caller's transaction.
	MintInstaller(ctx context.Context, tx pgx.Tx, site *int32, expiry time.Time) (token, digest string, err error)
}
