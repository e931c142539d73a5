package main

import (
	"context"
	"errors"
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

	"github.com/gueencode/gueenrmm/pkg/fault"
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

func listParked(p program) *cobra.Command {
	var chosen parkedSelection
	cmd := &cobra.Command{Use: "list", Short: "List the parked results", Args: cobra.NoArgs}
	chosen.filters(cmd)
	return withDatabase(p, cmd, false, func(cmd *cobra.Command, _ []string, pool *pgxpool.Pool) error {
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tKIND\tAGENT\tRECEIVED\tBYTES\tREASON")
		err := chosen.walk(cmd.Context(), pool, func(r results.Parked) {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\n", r.ID, r.Kind(), r.AgentID(), r.Received.UTC().Format(time.RFC3339), r.Size, printable(r.Reason))
		})
		return errors.Join(err, w.Flush())
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
	var chosen parkedSelection
	cmd := &cobra.Command{
		Use: "delete ID... | --all", Short: "Drop parked results for good",
		Example: "  rmmctl results parked delete 12 13\n  rmmctl results parked delete --all --kind check --reason \"not a JSON object\"",
	}
	chosen.choose(cmd)
	return withDatabase(p, cmd, false, func(cmd *cobra.Command, _ []string, pool *pgxpool.Pool) error {
		gone, err := results.DeleteParked(cmd.Context(), pool, chosen.filter)
		return chosen.report(cmd, "dropped", gone, err)
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
	var chosen parkedSelection
	cmd := &cobra.Command{
		Use: "retry ID... | --all", Short: "Apply parked results again",
		Example: "  rmmctl results parked retry 12 13\n  rmmctl results parked retry --all --reason panicked",
		Long:    "Hands the results to the stream again, as of the time when they came. One that still cannot be applied is parked anew.",
	}
	chosen.choose(cmd)
	load := withSettings(p, cmd, s)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
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
		done, err := chosen.retry(cmd.Context(), pool, conn)
		return chosen.report(cmd, "handed over", done, err)
	}
	return cmd
}

// retry hands the chosen ones over in turn until one fails. They are those of this moment: what is parked anew by a retry is not
// tried again by the same one.
func (s *parkedSelection) retry(ctx context.Context, pool *pgxpool.Pool, conn *bus.Conn) (done []int64, err error) {
	var ids []int64
	if err := s.walk(ctx, pool, func(r results.Parked) { ids = append(ids, r.ID) }); err != nil {
		return nil, err
	}
	for _, id := range ids {
		limited, cancel := context.WithTimeout(ctx, retryWithin)
		err := results.RetryParked(limited, pool, conn, id)
		cancel()
		switch {
		case fault.KindOf(err) == fault.KindNotFound: // another operator was faster
		case err != nil:
			return done, fmt.Errorf("parked result %d: %w", id, err)
		default:
			done = append(done, id)
		}
	}
	return done, nil
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

func parkedID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, fmt.Errorf("%q is not the id of a parked result", text)
	}
	return id, nil
}
