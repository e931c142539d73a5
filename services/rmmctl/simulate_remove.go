package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/services/internal/simulate"
)

func simulateRemoveCommand(p program) *cobra.Command {
	var what simulate.Removal
	var access, key string
	var insecure, quiet bool
	cmd := &cobra.Command{
		Use: "remove", Short: "Remove what simulations have left on a server", Args: cobra.NoArgs,
		Long: "Removes the agents named in the state file, the agents with simulated host names (SIM-000000) in the site and in the client\n" +
			"\"Simulation\", and what --prepare made: that client, its policy, its script and its API key. Nothing else is touched. The\n" +
			"default policies that --prepare replaced do not come back.",
		Example: "  rmmctl simulate remove\n  rmmctl simulate remove --api https://rmm.example.com --key KEY --site 4 --state fleet.jsonl",
	}
	flags := cmd.Flags()
	flags.StringVar(&access, "access", defaultAccess, accessHelp)
	flags.StringVar(&what.API, "api", "", "base address of the REST API")
	flags.StringVar(&key, "key", "", "API key of a superuser (or RMM_API_KEY)")
	flags.Int64Var(&what.Site, "site", 0, "id of a site whose simulated agents go too")
	flags.StringVar(&what.State, "state", "", "file with the identities of a fleet: these agents go, and the file")
	flags.BoolVar(&what.AgentsOnly, "agents-only", false, "leave what --prepare made for the next run")
	flags.IntVar(&what.Workers, "workers", 8, "concurrent requests")
	flags.BoolVar(&insecure, "insecure", false, "accept any certificate of the server")
	flags.BoolVar(&quiet, "quiet", false, "no live progress")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if key == "" {
			key = p.lookup("RMM_API_KEY")
		}
		suite, err := readAccess(access, flags.Changed("access"))
		if err != nil {
			return err
		}
		if what.API == "" {
			what.API = suite.API
		}
		as, err := suite.caller(cmd.Context(), what.API, key, insecure)
		if err != nil {
			return fmt.Errorf("remove: %w", err)
		}
		if !quiet {
			what.Progress = cmd.ErrOrStderr()
		}
		removed, err := simulate.Remove(cmd.Context(), what, as)
		err = errors.Join(err, as.SignOut(context.WithoutCancel(cmd.Context()), what.API))
		text := fmt.Sprintf("removed %d agents", removed.Agents)
		if removed.Ground {
			text += " and what --prepare made"
		}
		fmt.Fprintln(cmd.OutOrStdout(), text)
		return err
	}
	return cmd
}
