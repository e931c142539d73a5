// Package dbtest gives each test a migrated Postgres database of its own in tens of milliseconds.
//
// All test processes of a user share one private cluster, made from the installed PostgreSQL binaries when the first of
// them needs it. A template database per content of the migrations is made once; a test's database is a clone of it. The
// cluster outlives a test process, so that the next one starts at once; a watchdog stops and removes it when no process
// has used it for a while, and so does `make test-stop`.
//
// GUEEN_TEST_DATABASE_URL names another server to clone in (a superuser's address), GUEEN_TEST_STATE the directory of the
// private cluster (default: a directory per user in memory, else under the temporary directory).
package dbtest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

const (
	// TimeZone is the time zone of every test session: no whole hour, with daylight saving, so that code which forgets
	// to say UTC fails in its test.
	TimeZone = "Canada/Newfoundland"
	// adminTimeout bounds starting the cluster, making the template and cloning it.
	adminTimeout = 5 * time.Minute
	// poolSize keeps many parallel tests below the cluster's connection limit.
	poolSize = 8
)

// New returns a pool on a fresh database with the schema of this build. It is dropped when the test ends.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return open(t, NewURL(t))
}

// Empty returns a pool on a fresh database without any schema.
func Empty(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return open(t, create(t, ""))
}

// NewURL is New for programs that open their own connections: it returns the address of the fresh database.
func NewURL(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), adminTimeout)
	defer cancel()
	template, err := ensureTemplate(ctx, adminURL(ctx, t))
	require.NoError(t, err, "make the template database")
	return create(t, template)
}

func open(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	require.NoError(t, err)
	config.MaxConns = poolSize
	config.ConnConfig.RuntimeParams["timezone"] = TimeZone
	config.ConnConfig.RuntimeParams["application_name"] = shortName(t.Name())
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(t.Context()), config)
	require.NoError(t, err)
	// Registered after the drop, so it runs before it.
	t.Cleanup(pool.Close)
	return pool
}

func create(t testing.TB, template string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), adminTimeout)
	defer cancel()
	admin := adminURL(ctx, t)
	name := fmt.Sprintf("%s%d_%d", clonePrefix, os.Getpid(), process.clones.Add(1))
	require.NoError(t, createDatabase(ctx, admin, name, template), "create the test database")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), adminTimeout)
		defer cancel()
		require.NoError(t, dropDatabase(ctx, admin, name), "drop the test database")
	})
	url, err := withDatabase(admin, name)
	require.NoError(t, err)
	return url
}

// adminURL is the address of the maintenance database of the cluster, which is started if need be.
func adminURL(ctx context.Context, t testing.TB) string {
	t.Helper()
	url, err := process.url(ctx)
	require.NoError(t, err, "start the private PostgreSQL of the tests")
	return url
}

// shortName fits a test's name into the 63 bytes PostgreSQL keeps of an application name.
func shortName(name string) string {
	if len(name) > 63 {
		name = name[len(name)-63:]
	}
	return strings.ToValidUTF8(name, "")
}
