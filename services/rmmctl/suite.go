package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/services/internal/suite"
)

func suiteCommand(p program) *cobra.Command {
	cmd := &cobra.Command{Use: "suite", Short: "Run everything on this machine"}
	run := &cobra.Command{
		Use: "run", Short: "Run database, queue, bus, services, web app and an agent until Ctrl-C", Args: cobra.NoArgs,
		Long: "Starts Postgres and Redis of the distribution, nats-server, the services, the web app and an agent on this machine, with\n" +
			"data and logs in one directory. Prints address, user and password and writes them to access.json in that directory when\n" +
			"everything is ready. A process that dies is started again. A second start keeps the data.",
	}
	opts := &suite.Options{}
	load := withSettings(p, run, opts)
	run.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := load(); err != nil {
			return err
		}
		opts.Output = cmd.OutOrStdout()
		return runSuite(cmd.Context(), *opts)
	}
	cmd.AddCommand(run, execCommand(p))
	return cmd
}

func runSuite(ctx context.Context, opts suite.Options) error {
	s, err := suite.Start(ctx, opts)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return nil // Ctrl-C while starting
		}
		return err
	}
	if err := printAccess(opts.Output, s); err != nil {
		return errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	<-ctx.Done()
	fmt.Fprintln(opts.Output, "stopping")
	return s.Stop(context.WithoutCancel(ctx))
}

func printAccess(w io.Writer, s *suite.Suite) error {
	a := s.Access()
	_, err := fmt.Fprintf(w, "\n  web       %s\n  user      %s\n  password  %s\n\n  (also in %s/access.json; logs in %s/log; Ctrl-C stops)\n\n",
		a.Web, a.User, a.Password, s.Dir(), s.Dir())
	return err
}

// execCommand runs a suite for the time of another command, which finds the suite through RMM_* variables.
func execCommand(p program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "exec [flags] -- command [argument…]", Short: "Run a command against a suite that lives as long as it", Args: cobra.MinimumNArgs(1),
		Long: "Starts a suite as `suite run` does, runs the command with RMM_WEB, RMM_API, RMM_USER, RMM_PASSWORD, RMM_MON_TOKEN,\n" +
			"RMM_WEB_ORIGIN, RMM_NATS and RMM_NATS_WS in its environment, stops the suite and ends as the command did.",
	}
	opts := &suite.Options{}
	load := withSettings(p, cmd, opts)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if err := load(); err != nil {
			return err
		}
		opts.Output = cmd.ErrOrStderr()
		s, err := suite.Start(cmd.Context(), *opts)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.Stop(context.WithoutCancel(cmd.Context()))) }()
		a := s.Access()
		child := exec.CommandContext(cmd.Context(), args[0], args[1:]...)
		child.Env = append(slices.Clone(p.env), "RMM_WEB="+a.Web, "RMM_API="+a.API, "RMM_USER="+a.User, "RMM_PASSWORD="+a.Password,
			"RMM_MON_TOKEN="+a.MonToken, "RMM_WEB_ORIGIN="+a.WebOrigin, "RMM_NATS="+a.NATS, "RMM_NATS_WS="+a.NATSWebSocket)
		child.Stdin, child.Stdout, child.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
		if err := child.Run(); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		return nil
	}
	return cmd
}
