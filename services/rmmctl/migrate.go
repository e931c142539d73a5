package main

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/pkg/schema"
)

func migrateCommand(p program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "migrate", Short: "Bring the database schema to the version of this build",
		Long: "The services refuse a schema that is older or newer than the one they were built for; run `rmmctl migrate up` of the new\n" +
			"release before its services start. Several may run at once: one works, the others wait.",
	}
	up := &cobra.Command{Use: "up", Short: "Apply the migrations the database misses", Args: cobra.NoArgs}
	var services string
	up.Flags().StringVar(&services, "grant", "", "also do what migrate grant does for this role")
	withDatabase(p, up, true, func(cmd *cobra.Command, _ []string, pool *pgxpool.Pool) error {
		applied, err := schema.Migrate(cmd.Context(), pool)
		if err == nil {
			err = schema.Check(cmd.Context(), pool) // a newer release may have been here
		}
		if err == nil && services != "" {
			err = schema.Grant(cmd.Context(), pool, services)
		}
		return errors.Join(printApplied(cmd, "applied", applied), err)
	})
	var to int64
	var confirmed bool
	down := &cobra.Command{
		Use: "down", Short: "Take migrations back", Args: cobra.NoArgs,
		Long: "Takes the newest migrations back until the one named with --to is the newest left; 0 empties the database. Data in\n" +
			"tables and columns that go is lost: make a backup first.",
	}
	down.Flags().Int64Var(&to, "to", -1, "version to go back to (see `rmmctl migrate status`)")
	down.Flags().BoolVar(&confirmed, "yes", false, "confirm that data may be lost")
	withDatabase(p, down, true, func(cmd *cobra.Command, _ []string, pool *pgxpool.Pool) error {
		if to < 0 || !confirmed {
			return errors.New("migrate down needs --to VERSION and --yes")
		}
		applied, err := schema.Rollback(cmd.Context(), pool, to)
		return errors.Join(printApplied(cmd, "took back", applied), err)
	})
	status := &cobra.Command{Use: "status", Short: "Say whether the schema fits this build", Args: cobra.NoArgs}
	withDatabase(p, status, false, func(cmd *cobra.Command, _ []string, pool *pgxpool.Pool) error {
		if err := schema.Check(cmd.Context(), pool); err != nil {
			return err
		}
		version, err := schema.Version()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "the schema has version %d, which this build needs\n", version)
		return err
	})
	cmd.AddCommand(up, down, status, grantCommand(p))
	return cmd
}

// grantCommand gives a role that does not own the tables what the services need.
func grantCommand(p program) *cobra.Command {
	var role string
	grant := &cobra.Command{
		Use: "grant", Short: "Let a role that does not own the tables run the services", Args: cobra.NoArgs,
		Long: "Gives the role what the services need and no more: of the audit log it may only read and add rows. Run it as the owner of\n" +
			"the tables after each `rmmctl migrate up`, and give the services the role's address.",
	}
	grant.Flags().StringVar(&role, "role", "", "an existing role (CREATE ROLE gueen_services LOGIN PASSWORD '…')")
	withDatabase(p, grant, true, func(cmd *cobra.Command, _ []string, pool *pgxpool.Pool) error {
		if role == "" {
			return errors.New("migrate grant needs --role NAME")
		}
		if err := schema.Grant(cmd.Context(), pool, role); err != nil {
			return err
		}
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "the role %s may run the services\n", role)
		return err
	})
	return grant
}

func printApplied(cmd *cobra.Command, verb string, applied []schema.Applied) error {
	if len(applied) == 0 {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "nothing to do")
		return err
	}
	for _, a := range applied {
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), verb, a.Name); err != nil {
			return err
		}
	}
	return nil
}
