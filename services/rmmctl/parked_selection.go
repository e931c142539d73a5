package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/pkg/results"
)

// parkedSelection says which parked results a command is about.
type parkedSelection struct {
	all                 bool
	kind, agent, reason string
}

func (s *parkedSelection) filters(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&s.kind, "kind", "", "only of this kind: check, task, history, software")
	flags.StringVar(&s.agent, "agent", "", "only of the agent with this id")
	flags.StringVar(&s.reason, "reason", "", "only those whose reason contains this text")
}

// choose gives a command that changes something its flags and its rule: results by id, or --all with filters.
func (s *parkedSelection) choose(cmd *cobra.Command) {
	s.filters(cmd)
	cmd.Flags().BoolVar(&s.all, "all", false, "all that the filters leave, instead of ids")
	cmd.Args = func(_ *cobra.Command, args []string) error {
		switch {
		case s.all && len(args) > 0:
			return errors.New("give ids or --all, not both")
		case !s.all && len(args) == 0:
			return errors.New("give the ids of parked results (see rmmctl results parked list), or --all")
		case !s.all && (s.kind != "" || s.agent != "" || s.reason != ""):
			return errors.New("filters go with --all")
		}
		return nil
	}
}

func (s *parkedSelection) matches(r results.Parked) bool {
	return (s.kind == "" || string(r.Kind()) == s.kind) && (s.agent == "" || r.AgentID() == s.agent) &&
		strings.Contains(strings.ToLower(r.Reason), strings.ToLower(s.reason))
}

// parkedPage is how many rows are read at a time.
const parkedPage = 500

// walk calls visit with each that matches, oldest first.
func (s *parkedSelection) walk(ctx context.Context, pool *pgxpool.Pool, visit func(results.Parked)) error {
	for after := int64(0); ; {
		page, err := results.ListParked(ctx, pool, after, parkedPage)
		if err != nil {
			return err
		}
		for _, r := range page {
			if after = r.ID; s.matches(r) {
				visit(r)
			}
		}
		if len(page) < parkedPage {
			return nil
		}
	}
}

// ids returns what is chosen at this moment: what is parked anew by a retry is not tried again by the same one.
func (s *parkedSelection) ids(ctx context.Context, pool *pgxpool.Pool, args []string) (ids []int64, err error) {
	if s.all {
		err = s.walk(ctx, pool, func(r results.Parked) { ids = append(ids, r.ID) })
		return ids, err
	}
	for _, arg := range args {
		id, err := parkedID(arg)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// each does the work for every chosen one in turn, stops at the first that fails, and says how many were done.
func (s *parkedSelection) each(cmd *cobra.Command, pool *pgxpool.Pool, args []string, done string, work func(id int64) error) error {
	ids, err := s.ids(cmd.Context(), pool, args)
	if err != nil {
		return err
	}
	for n, id := range ids {
		if err := work(id); err != nil {
			return fmt.Errorf("parked result %d, after %d others: %w", id, n, err)
		}
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %d parked results\n", done, len(ids))
	return err
}
