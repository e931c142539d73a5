package command

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/rest"
	"github.com/gueencode/gueenrmm/agent/internal/script"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

// rawCmd runs a command, streams its output when asked to, replies with its text and stores the text as history.
func (d *Dispatcher) rawCmd(ctx context.Context, c *call) {
	run := script.Command{
		Shell: c.cmd.Payload["shell"], Line: c.cmd.Payload["command"], Timeout: time.Duration(c.cmd.Timeout) * time.Second,
	}
	var out *stream
	if c.cmd.Stream {
		out = newStream(d.Bus, subjects.CommandOutput(d.AgentID, c.cmd.Payload["cmd_id"]), d.Log)
		run.OnLine = out.line
		// A receiver must never wait for an end that does not come, not even after a crash of the runner.
		defer out.end(script.CodeSetup)
	}
	res := d.Scripts.Exec(ctx, run)
	if out != nil {
		if res.ExitCode == script.CodeNotStart && res.Stdout == "" {
			out.line(res.Stderr)
		}
		out.end(res.ExitCode)
	}
	text := res.Text()
	c.answer(text)
	d.history(c.cmd.ID, agentwire.HistoryResult{Results: &text})
}

// runScript serves both script functions, which differ in their reply.
func (d *Dispatcher) runScript(ctx context.Context, c *call) {
	cmd := c.cmd
	res := d.Scripts.Run(ctx, script.Script{
		Code: cmd.Payload["code"], Shell: cmd.Payload["shell"], Args: cmd.ScriptArgs, Env: cmd.EnvVars,
		Timeout: time.Duration(cmd.Timeout) * time.Second, NushellConfig: cmd.NushellEnableConfig,
		DenoPermissions: cmd.DenoDefaultPermissions,
	})
	full := agentwire.ScriptResult{
		Stdout: res.Stdout, Stderr: res.Stderr, RetCode: res.RetCode, ExecutionTime: res.Elapsed.Seconds(), ID: cmd.ID,
	}
	reply := any(full.Stdout + full.Stderr)
	if res.SetupErr != nil { // agent-protocol.md §5.6: here, unlike in checks and tasks, as code 1
		full.Stderr, full.RetCode = res.SetupErr.Error(), 1
		reply = full.Stderr
	}
	if cmd.Func == agentwire.FuncRunScriptFull {
		reply = full
	}
	c.answer(reply)
	d.history(cmd.ID, agentwire.HistoryResult{ScriptResults: &full})
}

// installWithChoco has nothing to install with on this system and says so with an empty result.
func (d *Dispatcher) installWithChoco(_ context.Context, c *call) {
	c.answer("ok")
	path := rest.ChocoResultPath(d.AgentID, c.cmd.PendingActionPK)
	if err := d.Results.Submit(http.MethodPatch, path, agentwire.ChocoResult{}); err != nil {
		d.Log.Error("package result cannot be stored", zap.Error(err))
	}
}

// history stores the outcome for the history row of a command, if it has one.
func (d *Dispatcher) history(id int, res agentwire.HistoryResult) {
	if id == 0 {
		return
	}
	if err := d.Results.Submit(http.MethodPatch, rest.HistoryResultPath(id, d.AgentID), res); err != nil {
		d.Log.Error("command result cannot be stored", zap.Int("command_id", id), zap.Error(err))
	}
}
