package schema_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/schema"
)

const auditRows = `INSERT INTO audit_log (username, action, object_type, entry_time)
	SELECT 'ana', CASE WHEN d % 2 = 0 THEN 'check_run' ELSE 'add' END, 'client', now() - d * interval '1 day' FROM generate_series(1, 10) d`

// refused expects every way of changing the log's past to fail with insufficient privilege and all rows to be left.
func refused(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	for _, sql := range []string{
		"UPDATE audit_log SET username = 'eve'", "UPDATE audit_log SET username = 'eve' WHERE false", "DELETE FROM audit_log",
		"DELETE FROM audit_log WHERE id = 1", "TRUNCATE audit_log", "TRUNCATE audit_log CASCADE",
		"MERGE INTO audit_log l USING (VALUES (1)) v (id) ON l.id = v.id WHEN MATCHED THEN DELETE",
		"INSERT INTO audit_log (id, username, action, object_type) VALUES (1, 'eve', 'add', 'x') ON CONFLICT (id) DO UPDATE SET username = 'eve'",
	} {
		_, err := pool.Exec(context.Background(), sql)
		var pg *pgconn.PgError
		require.ErrorAs(t, err, &pg, sql)
		require.Equal(t, "42501", pg.Code, sql)
	}
	require.Equal(t, []int64{10}, column[int64](t, pool, "SELECT count(*) FROM audit_log WHERE username = 'ana'"))
}

func TestAuditLogIsAppendOnlyForTheOwner(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	exec(t, pool, auditRows)
	refused(t, pool)
	prunes(t, pool)
	refusedAfterPrune := func() { // the switch of the function ends with it, also within one transaction
		err := pgx.BeginFunc(context.Background(), pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(context.Background(), "SELECT audit_log_prune(1)"); err != nil {
				return err
			}
			_, err := tx.Exec(context.Background(), "DELETE FROM audit_log")
			return err
		})
		require.ErrorContains(t, err, "append-only")
	}
	refusedAfterPrune()
}

// prunes expects the functions to remove what they are for and nothing else.
func prunes(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	require.Equal(t, []int32{0}, column[int32](t, pool, "SELECT audit_log_prune(100)"), "0 days keep everything")
	exec(t, pool, "UPDATE core_settings SET audit_log_prune_days = 7")
	require.Equal(t, []int32{2}, column[int32](t, pool, "SELECT audit_log_prune(2)"))
	require.Equal(t, []int32{2}, column[int32](t, pool, "SELECT audit_log_prune(100)"))
	require.Equal(t, []int32{0}, column[int32](t, pool, "SELECT audit_log_prune(100)"))
	require.Equal(t, []int64{6}, column[int64](t, pool, "SELECT count(*) FROM audit_log"))
	require.Equal(t, []int32{3}, column[int32](t, pool, "SELECT audit_log_prune_check_runs(100)"))
	require.Equal(t, []string{"add", "add", "add"}, column[string](t, pool, "SELECT action FROM audit_log"))
	exec(t, pool, "UPDATE core_settings SET audit_log_prune_days = 0")
}

// workAs returns a pool of the same database whose connections are the role.
func workAs(t *testing.T, pool *pgxpool.Pool, role string) *pgxpool.Pool {
	t.Helper()
	config := pool.Config()
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "SET ROLE "+role)
		return err
	}
	as, err := pgxpool.NewWithConfig(context.Background(), config)
	require.NoError(t, err)
	t.Cleanup(as.Close)
	return as
}

// TestMigrationsNeedNoSuperuser: the owner of a database, who is nothing else, takes it up, down and up again, and prunes.
func TestMigrationsNeedNoSuperuser(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	admin := dbtest.Empty(t)
	role := fmt.Sprintf("gueen_owner_%d", time.Now().UnixNano())
	exec(t, admin, "CREATE ROLE "+role)
	exec(t, admin, "ALTER DATABASE "+pgx.Identifier{column[string](t, admin, "SELECT current_database()::text")[0]}.Sanitize()+" OWNER TO "+role)
	t.Cleanup(func() {
		exec(t, admin, "REASSIGN OWNED BY "+role+" TO CURRENT_USER; DROP OWNED BY "+role+"; DROP ROLE "+role)
	})
	owner := workAs(t, admin, role)
	for _, up := range []bool{true, false, true} {
		if up {
			_, err := schema.Migrate(ctx, owner)
			require.NoError(t, err)
			continue
		}
		_, err := schema.Rollback(ctx, owner, 0)
		require.NoError(t, err)
	}
	exec(t, owner, auditRows)
	prunes(t, owner)
}

func TestAuditLogIsAppendOnlyForTheServicesRole(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	owner := dbtest.New(t)
	exec(t, owner, auditRows)
	role := fmt.Sprintf("gueen_services_%d", time.Now().UnixNano())
	exec(t, owner, "CREATE ROLE "+role)
	t.Cleanup(func() { exec(t, owner, "DROP OWNED BY "+role+"; DROP ROLE "+role) })
	require.NoError(t, schema.Grant(ctx, owner, role))

	services := workAs(t, owner, role)
	refused(t, services)
	_, err := services.Exec(ctx, "ALTER TABLE audit_log DISABLE TRIGGER ALL")
	require.ErrorContains(t, err, "must be owner")
	_, err = services.Exec(ctx, "SET gueen.audit_prune = 'on'; DELETE FROM audit_log")
	require.ErrorContains(t, err, "permission denied", "the switch is of no use to a role that lacks the right")
	exec(t, services, "RESET gueen.audit_prune")

	// What the services do goes on: they check the schema, write rows of every kind, make partitions and prune.
	require.NoError(t, schema.Check(ctx, services))
	exec(t, services, "INSERT INTO audit_log (username, action, object_type) VALUES ('ben', 'add', 'client')")
	exec(t, owner, "SELECT 1")
	exec(t, services, "INSERT INTO clients (id, name) VALUES (1, 'c'); INSERT INTO sites (id, client_id, name) VALUES (1, 1, 's'); INSERT INTO agents (agent_id, hostname, site_id) VALUES ('a', 'h', 1)")
	require.Equal(t, []int32{2}, column[int32](t, services, "SELECT check_history_create_partitions(now() + interval '400 days', 2)"))
	exec(t, services, "INSERT INTO check_history (agent_id, check_id, x) VALUES (1, 1, now() + interval '400 days')")
	require.Equal(t, []int32{1}, column[int32](t, services, "SELECT count(*)::int FROM check_history"))
	exec(t, services, "SELECT check_history_drop_partitions(now() + interval '500 days')")
	exec(t, services, "DELETE FROM agents")
	exec(t, services, "UPDATE core_settings SET audit_log_prune_days = 0")
	require.Equal(t, []int32{0}, column[int32](t, services, "SELECT audit_log_prune(100)"))
}

func TestGrantRefusesTheOwner(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	var user string
	require.NoError(t, pool.QueryRow(context.Background(), "SELECT current_user").Scan(&user))
	require.ErrorContains(t, schema.Grant(context.Background(), pool, user), "owns the tables")
	require.Error(t, schema.Grant(context.Background(), pool, `nobody"; DROP TABLE users; --`))
}
