package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/pkg/results"
)

// parkedSelection says which parked results a command is about.
type parkedSelection struct {
	all    bool
	filter results.ParkedFilter
}

func (s *parkedSelection) filters(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar((*string)(&s.filter.Kind), "kind", "", "only of this kind: check, task, history, software")
	flags.StringVar(&s.filter.AgentID, "agent", "", "only of the agent with this id")
	flags.StringVar(&s.filter.Reason, "reason", "", "only those whose reason contains this text")
}

// choose gives a command that changes something its flags and its rule: results by id, or --all with filters.
func (s *parkedSelection) choose(cmd *cobra.Command) {
	s.filters(cmd)
	cmd.Flags().BoolVar(&s.all, "all", false, "all that the filters leave, instead of ids")
	cmd.Args = func(_ *cobra.Command, args []string) error {
		switch f := s.filter; {
		case s.all && len(args) > 0:
			return errors.New("give ids or --all, not both")
		case !s.all && len(args) == 0:
			return errors.New("give the ids of parked results (see rmmctl results parked list), or --all")
		case !s.all && (f.Kind != "" || f.AgentID != "" || f.Reason != ""):
			return errors.New("filters go with --all")
		}
		for _, arg := range args {
			id, err := parkedID(arg)
			if err != nil {
				return err
			}
			s.filter.IDs = append(s.filter.IDs, id)
		}
		return nil
	}
}

// parkedPage is how many rows are read at a time.
const parkedPage = 500

// walk calls visit with each that is chosen, oldest first.
func (s *parkedSelection) walk(ctx context.Context, pool *pgxpool.Pool, visit func(results.Parked)) error {
	for after := int64(0); ; {
		page, err := results.ListParked(ctx, pool, s.filter, after, parkedPage)
		if err != nil {
			return err
		}
		for _, r := range page {
			after = r.ID
			visit(r)
		}
		if len(page) < parkedPage {
			return nil
		}
	}
}

// report says how many were done before the work ended, and names those that were asked for by id and are not parked. With --all
// it is no mistake that another operator was faster.
func (s *parkedSelection) report(cmd *cobra.Command, verb string, done []int64, ended error) error {
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %d parked results\n", verb, len(done))
	if ended != nil {
		return errors.Join(ended, err)
	}
	for _, id := range s.filter.IDs {
		if !slices.Contains(done, id) {
			err = errors.Join(err, fmt.Errorf("parked result %d is not there", id))
		}
	}
	return err
}
