// Package schema is the Postgres schema all services share: embedded migrations, the check that a database fits this
// build, and (in db/) the typed queries of each context.
package schema

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed migrations/*.sql
var embedded embed.FS

// versionTable is where goose keeps the applied versions.
const versionTable = "goose_db_version"

// undefinedTable is the SQLSTATE of a relation that does not exist.
const undefinedTable = "42P01"

var (
	// ErrTooOld means that migrations of this build are missing in the database.
	ErrTooOld = errors.New("database schema is too old")
	// ErrTooNew means that the database has migrations this build does not know.
	ErrTooNew = errors.New("database schema is too new")
)

// DBTX is what a query needs: a pool, a connection or a transaction.
type DBTX interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Migrations is the migration files, at the root of the returned file system.
func Migrations() (fs.FS, error) {
	sub, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open embedded migrations: %w", err)
	}
	return sub, nil
}

// Versions lists the versions of this build in ascending order: the timestamps the file names begin with.
func Versions() ([]int64, error) {
	entries, err := embedded.ReadDir("migrations")
	if err != nil {
		return nil, fmt.Errorf("list embedded migrations: %w", err)
	}
	versions := make([]int64, 0, len(entries))
	for _, e := range entries {
		stamp, _, found := strings.Cut(e.Name(), "_")
		v, err := strconv.ParseInt(stamp, 10, 64)
		if err != nil || !found {
			return nil, fmt.Errorf("migration %q does not begin with a timestamp and an underscore", e.Name())
		}
		versions = append(versions, v)
	}
	sort.Slice(versions, func(i, j int) bool { return versions[i] < versions[j] })
	return versions, nil
}

// Version is the newest version of this build.
func Version() (int64, error) {
	versions, err := Versions()
	if err != nil {
		return 0, err
	}
	return versions[len(versions)-1], nil
}

// Hash names the content of all migrations: databases with the same hash have the same schema.
func Hash() (string, error) {
	entries, err := embedded.ReadDir("migrations")
	if err != nil {
		return "", fmt.Errorf("list embedded migrations: %w", err)
	}
	sum := sha256.New()
	for _, e := range entries {
		body, err := embedded.ReadFile("migrations/" + e.Name())
		if err != nil {
			return "", fmt.Errorf("read migration %s: %w", e.Name(), err)
		}
		if _, err := fmt.Fprintf(sum, "%s %d\n%s\n", e.Name(), len(body), body); err != nil {
			return "", fmt.Errorf("hash migration %s: %w", e.Name(), err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

// Check compares the database with this build. It returns an error that wraps ErrTooOld or ErrTooNew and says what to
// run, or any other error when the database cannot be asked; only the first two can be cured by a person.
func Check(ctx context.Context, db DBTX) error {
	known, err := Versions()
	if err != nil {
		return err
	}
	applied, err := appliedVersions(ctx, db)
	if err != nil {
		return err
	}
	return compare(known, applied)
}

func compare(known []int64, applied map[int64]bool) error {
	missing, newest := 0, int64(0)
	for _, v := range known {
		if !applied[v] {
			missing++
		}
		delete(applied, v)
	}
	for v := range applied {
		newest = max(newest, v)
	}
	switch {
	case newest > 0:
		return fmt.Errorf("%w: it has version %d, this program knows versions up to %d; install the release that made it, or go back with `rmmctl migrate down` of that release",
			ErrTooNew, newest, known[len(known)-1])
	case missing > 0:
		return fmt.Errorf("%w: %d of the %d migrations of this program are missing (newest: %d); run `rmmctl migrate up`",
			ErrTooOld, missing, len(known), known[len(known)-1])
	}
	return nil
}

func appliedVersions(ctx context.Context, db DBTX) (map[int64]bool, error) {
	applied := map[int64]bool{}
	rows, err := db.Query(ctx, "SELECT version_id FROM "+versionTable+" WHERE is_applied AND version_id > 0")
	if err == nil {
		var versions []int64
		versions, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		for _, v := range versions {
			applied[v] = true
		}
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == undefinedTable {
		return applied, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read schema version: %w", err)
	}
	return applied, nil
}
