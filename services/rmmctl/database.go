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

// withDatabase makes a command that works on the database. long lifts the time limit of statements: migrations may run
// for minutes.
func withDatabase(p program, cmd *cobra.Command, long bool, work func(cmd *cobra.Command, args []string, pool *pgxpool.Pool) error) *cobra.Command {
	s := &databaseSettings{}
	load := withSettings(p, cmd, s)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := load(); err != nil {
			return err
		}
		if long {
			s.Database.StatementTimeout = 0
		}
		pool, err := openDatabase(cmd.Context(), s.Database)
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
