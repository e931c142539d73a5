package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// reachWithin bounds the wait for the database: an operator wants to know at once.
const reachWithin = 10 * time.Second

// databaseSettings are the settings of commands that need the database.
type databaseSettings struct {
	Database config.Database
}

// accountSettings are the settings of commands that work on accounts.
type accountSettings struct {
	Database    config.Database
	MinPassword int `conf:"login.password_min_length" default:"8" min:"1" max:"128" unit:"characters" help:"Shortest password that an account may be given. Passwords from before go on working."`
}

// withDatabase makes a command that works on the database. long lifts the time limit of statements: migrations may run
// for minutes.
func withDatabase(p program, cmd *cobra.Command, long bool, work func(cmd *cobra.Command, args []string, pool *pgxpool.Pool) error) *cobra.Command {
	s := &databaseSettings{}
	return onDatabase(p, cmd, s, &s.Database, long, work)
}

// onDatabase makes a command that works on the database and has settings of its own besides.
func onDatabase(p program, cmd *cobra.Command, settings any, database *config.Database, long bool,
	work func(cmd *cobra.Command, args []string, pool *pgxpool.Pool) error) *cobra.Command {
	load := withSettings(p, cmd, settings)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := load(); err != nil {
			return err
		}
		if long {
			database.StatementTimeout = 0
		}
		pool, err := openDatabase(cmd.Context(), *database)
		if err != nil {
			return err
		}
		defer pool.Close()
		return work(cmd, args, pool)
	}
	return cmd
}

func openDatabase(ctx context.Context, c config.Database) (*pgxpool.Pool, error) {
	pc, err := postgres.PoolConfig(c, "rmmctl")
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach database %s (setting database.url): %w", c.URL, err)
	}
	return pool, nil
}
