package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/pkg/accounts"
)

// shownDigest is how much of a session's digest the list shows: enough to name one, and nothing to sign in with.
const shownDigest = 16

func sessionsCommand(p program) *cobra.Command {
	cmd := &cobra.Command{Use: "sessions", Short: "See and end the sessions of an account"}
	cmd.AddCommand(listSessionsCommand(p), revokeSessionsCommand(p))
	return cmd
}

func listSessionsCommand(p program) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the sessions of an account that have not expired", Args: cobra.NoArgs}
	name := usernameFlag(cmd)
	return withAccounts(p, cmd, func(cmd *cobra.Command, a *accounts.Service) error {
		list, err := a.OperatorSessions(cmd.Context(), *name)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		if _, err := fmt.Fprintln(w, "SESSION\tCREATED\tENDS"); err != nil {
			return err
		}
		for _, s := range list {
			ends := "never"
			if s.Expiry != nil {
				ends = s.Expiry.UTC().Format(time.RFC3339)
			}
			if _, err := fmt.Fprintf(w, "%s\t%s\t%s\n", s.Digest[:min(shownDigest, len(s.Digest))], s.Created.UTC().Format(time.RFC3339), ends); err != nil {
				return err
			}
		}
		return w.Flush()
	})
}

func revokeSessionsCommand(p program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "revoke", Short: "End one session of an account, or all of them", Args: cobra.NoArgs,
		Long: "Ends the session that the list shows under --session, or with --all every session of the account. Requests with such a\n" +
			"session are refused at once, open web sockets of it close within seconds.",
	}
	name := usernameFlag(cmd)
	one := cmd.Flags().String("session", "", "the session, as the list shows it")
	all := cmd.Flags().Bool("all", false, "every session of the account")
	return withAccounts(p, cmd, func(cmd *cobra.Command, a *accounts.Service) error {
		if (*one == "") != *all {
			return errors.New("give either --session or --all")
		}
		ended := int64(1)
		var err error
		if *all {
			ended, err = a.OperatorEndSessions(cmd.Context(), *name)
		} else {
			err = a.OperatorEndSession(cmd.Context(), *name, *one)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), "sessions ended:", ended)
		return err
	})
}
