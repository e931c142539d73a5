// Package keystore holds the named texts that placeholders of the root global stand for (domain.md §8.2, rest-1.md §7).
package keystore

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
	"github.com/gueencode/gueenrmm/pkg/platform/seal"
)

// model is the contract's name of the row in refusals; auditType that in audit rows.
const (
	model     = "GlobalKVStore"
	auditType = "globalkvstore"
)

// Entry is one named text. Names are not unique; a placeholder takes the oldest entry of its name.
type Entry struct {
	ID           int32      `json:"id" db:"id"`
	Name         string     `json:"name" db:"name"`
	Value        string     `json:"value" db:"value"`
	CreatedBy    *string    `json:"created_by" db:"created_by"`
	CreatedTime  *time.Time `json:"created_time" db:"created_time"`
	ModifiedBy   *string    `json:"modified_by" db:"modified_by"`
	ModifiedTime *time.Time `json:"modified_time" db:"modified_time"`
}

// DB is the pool or a transaction.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Service manages the entries.
type Service struct {
	pool  *pgxpool.Pool
	audit *audit.Log
	box   *seal.Box
}

// New returns a Service on the pool. Values are sealed with the box; nil: they are stored in clear.
func New(pool *pgxpool.Pool, log *audit.Log, box *seal.Box) *Service {
	return &Service{pool: pool, audit: log, box: box}
}

// List returns all entries by id. A value that was sealed with a key that is not known shows as stars.
func (s *Service) List(ctx context.Context) ([]Entry, error) {
	list, err := s.stored(ctx)
	for i := range list {
		list[i].Value = s.shown(list[i])
	}
	return list, err
}

func (s *Service) stored(ctx context.Context) ([]Entry, error) {
	return postgres.Collect(ctx, s.pool, pgx.RowToStructByName[Entry], "list key store", `SELECT * FROM global_keystore ORDER BY id`)
}

func lock(ctx context.Context, db DB, id int32) (Entry, error) {
	rows, err := db.Query(ctx, `SELECT * FROM global_keystore WHERE id = $1 FOR UPDATE`, id)
	if err != nil {
		return Entry{}, fmt.Errorf("lock key store entry: %w", err)
	}
	e, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Entry])
	if errors.Is(err, pgx.ErrNoRows) {
		return Entry{}, fault.NotFound(model)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("lock key store entry: %w", err)
	}
	return e, nil
}

// Create stores an entry and returns its id.
func (s *Service) Create(ctx context.Context, name, value string) (id int32, err error) {
	if err := sealable(value); err != nil {
		return 0, err
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// Sealed for its row, whose key must be known first.
		err := tx.QueryRow(ctx, `INSERT INTO global_keystore (name, created_by, modified_by) VALUES ($1, $2, $2) RETURNING id`,
			name, access.From(ctx).Username).Scan(&id)
		if err == nil {
			_, err = tx.Exec(ctx, `UPDATE global_keystore SET value = $2 WHERE id = $1`, id, s.box.Seal(place(id, nil), value))
		}
		if err != nil {
			return fmt.Errorf("create key store entry: %w", err)
		}
		return s.change(ctx, tx, nil, &Entry{Name: name, Value: value})
	})
	return id, err
}

// Update changes an entry with the given function and stores it.
func (s *Service) Update(ctx context.Context, id int32, change func(*Entry)) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		stored := before.Value
		before.Value = s.shown(before)
		after := before
		change(&after)
		if after.Value != before.Value { // else it stays as it is, also when it could not be opened
			if err := sealable(after.Value); err != nil {
				return err
			}
			stored = s.box.Seal(place(id, nil), after.Value)
		}
		if _, err := tx.Exec(ctx, `UPDATE global_keystore SET name = $2, value = $3, modified_by = $4, modified_time = now() WHERE id = $1`,
			id, after.Name, stored, access.From(ctx).Username); err != nil {
			return fmt.Errorf("update key store entry: %w", err)
		}
		return s.change(ctx, tx, &before, &after)
	})
}

// Delete removes an entry.
func (s *Service) Delete(ctx context.Context, id int32) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM global_keystore WHERE id = $1`, id); err != nil {
			return fmt.Errorf("delete key store entry: %w", err)
		}
		return s.change(ctx, tx, &before, nil)
	})
}

// change writes the audit row. Values are masked: they are often passwords, and readers of the log need not know them.
func (s *Service) change(ctx context.Context, tx pgx.Tx, before, after *Entry) error {
	o := audit.Object{Type: auditType, Secrets: []string{"value"}}
	if before != nil {
		o.Name, o.Before = before.Name, before
	}
	if after != nil {
		o.Name, o.After = after.Name, after
	}
	return s.audit.Change(ctx, tx, o)
}
