package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Applied is one migration that Migrate or Rollback ran.
type Applied struct {
	Version int64
	Name    string
}

// Migrate applies every migration the database misses, each in a transaction of its own. Several callers may do so at
// once: an advisory lock lets one work while the others wait. Migrations of branches that met later are applied too,
// even when a newer one is there already.
func Migrate(ctx context.Context, pool *pgxpool.Pool) ([]Applied, error) {
	return withProvider(pool, func(p *goose.Provider) ([]*goose.MigrationResult, error) { return p.Up(ctx) })
}

// Rollback takes back the newest migrations until version is the newest one left; 0 empties the database.
func Rollback(ctx context.Context, pool *pgxpool.Pool, version int64) ([]Applied, error) {
	return withProvider(pool, func(p *goose.Provider) ([]*goose.MigrationResult, error) { return p.DownTo(ctx, version) })
}

func withProvider(pool *pgxpool.Pool, work func(*goose.Provider) ([]*goose.MigrationResult, error)) (applied []Applied, err error) {
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := newProvider(db)
	if err != nil {
		return nil, err
	}
	results, err := work(provider)
	for _, r := range results {
		applied = append(applied, Applied{Version: r.Source.Version, Name: r.Source.Path})
	}
	if err != nil {
		return applied, fmt.Errorf("migrate schema: %w", err)
	}
	return applied, nil
}

func newProvider(db *sql.DB) (*goose.Provider, error) {
	files, err := Migrations()
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("make migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker), goose.WithAllowOutofOrder(true))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}
