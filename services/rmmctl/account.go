package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/audit"
)

// withAccounts makes a command that works on accounts.
func withAccounts(p program, cmd *cobra.Command, work func(cmd *cobra.Command, a *accounts.Service) error) *cobra.Command {
	s := &accountSettings{}
	return onDatabase(p, cmd, s, &s.Database, false, func(cmd *cobra.Command, _ []string, pool *pgxpool.Pool) error {
		a, err := operatorAccounts(pool, s.MinPassword)
		if err != nil {
			return err
		}
		return work(cmd, a)
	})
}

func operatorAccounts(pool *pgxpool.Pool, minPassword int) (*accounts.Service, error) {
	hasher, err := accounts.NewHasher(accounts.DefaultHashCost())
	if err != nil {
		return nil, err
	}
	return accounts.New(accounts.Deps{Pool: pool, Audit: audit.New(0), Hasher: hasher, MinPassword: minPassword}), nil
}

func usernameFlag(cmd *cobra.Command) *string {
	name := cmd.Flags().String("username", "", "name of the account (required)")
	if err := cmd.MarkFlagRequired("username"); err != nil {
		cmd.PreRunE = func(*cobra.Command, []string) error { return err }
	}
	return name
}

func createAdminCommand(p program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "create-admin", Short: "Make an administrator", Args: cobra.NoArgs,
		Long: "Makes an account that may do everything. Without --password-stdin a password is generated and printed. The account sets\n" +
			"up its second factor when it first signs in.",
	}
	name, fromInput := usernameFlag(cmd), passwordFlag(cmd)
	missing := cmd.Flags().Bool("if-missing", false, "do nothing when somebody can sign in already")
	return withAccounts(p, cmd, func(cmd *cobra.Command, a *accounts.Service) error {
		if *missing {
			if needed, err := a.NeedsSetup(cmd.Context()); err != nil || !needed {
				return err
			}
		}
		return setPassword(cmd, *fromInput, func(ctx context.Context, password string) error {
			_, err := a.OperatorCreateAdmin(ctx, *name, password)
			return err
		})
	})
}

func resetPasswordCommand(p program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "reset-password", Short: "Give an account a new password and sign it out everywhere", Args: cobra.NoArgs,
		Long: "Without --password-stdin a password is generated and printed. The second factor stays (see reset-2fa).",
	}
	name, fromInput := usernameFlag(cmd), passwordFlag(cmd)
	return withAccounts(p, cmd, func(cmd *cobra.Command, a *accounts.Service) error {
		return setPassword(cmd, *fromInput, func(ctx context.Context, password string) error {
			return a.OperatorResetPassword(ctx, *name, password)
		})
	})
}

func resetTOTPCommand(p program) *cobra.Command {
	cmd := &cobra.Command{Use: "reset-2fa", Short: "Let an account set up its second factor anew", Args: cobra.NoArgs}
	name := usernameFlag(cmd)
	return withAccounts(p, cmd, func(cmd *cobra.Command, a *accounts.Service) error {
		if err := a.OperatorResetTOTP(cmd.Context(), *name); err != nil {
			return err
		}
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "the next sign-in sets up the second factor")
		return err
	})
}

// maxSession bounds what start-session gives.
const maxSession = time.Hour

func startSessionCommand(p program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "start-session", Short: "Print a session token for scripts at the server", Args: cobra.NoArgs,
		Long: "Prints a token for the REST interface (Authorization: Token …). Sign out with it when the script is done (POST /logout/).",
	}
	name := usernameFlag(cmd)
	lifetime := cmd.Flags().Duration("lifetime", 10*time.Minute, "life of the session, at most 1h")
	return withAccounts(p, cmd, func(cmd *cobra.Command, a *accounts.Service) error {
		if *lifetime <= 0 || *lifetime > maxSession {
			return errors.New("--lifetime must be between 0 and 1h")
		}
		token, err := a.OperatorStartSession(cmd.Context(), *name, *lifetime)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), token)
		return err
	})
}

func passwordFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("password-stdin", false, "read the password from standard input")
}

// setPassword hands a given or generated password to set. Only a generated one is printed.
func setPassword(cmd *cobra.Command, fromInput bool, set func(ctx context.Context, password string) error) error {
	password := rand.Text()
	if fromInput {
		line, err := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 4<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read password: %w", err)
		}
		if password = strings.TrimRight(line, "\r\n"); password == "" {
			return errors.New("no password on standard input")
		}
	}
	if err := set(cmd.Context(), password); err != nil {
		return err
	}
	if fromInput {
		return nil
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), "password:", password)
	return err
}
