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

// NewClient is what creating a client takes: the client, its first site and their values.
type NewClient struct {
	Client       Client
	SiteName     string
	CustomFields []customfields.Input
	Initial      *Initial // from the first-client form only
}

// auditedClient is a client as audit rows show it: with the values that a change names.
type auditedClient struct {
	Client
	CustomFields customfields.Named `json:"custom_fields,omitempty"`
}

// Initial is what the first-client form asks beside the client.
type Initial struct {
	TimeZone    string
	CompanyName string
}

// Create stores a client with its first site. Unlike in the reference, all of it happens or nothing.
func (s *Service) Create(ctx context.Context, n NewClient) (clientID, siteID int32, err error) {
	if strings.Contains(n.Client.Name, "|") {
		return 0, 0, fault.InvalidField(fault.NonField, errClientPipe)
	}
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		c := n.Client
		actor := access.From(ctx)
		if err := tx.QueryRow(ctx, `
			INSERT INTO clients (name, block_policy_inheritance, workstation_policy_id, server_policy_id, alert_template_id, created_by, modified_by)
			VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id`,
			c.Name, c.BlockPolicyInheritance, c.WorkstationPolicy, c.ServerPolicy, c.AlertTemplate, actor.Username).Scan(&clientID); err != nil {
			return writeError("create client", err)
		}
		_, values, err := customfields.Enter(ctx, tx, customfields.Client, clientID, n.CustomFields)
		if err != nil {
			return err
		}
		if err := s.audit.Change(ctx, tx, audit.Object{Type: "client", Name: c.Name, After: auditedClient{c, values}, Secrets: values.Secrets()}); err != nil {
			return err
		}
		if actor.RoleID != nil {
			if err := s.roles.GrantClient(ctx, tx, *actor.RoleID, clientID); err != nil {
				return err
			}
		}
		site := Site{ClientID: clientID, ClientName: c.Name, Name: n.SiteName}
		if siteID, err = s.insertSite(ctx, tx, site, nil); err != nil {
			return err
		}
		if n.Initial != nil {
			return s.settings.SetInitial(ctx, tx, n.Initial.TimeZone, n.Initial.CompanyName)
		}
		return nil
	})
	return clientID, siteID, err
}

// Update changes a client in scope with the given function and stores the values.
func (s *Service) Update(ctx context.Context, sc access.Scope, id int32, change func(*Client), values []customfields.Input) error {
	if err := s.allowClient(ctx, sc, id); err != nil {
		return err
	}
	return postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := clientForUpdate(ctx, tx, id)
		if err != nil {
			return err
		}
		c := before
		change(&c)
		if strings.Contains(c.Name, "|") {
			return fault.InvalidField(fault.NonField, errClientPipe)
		}
		if _, err := tx.Exec(ctx, `
			UPDATE clients SET name = $2, block_policy_inheritance = $3, workstation_policy_id = $4, server_policy_id = $5,
			  alert_template_id = $6, modified_by = $7, modified_time = now() WHERE id = $1`,
			id, c.Name, c.BlockPolicyInheritance, c.WorkstationPolicy, c.ServerPolicy, c.AlertTemplate,
			access.From(ctx).Username); err != nil {
			return writeError("update client", err)
		}
		had, has, err := customfields.Enter(ctx, tx, customfields.Client, id, values)
		if err != nil {
			return err
		}
		return s.audit.Change(ctx, tx, audit.Object{
			Type: "client", Name: c.Name, Before: auditedClient{before, had}, After: auditedClient{c, has}, Secrets: has.Secrets(),
		})
	})
}

// Delete removes a client. Its agents move to the given site first; with agents and no site it is refused.
func (s *Service) Delete(ctx context.Context, sc access.Scope, id int32, moveTo *int32) (name string, err error) {
	if err := s.allowClient(ctx, sc, id); err != nil {
		return "", err
	}
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		limited, err := s.roles.OnlyLimitedTo(ctx, tx, id, 0)
		if err != nil {
			return err
		}
		before, err := clientForUpdate(ctx, tx, id)
		if err != nil {
			return err
		}
		name = before.Name
		sites, err := siteIDs(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.moveAgents(ctx, tx, sc, sites, moveTo,
			"Agents exist under this client. There needs to be a site specified to move existing agents to"); err != nil {
			return err
		}
		if err := refuseUnlimited(limited); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM clients WHERE id = $1`, id); err != nil {
			return fmt.Errorf("delete client: %w", err)
		}
		return s.audit.Change(ctx, tx, audit.Object{Type: "client", Name: before.Name, Before: before})
	})
	return name, err
}

// refuseUnlimited refuses a deletion after which the named roles, whose limits it takes, would reach everything.
func refuseUnlimited(roles []string) error {
	if len(roles) == 0 {
		return nil
	}
	return fault.Refusedf("Roles are limited to what would be deleted and would reach everything without it: %s. Change them first.", strings.Join(roles, ", "))
}

// moveAgents empties the sites or refuses with the given text when no target was named.
func (s *Service) moveAgents(ctx context.Context, tx pgx.Tx, sc access.Scope, from []int32, to *int32, refusal string) error {
	var occupied bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM agents WHERE site_id = ANY($1))`, from).Scan(&occupied); err != nil {
		return fmt.Errorf("look for agents: %w", err)
	}
	if !occupied {
		return nil
	}
	if to == nil {
		return fault.Refused(refusal)
	}
	if err := s.AllowSite(ctx, sc, *to); err != nil {
		return err
	}
	for _, site := range from {
		if site == *to {
			return fault.Refused("Agents cannot be moved to a site that is being deleted. Please choose another site")
		}
	}
	return s.agents.MoveToSite(ctx, tx, from, *to)
}

func clientForUpdate(ctx context.Context, tx pgx.Tx, id int32) (Client, error) {
	rows, err := tx.Query(ctx, `SELECT `+clientColumns+` FROM clients c WHERE c.id = $1 FOR UPDATE`, id)
	if err != nil {
		return Client{}, fmt.Errorf("lock client: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Client])
	if errors.Is(err, pgx.ErrNoRows) {
		return Client{}, fault.NotFound("Client")
	}
	if err != nil {
		return Client{}, fmt.Errorf("lock client: %w", err)
	}
	return c, nil
}

func siteIDs(ctx context.Context, tx pgx.Tx, client int32) ([]int32, error) {
	rows, err := tx.Query(ctx, `SELECT id FROM sites WHERE client_id = $1 FOR UPDATE`, client)
	if err != nil {
		return nil, fmt.Errorf("lock sites: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return nil, fmt.Errorf("lock sites: %w", err)
	}
	return ids, nil
}
