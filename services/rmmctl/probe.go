package main

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// probeCommand asks a private port; container images have no other program for it.
func probeCommand() *cobra.Command {
	var within time.Duration
	cmd := &cobra.Command{
		Use: "probe URL", Short: "Ask a service's private port whether it is ready", Args: cobra.ExactArgs(1),
		Long: "Succeeds when the address, for example http://127.0.0.1:9101/readyz, answers 200, else prints what is missing.",
		RunE: func(cmd *cobra.Command, args []string) error {
			req, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, args[0], nil)
			if err != nil {
				return fmt.Errorf("probe: %w", err)
			}
			client := &http.Client{Timeout: within, Transport: &http.Transport{DisableKeepAlives: true}}
			resp, err := client.Do(req)
			if err != nil {
				return fmt.Errorf("probe: %w", err)
			}
			defer resp.Body.Close() //nolint:errcheck // read to its end below
			body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
			if err != nil {
				return fmt.Errorf("probe: %w", err)
			}
			if resp.StatusCode != http.StatusOK {
				return fmt.Errorf("probe: %s answers %d: %s", args[0], resp.StatusCode, body)
			}
			return nil
		},
	}
	cmd.Flags().DurationVar(&within, "within", 3*time.Second, "give up after this time")
	return cmd
}
