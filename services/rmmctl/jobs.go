package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
)

type redisSettings struct {
	Redis config.Redis
}

func jobsCommand(p program) *cobra.Command {
	cmd := &cobra.Command{Use: "jobs", Short: "Look into the job queues", Aliases: []string{"dead-letter"}}
	list := &cobra.Command{Use: "queues", Short: "Show what waits, runs and failed in each queue", Args: cobra.NoArgs}
	withQueue(p, list, func(cmd *cobra.Command, _ []string, in *queue.Inspector) error {
		states, err := in.Queues()
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "QUEUE\tWAITING\tRUNNING\tSCHEDULED\tRETRY\tDEAD\tDONE TODAY\tFAILED TODAY\tLATENCY")
		for _, s := range states {
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", s.Name, s.Waiting, s.Running, s.Scheduled, s.Retry, s.Dead,
				s.ProcessedToday, s.FailedToday, s.Latency.Round(time.Millisecond))
		}
		return w.Flush()
	})
	dead := &cobra.Command{Use: "dead", Short: "List the jobs that failed for good", Args: cobra.NoArgs}
	withQueue(p, dead, func(cmd *cobra.Command, _ []string, in *queue.Inspector) error {
		tasks, err := in.Dead()
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tKIND\tQUEUE\tATTEMPTS\tFAILED\tERROR")
		for _, d := range tasks {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", d.ID, d.Kind, d.Queue, d.Attempts, d.FailedAt.UTC().Format(time.RFC3339), d.Error)
		}
		return w.Flush()
	})
	retry := &cobra.Command{Use: "retry ID", Short: "Run a dead job again", Args: cobra.ExactArgs(1)}
	withQueue(p, retry, func(_ *cobra.Command, args []string, in *queue.Inspector) error { return in.Retry(args[0]) })
	remove := &cobra.Command{Use: "delete ID", Short: "Drop a dead job", Args: cobra.ExactArgs(1)}
	withQueue(p, remove, func(_ *cobra.Command, args []string, in *queue.Inspector) error { return in.Delete(args[0]) })
	cmd.AddCommand(list, dead, retry, remove)
	return cmd
}

// withQueue makes a command that works on the queues.
func withQueue(p program, cmd *cobra.Command, work func(cmd *cobra.Command, args []string, in *queue.Inspector) error) {
	s := &redisSettings{}
	load := withSettings(p, cmd, s)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if err := load(); err != nil {
			return err
		}
		reg, err := health.New(zap.NewNop(), prometheus.NewRegistry())
		if err != nil {
			return err
		}
		conn, err := queue.Open(s.Redis.URL.Reveal(), zap.NewNop(), reg.Dependency("redis"))
		if err != nil {
			return err
		}
		defer func() {
			if cerr := conn.Redis().Close(); err == nil && cerr != nil {
				err = cerr
			}
		}()
		if err := conn.Redis().Ping(cmd.Context()).Err(); err != nil {
			return fmt.Errorf("reach redis %s (setting redis.url): %w", s.Redis.URL, err)
		}
		return work(cmd, args, queue.NewInspector(conn))
	}
}
