package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

// program is the surroundings of the command: all that a test replaces.
type program struct {
	env      []string
	in       io.Reader
	out      io.Writer
	problems io.Writer
}

func newRoot(p program) *cobra.Command {
	root := &cobra.Command{
		Use:   "rmmctl",
		Short: "Operate Gueen RMM",
		Long: "rmmctl operates a Gueen RMM server: it migrates the database, makes administrators and helps them back in, looks into\n" +
			"the job queues and runs the whole suite on one machine. Settings come from flags, GUEEN_* variables or a settings file\n" +
			"as for the services (docs/reference/settings.md).",
		SilenceUsage: true, SilenceErrors: true, CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.problems)
	root.AddCommand(migrateCommand(p), createAdminCommand(p), resetPasswordCommand(p), resetTOTPCommand(p), startSessionCommand(p), sessionsCommand(p), jobsCommand(p), resultsCommand(p),
		natsConfigCommand(p), suiteCommand(p), simulateCommand(p), simulatePartCommand(), simulatePersonCommand(), benchCommand(), docsCommand(p), probeCommand(), versionCommand())
	return root
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), service.Version())
			return err
		},
	}
}

// withSettings gives a command the flags of a settings struct and returns what loads it when the command runs.
func withSettings(p program, cmd *cobra.Command, dst any) (load func() error) {
	l, err := config.NewLoader(dst, config.Options{Program: "rmmctl", Env: p.env})
	if err != nil {
		return func() error { return err }
	}
	l.AddFlags(cmd.Flags())
	return func() error {
		_, err := l.Load(cmd.Flags())
		return err
	}
}

// lookup returns a variable of the environment, or "".
func (p program) lookup(name string) string {
	for _, entry := range p.env {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}
