package scripts

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// DB is what a query needs: the pool or a transaction.
type DB = postgres.Querier

// Service is the use cases of scripts and snippets.
type Service struct {
	pool  *pgxpool.Pool
	audit *audit.Log
}

// NewService returns the service.
func NewService(pool *pgxpool.Pool, log *audit.Log) *Service { return &Service{pool: pool, audit: log} }

const selectScript = `SELECT id, created_by, created_time, modified_by, modified_time, guid, name, description, filename, shell,
	script_type, args, env_vars, syntax, favorite, category, script_body, script_hash, default_timeout, hidden,
	supported_platforms, run_as_user FROM scripts `

// Filter narrows the list of scripts.
type Filter struct {
	Community bool // also builtin scripts
	Hidden    bool // also hidden scripts
}

// List returns the scripts ordered by category, those without one last. The bodies are left out.
func (s *Service) List(ctx context.Context, f Filter) ([]Script, error) {
	query := strings.Replace(selectScript, "script_body", "'' AS script_body", 1)
	return postgres.Collect(ctx, s.pool, pgx.RowToStructByName[Script], "list scripts", query+`WHERE ($1 OR script_type <> 'builtin') AND ($2 OR NOT hidden)
		ORDER BY category NULLS LAST, id`, f.Community, f.Hidden)
}

// Get returns one script.
func (s *Service) Get(ctx context.Context, id int32) (*Script, error) {
	return one(ctx, s.pool, `WHERE id = $1`, id)
}

func one(ctx context.Context, db DB, where string, id int32) (*Script, error) {
	rows, err := db.Query(ctx, selectScript+where, id)
	if err != nil {
		return nil, fmt.Errorf("read script: %w", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Script])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound("Script")
	}
	if err != nil {
		return nil, fmt.Errorf("read script: %w", err)
	}
	return &found, nil
}

// Create stores a new script of the user.
func (s *Service) Create(ctx context.Context, p *access.Principal, sc Script) error {
	sc.Kind, sc.GUID, sc.Hash = UserDefined, nil, nil
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `INSERT INTO scripts (name, description, filename, shell, script_type, args, env_vars, syntax,
			favorite, category, script_body, default_timeout, hidden, supported_platforms, run_as_user, created_by, modified_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16) RETURNING id`,
			sc.Name, sc.Description, sc.Filename, sc.Shell, sc.Kind, sc.Args, sc.EnvVars, sc.Syntax, sc.Favorite, sc.Category,
			sc.Body, sc.DefaultTimeout, sc.Hidden, sc.SupportedPlatforms, sc.RunAsUser, p.Username).Scan(&sc.ID); err != nil {
			return err
		}
		return s.audit.Change(ctx, tx, audit.Object{Type: "script", Name: sc.Name, After: auditRow(sc)})
	})
	if err != nil {
		return fmt.Errorf("create script: %w", err)
	}
	return nil
}

// auditRow is the row as audit entries of additions and deletions keep it: without its id (rest-2.md §0.6).
func auditRow(sc Script) any {
	return struct {
		ID *int32 `json:"id"`
		Script
	}{nil, sc}
}

// Only says what an edit of a builtin script may change: the one flag that it names.
type Only string

// The flags that may be changed on a builtin script.
const (
	OnlyNothing  Only = ""
	OnlyFavorite Only = "favorite"
	OnlyHidden   Only = "hidden"
)

