package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nats-io/nkeys"
	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/metrics"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/services/internal/suite"
)

// serviceNames are the programs that the reference pages tell of, in their order.
func serviceNames() []string { return []string{"api", "realtime", "natsapi", "worker", "beat", "web"} }

// docsCommand generates the reference pages from what the programs say about themselves; `make gen-docs` runs it.
func docsCommand(p program) *cobra.Command {
	var bin, dir, catalogue string
	cmd := &cobra.Command{
		Use: "gen-docs", Short: "Write the reference pages of settings, metrics, jobs and rmmctl", Args: cobra.NoArgs, Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := describeSettings(cmd, p, bin)
			if err != nil {
				return err
			}
			if err := writePage(filepath.Join(dir, "settings.md"), func(w io.Writer) error { return config.Reference(w, all) }); err != nil {
				return err
			}
			if err := writePage(catalogue, func(w io.Writer) error { return writeKeys(w, all) }); err != nil {
				return err
			}
			err = writePage(filepath.Join(dir, "rmmctl.md"), func(w io.Writer) error { return commandsPage(w, cmd.Root()) })
			if err != nil {
				return err
			}
			return writeProgramPages(cmd, bin, dir)
		},
	}
	cmd.Flags().StringVar(&bin, "bin", "bin", "directory of the services' programs")
	cmd.Flags().StringVar(&dir, "dir", "docs/reference", "directory of the pages")
	cmd.Flags().StringVar(&catalogue, "catalogue", "pkg/platform/config/catalogue.txt", "list of all keys to write")
	return cmd
}

func writePage(path string, write func(io.Writer) error) error {
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil { //nolint:gosec // pages and source for everybody
		return fmt.Errorf("write reference: %w", err)
	}
	return nil
}

// writeKeys lists the key of every setting once.
func writeKeys(w io.Writer, all []config.Description) error {
	var keys []string
	for _, d := range all {
		for _, s := range d.Settings {
			keys = append(keys, s.Key)
		}
	}
	slices.Sort(keys)
	_, err := io.WriteString(w, strings.Join(slices.Compact(keys), "\n")+"\n")
	return err
}

// ask runs a service with a question and reads its answer.
func ask(cmd *cobra.Command, bin, name, question string, env []string, answer any) error {
	c := exec.CommandContext(cmd.Context(), filepath.Join(bin, name), question)
	c.Env = env
	c.Stderr = cmd.ErrOrStderr()
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("ask %s with %s: %w", name, question, err)
	}
	if err := json.Unmarshal(out, answer); err != nil {
		return fmt.Errorf("read what %s says to %s: %w", name, question, err)
	}
	return nil
}

// describeSettings asks every service for its settings, and adds rmmctl's own.
func describeSettings(cmd *cobra.Command, p program, bin string) ([]config.Description, error) {
	var all []config.Description
	for _, name := range serviceNames() {
		var d config.Description
		if err := ask(cmd, bin, name, "--describe-settings", []string{}, &d); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	for _, own := range []struct {
		name, summary string
		settings      any
	}{
		{"rmmctl nats-config", "Writes the configuration of nats-server.", &natsServerSettings{}},
		{"rmmctl migrate", "Brings the database up to date.", &databaseSettings{}},
		{"rmmctl create-admin, reset-password, reset-2fa", "Work on accounts.", &accountSettings{}},
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

// writeProgramPages asks every service what it is made of and writes the pages of metrics and jobs.
func writeProgramPages(cmd *cobra.Command, bin, dir string) error {
	// natsapi signs permissions and does not begin without a key; any key will do to describe it. web names in its readiness
	// what it passes requests on to.
	account, err := nkeys.CreateAccount()
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	seed, err := account.Seed()
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	env := []string{"GUEEN_NATS_ISSUER_SEED=" + string(seed)}
	for _, behind := range []string{"API", "REALTIME", "NATS"} {
		env = append(env, "GUEEN_WEB_UPSTREAM_"+behind+"=http://127.0.0.1:1")
	}
	var (
		programs []metrics.Program
		tasks    []queue.Kind
		periodic []jobs.Job
	)
	for _, name := range serviceNames() {
		var d service.Description
		if err := ask(cmd, bin, name, "--describe-program", env, &d); err != nil {
			return err
		}
		p := metrics.Program{Name: d.Program, Metrics: d.Metrics}
		for _, needed := range d.Dependencies {
			name := "`" + needed.Name + "`"
			if needed.Optional {
				name += " (served without)"
			}
			p.Dependencies = append(p.Dependencies, name)
		}
		programs = append(programs, p)
		for page, list := range map[string]any{"tasks": &tasks, "jobs": &periodic} {
			if content, has := d.Reference[page]; has {
				if err := json.Unmarshal(content, list); err != nil {
					return fmt.Errorf("read the %s of %s: %w", page, name, err)
				}
			}
		}
	}
	if err := writePage(filepath.Join(dir, "metrics.md"), func(w io.Writer) error { return metrics.Reference(w, programs) }); err != nil {
		return err
	}
	return writePage(filepath.Join(dir, "jobs.md"), func(w io.Writer) error { return jobsPage(w, periodic, tasks) })
}
