package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/services/internal/suite"
)

// docsCommand generates the reference of all settings; `make gen-docs` runs it.
func docsCommand(p program) *cobra.Command {
	var bin, page, catalogue string
	cmd := &cobra.Command{
		Use: "gen-docs", Short: "Write the reference page of all settings", Args: cobra.NoArgs, Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := describeAll(cmd, p, bin)
			if err != nil {
				return err
			}
			var text bytes.Buffer
			if err := config.Reference(&text, all); err != nil {
				return err
			}
			if err := os.WriteFile(page, text.Bytes(), 0o644); err != nil { //nolint:gosec // a page for everybody
				return fmt.Errorf("write settings page: %w", err)
			}
			var keys []string
			for _, d := range all {
				for _, s := range d.Settings {
					keys = append(keys, s.Key)
				}
			}
			slices.Sort(keys)
			text.Reset()
			text.WriteString(strings.Join(slices.Compact(keys), "\n") + "\n")
			if err := os.WriteFile(catalogue, text.Bytes(), 0o644); err != nil { //nolint:gosec // part of the source
				return fmt.Errorf("write settings catalogue: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&bin, "bin", "bin", "directory of the services' programs")
	cmd.Flags().StringVar(&page, "page", "docs/reference/settings.md", "page to write")
	cmd.Flags().StringVar(&catalogue, "catalogue", "pkg/platform/config/catalogue.txt", "list of all keys to write")
	return cmd
}

// describeAll asks every service for its settings, and adds rmmctl's own.
func describeAll(cmd *cobra.Command, p program, bin string) ([]config.Description, error) {
	var all []config.Description
	for _, name := range []string{"api", "realtime", "natsapi", "worker", "beat", "web"} {
		out, err := exec.CommandContext(cmd.Context(), filepath.Join(bin, name), "--describe-settings").Output()
		if err != nil {
			return nil, fmt.Errorf("ask %s for its settings: %w", name, err)
		}
		var d config.Description
		if err := json.Unmarshal(out, &d); err != nil {
			return nil, fmt.Errorf("read the settings of %s: %w", name, err)
		}
		all = append(all, d)
	}
	for _, own := range []struct {
		name, summary string
		settings      any
	}{
		{"rmmctl nats-config", "Writes the configuration of nats-server.", &natsServerSettings{}},
		{"rmmctl migrate, create-admin, reset-password, reset-2fa", "Work on the database.", &databaseSettings{}},
		{"rmmctl jobs", "Looks into the job queues.", &redisSettings{}},
		{"rmmctl suite run", "Runs everything on one machine.", &suite.Options{}},
	} {
		l, err := config.NewLoader(own.settings, config.Options{Env: p.env})
		if err != nil {
			return nil, err
		}
		all = append(all, config.Description{Program: own.name, Summary: own.summary, Settings: l.Settings()})
	}
	return all, nil
}
