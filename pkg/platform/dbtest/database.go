package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/schema"
)

const (
	// clonePrefix is followed by the process id and a number.
	clonePrefix = "test_"
	// templatePrefix is followed by the hash of the migrations.
	templatePrefix = "template_"
	// templateLock is the advisory lock under which templates are made.
	templateLock = 720_551_001
)

// ensureTemplate returns the name of the template with the schema of this build and makes it if there is none.
func ensureTemplate(ctx context.Context, admin string) (name string, err error) {
	hash, err := schema.Hash()
	if err != nil {
		return "", err
	}
	name = templatePrefix + hash
	if process.hasTemplate(hash) {
		return name, nil
	}
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return "", fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", templateLock); err != nil {
		return "", fmt.Errorf("lock templates: %w", err)
	}
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil {
		return "", fmt.Errorf("look for template: %w", err)
	}
	if !exists {
		if err := makeTemplate(ctx, conn, admin, name); err != nil {
			return "", err
		}
	}
	process.addTemplate(hash)
	return name, nil
}

// makeTemplate builds under another name, so that a process that dies halfway leaves no half-made template.
func makeTemplate(ctx context.Context, conn *pgx.Conn, admin, name string) error {
	building := name + "_building"
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(building)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop half-made template: %w", err)
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+quote(building)+" TEMPLATE template0"); err != nil {
		return fmt.Errorf("create template: %w", err)
	}
	if err := migrate(ctx, admin, building); err != nil {
		return err
	}
	for _, sql := range []string{
		"ALTER DATABASE " + quote(building) + " RENAME TO " + quote(name),
		"ALTER DATABASE " + quote(name) + " ALLOW_CONNECTIONS false",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("finish template: %w", err)
		}
	}
	return nil
}

func migrate(ctx context.Context, admin, database string) error {
	target, err := withDatabase(admin, database)
	if err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, target)
	if err != nil {
		return fmt.Errorf("open template: %w", err)
	}
	defer pool.Close()
	_, err = schema.Migrate(ctx, pool)
	return err
}

// createDatabase clones the template; without one it makes an empty database. Copying files is twice as fast as writing
// every page to the log, as long as nothing has to reach a disk.
func createDatabase(ctx context.Context, admin, name, template string) error {
	if template == "" {
		template = "template0"
	}
	return execAdmin(ctx, admin, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(template)+" STRATEGY file_copy")
}

func dropDatabase(ctx context.Context, admin, name string) error {
	return execAdmin(ctx, admin, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)")
}

// dropLeftovers removes the databases of test processes that are gone.
func dropLeftovers(ctx context.Context, admin string) (err error) {
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	rows, err := conn.Query(ctx, "SELECT datname FROM pg_database WHERE datname LIKE $1", strings.ReplaceAll(clonePrefix, "_", `\_`)+"%")
	if err != nil {
		return fmt.Errorf("list test databases: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list test databases: %w", err)
	}
	for _, name := range names {
		id, _, _ := strings.Cut(strings.TrimPrefix(name, clonePrefix), "_")
		pid, err := strconv.Atoi(id)
		if err != nil || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("drop leftover %s: %w", name, err)
		}
	}
	return nil
}

func execAdmin(ctx context.Context, admin, sql string) (err error) {
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// withDatabase is the address with another database name.
func withDatabase(address, name string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("address of the test server: %w", err)
	}
	u.Path = "/" + name
	return u.String(), nil
}
