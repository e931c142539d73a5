// Package clients holds the customers (clients) and their locations (sites) that agents belong to, and the deployments
// that install agents into a site (domain.md §1.3, rest-2.md §4).
package clients

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// Failing says whether anything below a client or site fails; a job maintains it (domain.md §2.7).
type Failing struct {
	Error   bool `json:"error"`
	Warning bool `json:"warning"`
}

// Placement is what clients and sites share: policies and the alert template that apply below, and whether those from
// above are kept out. The JSON names are the contract's.
type Placement struct {
	BlockPolicyInheritance bool   `json:"block_policy_inheritance" db:"block_policy_inheritance"`
	WorkstationPolicy      *int32 `json:"workstation_policy" db:"workstation_policy_id"`
	ServerPolicy           *int32 `json:"server_policy" db:"server_policy_id"`
	AlertTemplate          *int32 `json:"alert_template" db:"alert_template_id"`
}

// Stamps say who wrote a row and when.
type Stamps struct {
	CreatedBy    *string    `json:"created_by" db:"created_by"`
	CreatedTime  *time.Time `json:"created_time" db:"created_time"`
	ModifiedBy   *string    `json:"modified_by" db:"modified_by"`
	ModifiedTime *time.Time `json:"modified_time" db:"modified_time"`
}

// Client is one customer. Its JSON form is the contract's ClientMin, which is also what the audit log keeps.
type Client struct {
	ID            int32   `json:"id" db:"id"`
	Name          string  `json:"name" db:"name"`
	FailingChecks Failing `json:"failing_checks" db:"failing_checks"`
	Placement
	Stamps
}

// Site is one location of a client. Its JSON form is the contract's SiteMin.
type Site struct {
	ID            int32   `json:"id" db:"id"`
	ClientID      int32   `json:"client" db:"client_id"`
	ClientName    string  `json:"client_name" db:"client_name"`
	Name          string  `json:"name" db:"name"`
	FailingChecks Failing `json:"failing_checks" db:"failing_checks"`
	Placement
	Stamps
}

// Totals are counted over the agents below.
type Totals struct {
	Agents      int
	Maintenance bool // at least one agent is in maintenance
}

// SiteEntry is a site with its custom values and totals.
type SiteEntry struct {
	Site
	CustomFields []customfields.Value
	Totals       Totals
}

// ClientEntry is a client with what the scope shows of its sites. Totals count every agent of the client.
type ClientEntry struct {
	Client
	CustomFields []customfields.Value
	Totals       Totals
	Sites        []SiteEntry
}

// AgentMover re-points agents to another site; agents own that table.
type AgentMover interface {
	MoveToSite(ctx context.Context, tx pgx.Tx, from []int32, to int32) error
}

// Roles lets a restricted role see what one of its users just created, and keeps a role restricted whose limits are deleted;
// accounts own these tables.
type Roles interface {
	GrantClient(ctx context.Context, tx pgx.Tx, role, client int32) error
	GrantSite(ctx context.Context, tx pgx.Tx, role, site int32) error
	OnlyLimitedTo(ctx context.Context, tx pgx.Tx, client, site int32) (names []string, err error)
}

// InitialSettings stores what the first-client form asks beside the client.
type InitialSettings interface {
	SetInitial(ctx context.Context, tx pgx.Tx, timeZone, companyName string) error
}

// Deps are what the service needs.
type Deps struct {
	Pool     *pgxpool.Pool
	Audit    *audit.Log
	Agents   AgentMover
	Roles    Roles
	Settings InitialSettings
}

// Service manages clients and sites.
type Service struct {
	pool     *pgxpool.Pool
	audit    *audit.Log
	agents   AgentMover
	roles    Roles
	settings InitialSettings
}

// New returns a Service.
func New(d Deps) *Service {
	return &Service{pool: d.Pool, audit: d.Audit, agents: d.Agents, roles: d.Roles, settings: d.Settings}
}

// Texts of the contract.
const (
	errClientPipe   = "Client name cannot contain the | character"
	errSitePipe     = "Site name cannot contain the | character"
	errClientExists = "client with this name already exists."
	errSiteExists   = "The fields client, name must make a unique set."
)

// writeError turns a violated constraint into the contract's message.
func writeError(op string, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == postgres.UniqueViolation {
		switch pg.TableName {
		case "clients":
			return fault.InvalidField("name", errClientExists)
		case "sites":
			return fault.InvalidField(fault.NonField, errSiteExists)
		}
	}
	return fmt.Errorf("%s: %w", op, err)
}
