package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/results"
)

func resultsCommand(p program) *cobra.Command {
	cmd := &cobra.Command{Use: "results", Short: "Look after results of agents that could not be applied"}
	parked := &cobra.Command{
		Use: "parked", Short: "Show, retry and drop parked results",
		Long: "A result that cannot be applied, because it makes no sense or because a program broke on it, is parked with its reason so\n" +
			"that it does not hold up the others. Retry them after an update that mends the reason.",
	}
	parked.AddCommand(listParked(p), showParked(p), retryParked(p), deleteParked(p))
	cmd.AddCommand(parked)
	return cmd
}

// parkedPage is how many rows are read at a time.
const parkedPage = 500

func listParked(p program) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the parked results", Args: cobra.NoArgs}
	return withDatabase(p, cmd, false, func(cmd *cobra.Command, _ []string, pool *pgxpool.Pool) error {
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tKIND\tAGENT\tRECEIVED\tBYTES\tREASON")
		for after := int64(0); ; {
			page, err := results.ListParked(cmd.Context(), pool, after, parkedPage)
			if err != nil {
				return err
			}
			for _, r := range page {
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\n", r.ID, r.Kind(), r.AgentID(), r.Received.UTC().Format(time.RFC3339), r.Size, printable(r.Reason))
				after = r.ID
			}
			if len(page) < parkedPage {
				return w.Flush()
			}
		}
	})
}

func showParked(p program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show one with its body", Args: cobra.ExactArgs(1),
		Long: "The body is what the agent sent. It may hold what a script printed.",
	}
	return withDatabase(p, cmd, false, func(cmd *cobra.Command, args []string, pool *pgxpool.Pool) error {
		id, err := parkedID(args[0])
		if err != nil {
			return err
		}
		r, body, err := results.GetParked(cmd.Context(), pool, id)
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, row := range [][2]string{
			{"id", args[0]}, {"kind", string(r.Kind())}, {"agent", r.AgentID()}, {"row", r.Ref}, {"message", r.MessageID},
			{"received", r.Received.UTC().Format(time.RFC3339Nano)}, {"parked", r.ParkedAt.UTC().Format(time.RFC3339Nano)}, {"reason", printable(r.Reason)},
		} {
			fmt.Fprintf(w, "%s\t%s\n", row[0], row[1])
		}
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(out, "\n%s\n", printable(string(body)))
		return nil
	})
}

func deleteParked(p program) *cobra.Command {
	cmd := &cobra.Command{Use: "delete ID...", Short: "Drop parked results for good", Args: cobra.MinimumNArgs(1)}
	return withDatabase(p, cmd, false, func(cmd *cobra.Command, args []string, pool *pgxpool.Pool) error {
		return eachParked(args, func(id int64) error { return results.DeleteParked(cmd.Context(), pool, id) })
	})
}

type retrySettings struct {
	Database config.Database
	NATS     config.NATS
}

// retryWithin bounds the work on one result.
const retryWithin = 10 * time.Second

func retryParked(p program) *cobra.Command {
	s := &retrySettings{}
	cmd := &cobra.Command{
		Use: "retry ID...", Short: "Apply parked results again", Args: cobra.MinimumNArgs(1),
		Long: "Hands the results to the stream again, as of the time when they came. One that still cannot be applied is parked anew.",
	}
	load := withSettings(p, cmd, s)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if err := load(); err != nil {
			return err
		}
		pool, err := openDatabase(cmd.Context(), s.Database)
		if err != nil {
			return err
		}
		defer pool.Close()
		conn, err := bus.Open(bus.Settings{URL: s.NATS.URL.Reveal(), User: s.NATS.User, Password: s.NATS.Password.Reveal(), Name: "rmmctl"},
			zap.NewNop(), prometheus.NewRegistry(), nil)
		if err != nil {
			return err
		}
		defer func() {
			if cerr := conn.Stop(cmd.Context()); err == nil && cerr != nil {
				err = cerr
			}
		}()
		if err := reached(cmd.Context(), conn); err != nil {
			return fmt.Errorf("reach nats-server %s (setting nats.url): %w", s.NATS.URL, err)
		}
		return eachParked(args, func(id int64) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), retryWithin)
			defer cancel()
			return results.RetryParked(ctx, pool, conn, id)
		})
	}
	return cmd
}

// reached waits for the connection, which is made in the background.
func reached(ctx context.Context, conn *bus.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := conn.Check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// printable takes out what a terminal would act on: the text comes from an agent.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// eachParked does the work for every key in turn and stops at the first that fails.
func eachParked(args []string, work func(id int64) error) error {
	for _, arg := range args {
		id, err := parkedID(arg)
		if err != nil {
			return err
		}
		if err := work(id); err != nil {
			return fmt.Errorf("parked result %d: %w", id, err)
		}
	}
	return nil
}

func parkedID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, fmt.Errorf("%q is not the id of a parked result", text)
	}
	return id, nil
}
