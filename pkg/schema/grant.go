package schema

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// grants are what a role needs to run the services on a schema that another role owns: every row of every table, but of the
// audit log only reading and adding, and the functions that do the owner's work within their limits.
const grants = `
GRANT USAGE ON SCHEMA public TO @role;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO @role;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO @role;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO @role;
REVOKE ALL ON audit_log FROM @role;
GRANT SELECT, INSERT ON audit_log TO @role;
REVOKE ALL ON goose_db_version FROM @role;
GRANT SELECT ON goose_db_version TO @role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO @role;`

// Grant lets a role run the services on the schema without owning it. The caller is the owner; the role exists. To be called
// after each Migrate, because new tables and functions come with it.
func Grant(ctx context.Context, pool *pgxpool.Pool, role string) error {
	name := pgx.Identifier{role}.Sanitize()
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var owner bool
		if err := tx.QueryRow(ctx, `SELECT coalesce(pg_has_role($1, c.relowner, 'USAGE'), false) FROM pg_class c WHERE c.oid = 'audit_log'::regclass`, role).Scan(&owner); err != nil {
			return err
		}
		if owner {
			return fmt.Errorf("role %s owns the tables: rights cannot limit it", role)
		}
		_, err := tx.Exec(ctx, strings.ReplaceAll(grants, "@role", name))
		return err
	})
	if err != nil {
		return fmt.Errorf("grant to %s: %w", role, err)
	}
	return nil
}
