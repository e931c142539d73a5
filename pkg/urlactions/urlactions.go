// Package urlactions holds addresses with placeholders that people open for a machine, site or client, and requests with
// placeholders (web hooks) that the server makes (domain.md §8.3, rest-1.md §7).
package urlactions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/variables"
)

const (
	model     = "URLAction"
	auditType = "urlaction"
)

// Kinds of action.
const (
	Web  = "web"  // opened by the browser
	Rest = "rest" // called by the server
)

// Action is one stored action. The JSON form is the contract's URLAction.
type Action struct {
	ID           int32      `json:"id" db:"id"`
	Name         string     `json:"name" db:"name"`
	Desc         *string    `json:"desc" db:"desc"`
	Pattern      string     `json:"pattern" db:"pattern"`
	Type         string     `json:"action_type" db:"action_type"`
	RestMethod   string     `json:"rest_method" db:"rest_method"` // get, post, put, delete or patch
	RestBody     *string    `json:"rest_body" db:"rest_body"`
	RestHeaders  *string    `json:"rest_headers" db:"rest_headers"` // a JSON object
	CreatedBy    *string    `json:"created_by" db:"created_by"`
	CreatedTime  *time.Time `json:"created_time" db:"created_time"`
	ModifiedBy   *string    `json:"modified_by" db:"modified_by"`
	ModifiedTime *time.Time `json:"modified_time" db:"modified_time"`
}

// NewAction returns an action with the defaults of domain.md §1.9.
func NewAction() Action {
	empty := ""
	return Action{Type: Web, RestMethod: "post", RestBody: &empty, RestHeaders: &empty}
}

// Subjects finds what an action is about and what placeholders can reach from there.
type Subjects interface {
	Find(ctx context.Context, scope access.Scope, agentID string) (agents.Ref, error)
	RequireSite(ctx context.Context, scope access.Scope, siteID int32) (client, site string, err error)
	RequireClient(ctx context.Context, scope access.Scope, clientID int32) (string, error)
	Variables(ctx context.Context, pks []int32, texts ...[]string) (map[int32]*variables.Data, error)
	PlaceVariables(ctx context.Context, kind variables.Root, id int32, texts ...[]string) (*variables.Data, error)
}

// Deps are what a Service needs.
type Deps struct {
	Pool     *pgxpool.Pool
	Audit    *audit.Log
	Subjects Subjects
	Caller   *Caller
}

// Service manages and runs actions.
type Service struct {
	pool     *pgxpool.Pool
	audit    *audit.Log
	subjects Subjects
	caller   *Caller
}

// New returns a Service.
func New(d Deps) *Service {
	return &Service{pool: d.Pool, audit: d.Audit, subjects: d.Subjects, caller: d.Caller}
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// List returns all actions by id.
func (s *Service) List(ctx context.Context) ([]Action, error) {
	return postgres.Collect(ctx, s.pool, pgx.RowToStructByName[Action], "list url actions", `SELECT * FROM url_actions ORDER BY id`)
}

// Get returns one action.
func (s *Service) Get(ctx context.Context, id int32) (Action, error) { return one(ctx, s.pool, id, "") }

func one(ctx context.Context, db querier, id int32, lock string) (Action, error) {
	rows, err := db.Query(ctx, `SELECT * FROM url_actions WHERE id = $1 `+lock, id)
	if err != nil {
		return Action{}, fmt.Errorf("get url action: %w", err)
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Action])
	if errors.Is(err, pgx.ErrNoRows) {
		return Action{}, fault.NotFound(model)
	}
	if err != nil {
		return Action{}, fmt.Errorf("get url action: %w", err)
	}
	return a, nil
}

// Create stores an action and returns its id.
func (s *Service) Create(ctx context.Context, a Action) (id int32, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			INSERT INTO url_actions (name, "desc", pattern, action_type, rest_method, rest_body, rest_headers, created_by, modified_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id`,
			a.Name, a.Desc, a.Pattern, a.Type, a.RestMethod, a.RestBody, a.RestHeaders, access.From(ctx).Username).Scan(&id)
		if err != nil {
			return fmt.Errorf("create url action: %w", err)
		}
		return s.change(ctx, tx, nil, &a)
	})
	return id, err
}

// Update changes an action with the given function and stores it.
func (s *Service) Update(ctx context.Context, id int32, change func(*Action)) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := one(ctx, tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		a := before
		change(&a)
		if _, err := tx.Exec(ctx, `
			UPDATE url_actions SET name = $2, "desc" = $3, pattern = $4, action_type = $5, rest_method = $6, rest_body = $7,
			  rest_headers = $8, modified_by = $9, modified_time = now() WHERE id = $1`,
			id, a.Name, a.Desc, a.Pattern, a.Type, a.RestMethod, a.RestBody, a.RestHeaders, access.From(ctx).Username); err != nil {
			return fmt.Errorf("update url action: %w", err)
		}
		return s.change(ctx, tx, &before, &a)
	})
}

// Delete removes an action; alert templates and users that named it no longer do.
func (s *Service) Delete(ctx context.Context, id int32) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := one(ctx, tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM url_actions WHERE id = $1`, id); err != nil {
			return fmt.Errorf("delete url action: %w", err)
		}
		return s.change(ctx, tx, &before, nil)
	})
}

// change writes the audit row. Headers often carry credentials, so the log shows only that there are some.
func (s *Service) change(ctx context.Context, tx pgx.Tx, before, after *Action) error {
	o := audit.Object{Type: auditType, Secrets: []string{"rest_headers"}}
	if before != nil {
		o.Name, o.Before = before.Name, before
	}
	if after != nil {
		o.Name, o.After = after.Name, after
	}
	return s.audit.Change(ctx, tx, o)
}
