// Package tasks runs automated tasks (agent-protocol.md §5.3).
package tasks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/rest"
	"github.com/gueencode/gueenrmm/agent/internal/script"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Server hands out tasks.
type Server interface {
	Task(ctx context.Context, pk int) (agentwire.TaskRun, error)
}

// Results takes what a task did.
type Results interface {
	Submit(method, path string, body any) error
}

// Scripts runs the actions.
type Scripts interface {
	Run(ctx context.Context, s script.Script) script.Result
	Exec(ctx context.Context, c script.Command) script.CommandResult
}

// Runner runs tasks of one agent.
type Runner struct {
	agentID string
	server  Server
	results Results
	scripts Scripts
	log     *zap.Logger
}

// New makes a runner.
func New(agentID string, server Server, results Results, scripts Scripts, log *zap.Logger) *Runner {
	return &Runner{agentID: agentID, server: server, results: results, scripts: scripts, log: log}
}

// maxText bounds stdout and stderr of a whole task in bytes.
const maxText = 4 << 20

// Run fetches a task, runs its actions in order and stores the result. When the server does not hand the task out,
// nothing is run and nothing is posted.
func (r *Runner) Run(ctx context.Context, pk int) error {
	task, err := r.server.Task(ctx, pk)
	if err != nil {
		return fmt.Errorf("fetch task %d: %w", pk, err)
	}
	start := time.Now()
	var stdout, stderr strings.Builder
	var code int64
	for _, a := range task.Actions {
		out, known := r.action(ctx, a)
		if !known {
			r.log.Warn("unknown type of task action skipped", zap.Int("task_id", pk), zap.String("type", a.Type))
			continue
		}
		if ctx.Err() != nil {
			return fmt.Errorf("task %d: %w", pk, ctx.Err()) // cut short by stopping: no result
		}
		if len(task.Actions) > 1 {
			fmt.Fprintf(&stdout, "\n------------\nRunning %s. Execution Time: %f\n------------\n\n", out.title, out.elapsed.Seconds())
		}
		add(&stdout, out.stdout)
		add(&stderr, out.stderr)
		code = out.code
		if out.failed && !task.ContinueOnError {
			break
		}
	}
	body := agentwire.TaskResult{Stdout: stdout.String(), Stderr: stderr.String(), RetCode: code, ExecutionTime: time.Since(start).Seconds()}
	if err := r.results.Submit(http.MethodPatch, rest.TaskResultPath(pk, r.agentID), body); err != nil {
		return errors.Join(fmt.Errorf("store result of task %d", pk), err)
	}
	return nil
}

// outcome of one action.
type outcome struct {
	title          string
	stdout, stderr string
	code           int64
	elapsed        time.Duration
	failed         bool // ends a task that does not continue on error
}

func (r *Runner) action(ctx context.Context, a agentwire.TaskAction) (outcome, bool) {
	timeout := time.Duration(a.Timeout) * time.Second
	switch a.Type {
	case "script":
		res := r.scripts.Run(ctx, script.Script{
			Code: a.Code, Shell: a.Shell, Args: a.ScriptArgs, Env: a.EnvVars, Timeout: timeout,
			NushellConfig: a.NushellEnableConfig, DenoPermissions: a.DenoDefaultPermissions,
		})
		return outcome{
			title: "Script: " + a.ScriptName, stdout: res.Stdout, stderr: res.Stderr, code: res.RetCode,
			elapsed: res.Elapsed, failed: res.Stderr != "",
		}, true
	case "cmd":
		start := time.Now()
		res := r.scripts.Exec(ctx, script.Command{Shell: a.Shell, Line: a.Command, Timeout: timeout})
		return outcome{
			title: "Command: " + a.Command, stdout: res.Stdout, stderr: res.Stderr, code: res.ExitCode,
			elapsed: time.Since(start), failed: res.ExitCode != 0,
		}, true
	}
	return outcome{}, false
}

func add(b *strings.Builder, s string) {
	if room := maxText - b.Len(); len(s) > room {
		s = strings.ToValidUTF8(s[:max(room, 0)], "")
	}
	b.WriteString(s)
}
