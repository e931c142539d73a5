// Package agents owns the managed machines: their identity and tokens, enrolment, the lists and the detail of them, edits,
// deletion, notes, history and pending actions (domain.md §1.2, §2; rest-1.md §5).
//
// It writes agents, agent_tokens, agent_custom_fields, agent_history, notes, pending_actions, enrolments and the agents'
// own rows of win_update_policies. Presence and inventory are written by the heartbeat path, counters by checks.
package agents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/debuglog"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
)

// Model is the contract's name of the row in refusals.
const Model = "Agent"

// The platforms.
const (
	Windows = "windows"
	Linux   = "linux"
	Darwin  = "darwin"
)

// Status is whether a machine reports (domain.md §2.1).
type Status string

// The states.
const (
	Online  Status = "online"
	Offline Status = "offline"
	Overdue Status = "overdue"
)

// StatusAt computes the state at a moment; the limits are in minutes. Comparisons are strict, so that a machine seen exactly
// at its overdue limit counts as online (domain.md §2.1).
func StatusAt(now time.Time, lastSeen *time.Time, offlineTime, overdueTime int32) Status {
	if lastSeen == nil {
		return Offline
	}
	offline := now.Add(-time.Duration(offlineTime) * time.Minute)
	overdue := now.Add(-time.Duration(overdueTime) * time.Minute)
	switch {
	case lastSeen.Before(offline) && lastSeen.After(overdue):
		return Offline
	case lastSeen.Before(offline) && lastSeen.Before(overdue):
		return Overdue
	default:
		return Online
	}
}

// Facts tells the other services what changed, after the commit (proto/events). A fact is a nudge: losing one costs latency.
type Facts interface {
	PublishFacts(facts ...bus.Fact) error
}

// Globals knows the values of the key store by name, those that are wanted.
type Globals interface {
	Values(ctx context.Context, wanted func(name string) bool) (map[string]string, error)
}

// Deps are the things a Service needs.
type Deps struct {
	Pool    *pgxpool.Pool
	Audit   *audit.Log
	Facts   Facts
	Globals Globals // needed where placeholders are filled
	Log     *zap.Logger
	Now     func() time.Time // nil: time.Now
}

// Service answers questions about agents and changes them.
type Service struct {
	pool    *pgxpool.Pool
	q       *agentsdb.Queries
	audit   *audit.Log
	facts   Facts
	globals Globals
	log     *zap.Logger
	now     func() time.Time
	recent  *recent
}

// New returns a Service.
func New(d Deps) *Service {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Globals == nil {
		d.Globals = noGlobals{}
	}
	return &Service{
		pool: d.Pool, q: agentsdb.New(), audit: d.Audit, facts: d.Facts, globals: d.Globals, log: d.Log, now: d.Now, recent: newRecent(d.Now),
	}
}

// noGlobals is for services that fill no placeholders.
type noGlobals struct{}

// Values implements Globals.
func (noGlobals) Values(context.Context, func(string) bool) (map[string]string, error) {
	return nil, errors.New("this service was not given the key store")
}

// Ref is what most operations on one agent need of it.
type Ref struct {
	PK                 int32
	AgentID            string
	Hostname           string
	Plat               string
	Goarch             string // empty when it never reported
	MonitoringType     string
	MeshNodeID         *string
	TimeZone           string // its own; empty: the global default counts
	DefaultShell       string
	DefaultShellCustom string
	Status             Status
	Version            string
	Connected          bool
	Disabled           bool
	ChocoInstalled     bool
	SiteID, ClientID   int32
	Site, Client       string
}

// Find returns one agent of the scope: not found when there is none, forbidden when it is outside (rest-1.md §1.6).
func (s *Service) Find(ctx context.Context, scope access.Scope, agentID string) (Ref, error) {
	row, err := s.q.GetRef(ctx, s.pool, agentID)
	if errors.Is(err, pgx.ErrNoRows) {
		return Ref{}, fault.NotFound(Model)
	}
	if err != nil {
		return Ref{}, fmt.Errorf("find agent: %w", err)
	}
	if !scope.Agent(row.ClientID, row.SiteID) {
		return Ref{}, fault.Forbidden()
	}
	return Ref{
		PK: row.ID, AgentID: row.AgentID, Hostname: row.Hostname, Plat: row.Plat, Goarch: deref(row.Goarch),
		MonitoringType: row.MonitoringType, MeshNodeID: row.MeshNodeID, TimeZone: deref(row.TimeZone),
		DefaultShell: row.DefaultShell, DefaultShellCustom: row.DefaultShellCustom,
		Status:  StatusAt(s.now(), row.LastSeen, row.OfflineTime, row.OverdueTime),
		Version: row.Version, Connected: row.Connected, Disabled: row.Disabled, ChocoInstalled: row.ChocoInstalled,
		SiteID: row.SiteID, ClientID: row.ClientID, Site: row.SiteName, Client: row.ClientName,
	}, nil
}

// RequireSite refuses a site that does not exist or lies outside the scope, and returns its names.
func (s *Service) RequireSite(ctx context.Context, scope access.Scope, siteID int32) (client, site string, err error) {
	return s.requireSite(ctx, s.pool, scope, siteID)
}

func (s *Service) requireSite(ctx context.Context, db agentsdb.DBTX, scope access.Scope, siteID int32) (client, site string, err error) {
	row, err := s.q.GetSiteNames(ctx, db, siteID)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", "", fault.NotFound("Site")
	}
	if err != nil {
		return "", "", fmt.Errorf("find site: %w", err)
	}
	if !scope.Agent(row.ClientID, siteID) {
		return "", "", fault.Forbidden()
	}
	return row.Client, row.Site, nil
}

// RequireClient refuses a client that does not exist or lies outside the scope, and returns its name.
func (s *Service) RequireClient(ctx context.Context, scope access.Scope, clientID int32) (string, error) {
	name, err := s.q.GetClientName(ctx, s.pool, clientID)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fault.NotFound("Client")
	}
	if err != nil {
		return "", fmt.Errorf("find client: %w", err)
	}
	if !scope.Client(clientID) {
		return "", fault.Forbidden()
	}
	return name, nil
}

// Debug writes a row of the debug log about an agent, if its level reaches the global setting; pk 0 is none. Level and type
// are the contract's words.
func (s *Service) Debug(ctx context.Context, pk int32, level, logType, message string) error {
	return debuglog.Write(ctx, s.pool, debuglog.Entry{
		AgentPK: pk, Level: debuglog.Level(level), Type: debuglog.Type(logType), Message: message,
	})
}

// tell publishes facts about what was committed.
func (s *Service) tell(facts ...bus.Fact) {
	if err := s.facts.PublishFacts(facts...); err != nil {
		s.log.Warn("agent facts could not be published", zap.Int("facts", len(facts)), zap.Error(err))
	}
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
