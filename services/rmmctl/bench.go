package main

import (
	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/services/internal/bench"
)

func benchCommand() *cobra.Command {
	var o bench.Options
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure the product as a whole and print the table of aims", Args: cobra.NoArgs,
		Long: "Starts a suite of its own, loads it with simulated agents and measures each row several times; the median counts.\n" +
			"Writes bench.md and bench.json into the output directory. Takes about half an hour; --only measures single rows.",
	}
	flags := cmd.Flags()
	flags.IntVar(&o.Runs, "runs", 3, "runs of each row")
	flags.StringSliceVar(&o.Only, "only", nil, "names of the rows to measure, as in bench.json")
	flags.IntVar(&o.Agents, "agents", 10_000, "agents of the connected fleet")
	flags.IntVar(&o.Large, "large", 100_000, "agents in the database for the large list")
	flags.StringVar(&o.Bin, "bin", "bin", "directory of the programs")
	flags.StringVar(&o.Output, "output", ".run/bench", "directory of the results")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		o.Log = cmd.ErrOrStderr()
		report, err := bench.Run(cmd.Context(), o)
		if report != nil {
			cmd.Println(report.Markdown())
		}
		return err
	}
	return cmd
}
