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
			"Writes bench.md and bench.json into the output directory: for each row the median and all runs, the reference's figure,\n" +
			"the aim and whether it was hit, and where the processors' time went. Takes about half an hour; --only measures single rows.\n\n" +
			"The row results-tls needs nginx (package nginx-light): it is installed with apt when this runs as root, else the row says\n" +
			"what to install. The row million kills every process with kill -9 while it posts and takes five to ten minutes.\n\n" +
			"ROWS\n" + bench.Help(),
	}
	flags := cmd.Flags()
	flags.IntVar(&o.Runs, "runs", 3, "runs of each row")
	flags.StringSliceVar(&o.Only, "only", nil, "names of the rows to measure, as in bench.json")
	flags.IntVar(&o.Agents, "agents", 10_000, "agents of the connected fleet")
	flags.IntVar(&o.Large, "large", 100_000, "agents in the database for the large list")
	flags.StringVar(&o.Bin, "bin", "bin", "directory of the programs")
	flags.StringVar(&o.Site, "nginx-site", "deploy/nginx/gueen.conf", "site configuration that results-tls is measured through")
	flags.BoolVar(&o.Install, "install", true, "install nginx with apt when it is missing and this runs as root")
	flags.IntVar(&o.Million, "million", 1_000_000, "results that the row million waits for")
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
