package clients

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// Deployment is an install link for one site that works until it expires. InstallFlags keep the form in which they were
// sent (rest-2.md §4.1).
type Deployment struct {
	ID           int32           `json:"id" db:"id"`
	UID          uuid.UUID       `json:"uid" db:"uid"`
	ClientID     int32           `json:"client_id" db:"client_id"`
	SiteID       int32           `json:"site_id" db:"site_id"`
	ClientName   string          `json:"client_name" db:"client_name"`
	SiteName     string          `json:"site_name" db:"site_name"`
	MonType      string          `json:"mon_type" db:"mon_type"`
	Goarch       string          `json:"goarch" db:"goarch"`
	Expiry       *time.Time      `json:"expiry" db:"expiry"`
	InstallFlags json.RawMessage `json:"install_flags" db:"install_flags"`
	Created      time.Time       `json:"created" db:"created"`
}

// Flags reads the switches, which are stored as booleans or as 0 and 1.
func (d Deployment) Flags() (map[string]bool, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(d.InstallFlags, &raw); err != nil {
		return nil, fmt.Errorf("read install flags of deployment %d: %w", d.ID, err)
	}
	flags := make(map[string]bool, len(raw))
	for name, value := range raw {
		flags[name] = string(value) == "true" || string(value) == "1"
	}
	return flags, nil
}

// InstallerTokens makes the token that a deployment's installer enrols with at its site; accounts own it. Deleting the site
// deletes the token, and deleting the token the deployment, by cascade.
type InstallerTokens interface {
	MintInstaller(ctx context.Context, tx pgx.Tx, site *int32, expiry time.Time) (token, digest string, err error)
	DeleteInstaller(ctx context.Context, tx pgx.Tx, digest string) error
}

// Deployments manages install links.
type Deployments struct {
	pool   *pgxpool.Pool
	sites  *Service
	tokens InstallerTokens
}

// NewDeployments returns a Deployments that checks sites through the service.
func NewDeployments(pool *pgxpool.Pool, sites *Service, tokens InstallerTokens) *Deployments {
	return &Deployments{pool: pool, sites: sites, tokens: tokens}
}

const deploymentColumns = `d.id, d.uid, s.client_id, d.site_id, c.name AS client_name, s.name AS site_name, d.mon_type,
  d.goarch, d.expiry, d.install_flags, d.created`

const deploymentTables = `deployments d JOIN sites s ON s.id = d.site_id JOIN clients c ON c.id = s.client_id`

// List returns the deployments whose site is in scope, by id.
func (d *Deployments) List(ctx context.Context, sc access.Scope) ([]Deployment, error) {
	return postgres.Collect(ctx, d.pool, pgx.RowToStructByName[Deployment], "list deployments", `SELECT `+deploymentColumns+` FROM `+deploymentTables+`
		WHERE `+siteInScope+` ORDER BY d.id`, scopeArgs(sc)...)
}

// expiryPattern takes the two spellings of the offset that the contract allows; a fraction is refused.
var expiryPattern = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:?\d{2})$`)

// ParseExpiry reads a deployment's expiry (rest-2.md §4.4).
func ParseExpiry(text string) (time.Time, error) {
	if expiryPattern.MatchString(text) {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700"} {
			if t, err := time.Parse(layout, text); err == nil {
				return t, nil
			}
		}
	}
	return time.Time{}, fault.Refused("expire date is invalid")
}

// Create stores a deployment for a site in scope, with a token of the installer user that ends with it.
func (d *Deployments) Create(ctx context.Context, sc access.Scope, n Deployment, expires string) error {
	if err := d.sites.AllowSite(ctx, sc, n.SiteID); err != nil {
		return err
	}
	expiry, err := ParseExpiry(expires)
	if err != nil {
		return err
	}
	return postgres.InTx(ctx, d.pool, func(tx pgx.Tx) error {
		token, digest, err := d.tokens.MintInstaller(ctx, tx, &n.SiteID, expiry)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO deployments (site_id, mon_type, goarch, expiry, auth_token_id, token_key, install_flags)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			n.SiteID, n.MonType, n.Goarch, expiry, digest, token, n.InstallFlags); err != nil {
			return fmt.Errorf("create deployment: %w", err)
		}
		return nil
	})
}

// Delete removes a deployment in scope and its token.
func (d *Deployments) Delete(ctx context.Context, sc access.Scope, id int32) error {
	return postgres.InTx(ctx, d.pool, func(tx pgx.Tx) error {
		var site int32
		var digest string
		err := tx.QueryRow(ctx, `SELECT site_id, auth_token_id FROM deployments WHERE id = $1 FOR UPDATE`, id).Scan(&site, &digest)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.NotFound("Deployment")
		}
		if err != nil {
			return fmt.Errorf("lock deployment: %w", err)
		}
		if err := d.sites.AllowSite(ctx, sc, site); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM deployments WHERE id = $1`, id); err != nil {
			return fmt.Errorf("delete deployment: %w", err)
		}
		return d.tokens.DeleteInstaller(ctx, tx, digest)
	})
}

// Install is what the public download needs of a deployment.
type Install struct {
	Deployment
	Token string
}

// ByUID returns the deployment of a download link; the link's text may leave the dashes out.
func (d *Deployments) ByUID(ctx context.Context, text string) (Install, error) {
	uid, err := uuid.Parse(text)
	if err != nil {
		return Install{}, fault.Refused("invalid")
	}
	var in Install
	rows, err := d.pool.Query(ctx, `SELECT `+deploymentColumns+` FROM `+deploymentTables+` WHERE d.uid = $1`, uid)
	if err != nil {
		return Install{}, fmt.Errorf("get deployment: %w", err)
	}
	in.Deployment, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Deployment])
	if errors.Is(err, pgx.ErrNoRows) {
		return Install{}, fault.NotFound("Deployment")
	}
	if err != nil {
		return Install{}, fmt.Errorf("get deployment: %w", err)
	}
	if err := d.pool.QueryRow(ctx, `SELECT token_key FROM deployments WHERE uid = $1`, uid).Scan(&in.Token); err != nil {
		return Install{}, fmt.Errorf("get deployment token: %w", err)
	}
	return in, nil
}

// FileName is the download's name: client and site in lower case, letters and digits only.
func (d Deployment) FileName() string {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') {
				return r
			}
			return -1
		}, strings.ToLower(s))
	}
	return fmt.Sprintf("trmm-%s-%s-%s-%s.exe", plain(d.ClientName), plain(d.SiteName), d.MonType, d.Goarch)
}