// Edit changes a script and returns its name. On a builtin script only the named flag changes, and without one the edit is
// refused (rest-2.md §5.2).
func (s *Service) Edit(ctx context.Context, p *access.Principal, id int32, only Only, apply func(*Script)) (string, error) {
	var name string
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := one(ctx, tx, `WHERE id = $1 FOR UPDATE`, id)
		if err != nil {
			return err
		}
		after := *before
		apply(&after)
		after.ID, after.Kind, after.GUID, after.Hash = before.ID, before.Kind, before.GUID, before.Hash
		if before.Kind == Builtin {
			wanted := after
			after = *before
			switch only {
			case OnlyFavorite:
				after.Favorite = wanted.Favorite
			case OnlyHidden:
				after.Hidden = wanted.Hidden
			default:
				return fault.Refused("Community scripts cannot be edited.")
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE scripts SET name = $2, description = $3, filename = $4, shell = $5, args = $6, env_vars = $7,
			syntax = $8, favorite = $9, category = $10, script_body = $11, default_timeout = $12, hidden = $13,
			supported_platforms = $14, run_as_user = $15, created_by = coalesce(created_by, $16), modified_by = $16,
			modified_time = now() WHERE id = $1`,
			after.ID, after.Name, after.Description, after.Filename, after.Shell, after.Args, after.EnvVars, after.Syntax,
			after.Favorite, after.Category, after.Body, after.DefaultTimeout, after.Hidden, after.SupportedPlatforms,
			after.RunAsUser, p.Username); err != nil {
			return err
		}
		name = after.Name
		return s.audit.Change(ctx, tx, audit.Object{Type: "script", Name: name, Before: *before, After: after})
	})
	if err != nil {
		return "", fmt.Errorf("edit script: %w", err)
	}
	return name, nil
}

// Delete removes a script of the user together with the checks that run it and returns its name.
func (s *Service) Delete(ctx context.Context, id int32) (string, error) {
	var name string
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := one(ctx, tx, `WHERE id = $1 FOR UPDATE`, id)
		if err != nil {
			return err
		}
		if before.Kind == Builtin {
			return fault.Refused("Community scripts cannot be deleted")
		}
		if _, err := tx.Exec(ctx, `DELETE FROM scripts WHERE id = $1`, id); err != nil {
			return err
		}
		name = before.Name
		return s.audit.Change(ctx, tx, audit.Object{Type: "script", Name: name, Before: auditRow(*before)})
	})
	if err != nil {
		return "", fmt.Errorf("delete script: %w", err)
	}
	return name, nil
}

// Download returns the file name and the code of a script, with snippets filled in unless raw.
func (s *Service) Download(ctx context.Context, id int32, raw bool) (filename, code string, err error) {
	sc, err := s.Get(ctx, id)
	if err != nil {
		return "", "", err
	}
	code = sc.Body
	if !raw {
		if code, err = s.Fill(ctx, code); err != nil {
			return "", "", err
		}
	}
	return sc.Name + sc.Shell.Extension(), code, nil
}

// Prepare returns scripts as they are sent to agents; ids that no longer exist are absent.
func (s *Service) Prepare(ctx context.Context, ids []int32) (map[int32]Prepared, error) {
	out := make(map[int32]Prepared, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT id, name, script_body, shell, run_as_user, env_vars, script_hash FROM scripts
		WHERE id = ANY ($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read scripts: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Prepared])
	if err != nil {
		return nil, fmt.Errorf("read scripts: %w", err)
	}
	var names []string
	for _, p := range found {
		names = append(names, SnippetNames(p.Code)...)
	}
	code, err := s.snippetCode(ctx, names)
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		p.Code = FillSnippets(p.Code, code)
		out[p.ID] = p
	}
	return out, nil
}

// Fill fills the snippets of code that is not stored.
func (s *Service) Fill(ctx context.Context, body string) (string, error) {
	code, err := s.snippetCode(ctx, SnippetNames(body))
	if err != nil {
		return "", err
	}
	return FillSnippets(body, code), nil
}

func (s *Service) snippetCode(ctx context.Context, names []string) (func(string) (string, bool), error) {
	byName := map[string]string{}
	lookup := func(name string) (string, bool) {
		c, ok := byName[name]
		return c, ok
	}
	if len(names) == 0 {
		return lookup, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT name, code FROM script_snippets WHERE name = ANY ($1)`, names)
	if err != nil {
		return nil, fmt.Errorf("read snippets: %w", err)
	}
	var name, code string
	if _, err := pgx.ForEachRow(rows, []any{&name, &code}, func() error { byName[name] = code; return nil }); err != nil {
		return nil, fmt.Errorf("read snippets: %w", err)
	}
	return lookup, nil
}
