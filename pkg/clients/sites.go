package clients

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// CreateSite stores a site of an existing client. For a restricted caller an unknown client is not found and one out of
// scope is forbidden; a superuser's unknown client is a field error.
func (s *Service) CreateSite(ctx context.Context, sc access.Scope, site Site, values []customfields.Input) (id int32, err error) {
	if err := s.allowClient(ctx, sc, site.ClientID); err != nil {
		if fault.KindOf(err) == fault.KindNotFound && sc.All {
			return 0, fault.InvalidField("client", fmt.Sprintf(`Invalid pk "%d" - object does not exist.`, site.ClientID))
		}
		return 0, err
	}
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		id, err = s.insertSite(ctx, tx, site, values)
		return err
	})
	return id, err
}

// auditedSite is a site as audit rows show it: with the values that a change names.
type auditedSite struct {
	Site
	CustomFields customfields.Named `json:"custom_fields,omitempty"`
}

func (s *Service) insertSite(ctx context.Context, tx pgx.Tx, site Site, values []customfields.Input) (id int32, err error) {
	if strings.Contains(site.Name, "|") {
		return 0, fault.InvalidField(fault.NonField, errSitePipe)
	}
	actor := access.From(ctx)
	err = tx.QueryRow(ctx, `
		INSERT INTO sites (client_id, name, block_policy_inheritance, workstation_policy_id, server_policy_id, alert_template_id, created_by, modified_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id`,
		site.ClientID, site.Name, site.BlockPolicyInheritance, site.WorkstationPolicy, site.ServerPolicy, site.AlertTemplate,
		actor.Username).Scan(&id)
	if err != nil {
		return 0, writeError("create site", err)
	}
	_, has, err := customfields.Enter(ctx, tx, customfields.Site, id, values)
	if err != nil {
		return 0, err
	}
	if err := s.audit.Change(ctx, tx, audit.Object{Type: "site", Name: site.Name, After: auditedSite{site, has}, Secrets: has.Secrets()}); err != nil {
		return 0, err
	}
	if actor.RoleID != nil {
		if err := s.roles.GrantSite(ctx, tx, *actor.RoleID, id); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// UpdateSite changes a site in scope with the given function and stores the values. The last site of a client cannot move
// to another client.
func (s *Service) UpdateSite(ctx context.Context, sc access.Scope, id int32, change func(*Site), values []customfields.Input) error {
	if err := s.AllowSite(ctx, sc, id); err != nil {
		return err
	}
	return postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := siteForUpdate(ctx, tx, id)
		if err != nil {
			return err
		}
		site := before
		change(&site)
		if site.ClientID != before.ClientID {
			if err := s.allowClient(ctx, sc, site.ClientID); err != nil {
				return err
			}
			if err := refuseLastSite(ctx, tx, before, "A client must have at least one site"); err != nil {
				return err
			}
		}
		if strings.Contains(site.Name, "|") {
			return fault.InvalidField(fault.NonField, errSitePipe)
		}
		if _, err := tx.Exec(ctx, `
			UPDATE sites SET client_id = $2, name = $3, block_policy_inheritance = $4, workstation_policy_id = $5,
			  server_policy_id = $6, alert_template_id = $7, modified_by = $8, modified_time = now() WHERE id = $1`,
			id, site.ClientID, site.Name, site.BlockPolicyInheritance, site.WorkstationPolicy, site.ServerPolicy,
			site.AlertTemplate, access.From(ctx).Username); err != nil {
			return writeError("update site", err)
		}
		had, has, err := customfields.Enter(ctx, tx, customfields.Site, id, values)
		if err != nil {
			return err
		}
		return s.audit.Change(ctx, tx, audit.Object{
			Type: "site", Name: site.Name, Before: auditedSite{before, had}, After: auditedSite{site, has}, Secrets: has.Secrets(),
		})
	})
}

// DeleteSite removes a site. Its agents move to the given site first; the last site of a client stays.
func (s *Service) DeleteSite(ctx context.Context, sc access.Scope, id int32, moveTo *int32) (name string, err error) {
	if err := s.AllowSite(ctx, sc, id); err != nil {
		return "", err
	}
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		limited, err := s.roles.OnlyLimitedTo(ctx, tx, 0, id)
		if err != nil {
			return err
		}
		before, err := siteForUpdate(ctx, tx, id)
		if err != nil {
			return err
		}
		name = before.Name
		if err := refuseLastSite(ctx, tx, before, "A client must have at least 1 site."); err != nil {
			return err
		}
		if err := s.moveAgents(ctx, tx, sc, []int32{id}, moveTo,
			"There needs to be a site specified to move the agents to"); err != nil {
			return err
		}
		if err := refuseUnlimited(limited); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM sites WHERE id = $1`, id); err != nil {
			return fmt.Errorf("delete site: %w", err)
		}
		return s.audit.Change(ctx, tx, audit.Object{Type: "site", Name: before.Name, Before: before})
	})
	return name, err
}

// refuseLastSite locks the client's sites so that two requests cannot remove the last two at once.
func refuseLastSite(ctx context.Context, tx pgx.Tx, site Site, refusal string) error {
	ids, err := siteIDs(ctx, tx, site.ClientID)
	if err != nil {
		return err
	}
	if len(ids) <= 1 {
		return fault.Refused(refusal)
	}
	return nil
}

func siteForUpdate(ctx context.Context, tx pgx.Tx, id int32) (Site, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+siteColumns+` FROM sites s JOIN clients c ON c.id = s.client_id WHERE s.id = $1 FOR UPDATE OF s`, id)
	if err != nil {
		return Site{}, fmt.Errorf("lock site: %w", err)
	}
	site, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Site])
	if errors.Is(err, pgx.ErrNoRows) {
		return Site{}, fault.NotFound("Site")
	}
	if err != nil {
		return Site{}, fmt.Errorf("lock site: %w", err)
	}
	return site, nil
}
