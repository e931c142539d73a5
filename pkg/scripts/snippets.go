package scripts

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

const selectSnippet = `SELECT id, name, "desc", code, shell FROM script_snippets `

// Snippets returns all snippets. Snippets are not audited (rest-2.md §0.6).
func (s *Service) Snippets(ctx context.Context) ([]Snippet, error) {
	return postgres.Collect(ctx, s.pool, pgx.RowToStructByName[Snippet], "list snippets", selectSnippet+`ORDER BY id`)
}

// Snippet returns one snippet.
func (s *Service) Snippet(ctx context.Context, id int32) (*Snippet, error) {
	return oneSnippet(ctx, s.pool, `WHERE id = $1`, id)
}

func oneSnippet(ctx context.Context, db DB, where string, id int32) (*Snippet, error) {
	rows, err := db.Query(ctx, selectSnippet+where, id)
	if err != nil {
		return nil, fmt.Errorf("read snippet: %w", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Snippet])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound("ScriptSnippet")
	}
	if err != nil {
		return nil, fmt.Errorf("read snippet: %w", err)
	}
	return &found, nil
}

// CreateSnippet stores a new snippet.
func (s *Service) CreateSnippet(ctx context.Context, n Snippet) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO script_snippets (name, "desc", code, shell) VALUES ($1, $2, $3, $4)`,
		n.Name, n.Desc, n.Code, n.Shell)
	return taken("create snippet", err)
}

// EditSnippet changes a snippet.
func (s *Service) EditSnippet(ctx context.Context, id int32, apply func(*Snippet)) error {
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		n, err := oneSnippet(ctx, tx, `WHERE id = $1 FOR UPDATE`, id)
		if err != nil {
			return err
		}
		apply(n)
		_, err = tx.Exec(ctx, `UPDATE script_snippets SET name = $2, "desc" = $3, code = $4, shell = $5 WHERE id = $1`,
			id, n.Name, n.Desc, n.Code, n.Shell)
		return err
	})
	return taken("edit snippet", err)
}

// DeleteSnippet removes a snippet; scripts that name it keep their tag.
func (s *Service) DeleteSnippet(ctx context.Context, id int32) error {
	done, err := s.pool.Exec(ctx, `DELETE FROM script_snippets WHERE id = $1`, id)
	if err != nil {
		return fmt.Errorf("delete snippet: %w", err)
	}
	if done.RowsAffected() == 0 {
		return fault.NotFound("ScriptSnippet")
	}
	return nil
}

// taken turns the unique violation of the name into its field message.
func taken(operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case postgres.Code(err) == postgres.UniqueViolation:
		return fault.InvalidField("name", "script snippet with this name already exists.")
	default:
		return fmt.Errorf("%s: %w", operation, err)
	}
}
