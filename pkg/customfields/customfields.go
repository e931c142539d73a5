// Package customfields holds the fields that administrators add to clients, sites and agents, and their values
// (domain.md §8.1, rest-1.md §2 CustomField).
package customfields

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// Model is what a field belongs to.
type Model string

// The models.
const (
	Client Model = "client"
	Site   Model = "site"
	Agent  Model = "agent"
)

// Type decides which of a value's three forms counts.
type Type string

// The types.
const (
	Text     Type = "text"
	Number   Type = "number"
	Single   Type = "single"
	Multiple Type = "multiple"
	Checkbox Type = "checkbox"
	Datetime Type = "datetime"
)

// Definition is one field. The JSON form is the contract's CustomField and also what the audit log keeps.
type Definition struct {
	ID                    int32      `json:"id" db:"id"`
	Order                 int32      `json:"order" db:"order"`
	Model                 Model      `json:"model" db:"model"`
	Type                  Type       `json:"type" db:"type"`
	Options               []string   `json:"options" db:"options"`
	Name                  string     `json:"name" db:"name"`
	Required              bool       `json:"required" db:"required"`
	DefaultValueString    *string    `json:"default_value_string" db:"default_value_string"`
	DefaultValueBool      bool       `json:"default_value_bool" db:"default_value_bool"`
	DefaultValuesMultiple []string   `json:"default_values_multiple" db:"default_values_multiple"`
	HideInUI              bool       `json:"hide_in_ui" db:"hide_in_ui"`
	HideInSummary         bool       `json:"hide_in_summary" db:"hide_in_summary"`
	CreatedBy             *string    `json:"created_by" db:"created_by"`
	CreatedTime           *time.Time `json:"created_time" db:"created_time"`
	ModifiedBy            *string    `json:"modified_by" db:"modified_by"`
	ModifiedTime          *time.Time `json:"modified_time" db:"modified_time"`
}

// New returns a definition with the defaults of domain.md §1.9.
func New(model Model, name string) Definition {
	return Definition{Model: model, Name: name, Type: Text, Options: []string{}, DefaultValuesMultiple: []string{}}
}

// DB is the pool or a transaction.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Service manages definitions and values.
type Service struct {
	pool  *pgxpool.Pool
	audit *audit.Log
}

// NewService returns a Service on the pool.
func NewService(pool *pgxpool.Pool, log *audit.Log) *Service {
	return &Service{pool: pool, audit: log}
}

// List returns the definitions of a model, or all when model is empty, by id.
func (s *Service) List(ctx context.Context, model Model) ([]Definition, error) {
	return postgres.Collect(ctx, s.pool, pgx.RowToStructByName[Definition], "list custom fields", `SELECT * FROM custom_fields WHERE $1 = '' OR model = $1 ORDER BY id`, model)
}

// Get returns one definition.
func (s *Service) Get(ctx context.Context, id int32) (Definition, error) {
	return get(ctx, s.pool, id, "")
}

func get(ctx context.Context, db DB, id int32, lock string) (Definition, error) {
	rows, err := db.Query(ctx, `SELECT * FROM custom_fields WHERE id = $1 `+lock, id)
	if err != nil {
		return Definition{}, fmt.Errorf("get custom field: %w", err)
	}
	def, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Definition])
	if errors.Is(err, pgx.ErrNoRows) {
		return Definition{}, fault.NotFound("CustomField")
	}
	if err != nil {
		return Definition{}, fmt.Errorf("get custom field: %w", err)
	}
	return def, nil
}

// Create stores a definition and returns its id.
func (s *Service) Create(ctx context.Context, d Definition) (int32, error) {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			INSERT INTO custom_fields ("order", model, type, options, name, required, default_value_string,
			  default_value_bool, default_values_multiple, hide_in_ui, hide_in_summary, created_by, modified_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) RETURNING id`,
			d.Order, d.Model, d.Type, d.Options, d.Name, d.Required, d.DefaultValueString, d.DefaultValueBool,
			d.DefaultValuesMultiple, d.HideInUI, d.HideInSummary, access.From(ctx).Username).Scan(&d.ID)
		if err != nil {
			return writeError("create custom field", err)
		}
		added := d
		added.ID = 0
		return s.audit.Change(ctx, tx, audit.Object{Type: "customfield", Name: d.Name, After: added})
	})
	return d.ID, err
}

// Update changes a definition with the given function and stores it.
func (s *Service) Update(ctx context.Context, id int32, change func(*Definition)) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := get(ctx, tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		d := before
		change(&d)
		_, err = tx.Exec(ctx, `
			UPDATE custom_fields SET "order" = $2, model = $3, type = $4, options = $5, name = $6, required = $7,
			  default_value_string = $8, default_value_bool = $9, default_values_multiple = $10, hide_in_ui = $11,
			  hide_in_summary = $12, modified_by = $13, modified_time = now()
			WHERE id = $1`,
			id, d.Order, d.Model, d.Type, d.Options, d.Name, d.Required, d.DefaultValueString, d.DefaultValueBool,
			d.DefaultValuesMultiple, d.HideInUI, d.HideInSummary, access.From(ctx).Username)
		if err != nil {
			return writeError("update custom field", err)
		}
		return s.audit.Change(ctx, tx, audit.Object{Type: "customfield", Name: d.Name, Before: before, After: d})
	})
}

// Delete removes a definition and, by cascade, its values.
func (s *Service) Delete(ctx context.Context, id int32) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := get(ctx, tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM custom_fields WHERE id = $1`, id); err != nil {
			return fmt.Errorf("delete custom field: %w", err)
		}
		return s.audit.Change(ctx, tx, audit.Object{Type: "customfield", Name: before.Name, Before: before})
	})
}

// Usage returns how many values a definition has, of whatever owners: those that go with it.
func (s *Service) Usage(ctx context.Context, id int32) (values int64, err error) {
	err = s.pool.QueryRow(ctx, usage, id).Scan(&values)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fault.NotFound("CustomField")
	}
	if err != nil {
		return 0, fmt.Errorf("count values of custom field: %w", err)
	}
	return values, nil
}

const usage = `
	SELECT (SELECT count(*) FROM agent_custom_fields WHERE field_id = f.id) + (SELECT count(*) FROM client_custom_fields WHERE field_id = f.id)
	     + (SELECT count(*) FROM site_custom_fields WHERE field_id = f.id)
	FROM custom_fields f WHERE f.id = $1`

func writeError(op string, err error) error {
	if postgres.Code(err) == postgres.UniqueViolation {
		return fault.InvalidField(fault.NonField, "The fields model, name must make a unique set.")
	}
	return fmt.Errorf("%s: %w", op, err)
}
