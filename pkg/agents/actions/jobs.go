package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// KindBulkCommand sends a command to many agents. As with all kinds here, retries are for a bus that goes away after the first
// command; an agent that is away has missed the message, as the contract says.
func KindBulkCommand() queue.Kind {
	return queue.Kind{Name: "agents.bulk_command", Summary: "Send a command to many agents", Timeout: 2 * time.Minute, MaxRetry: 5}
}

// KindBulkScript sends a script to many agents.
func KindBulkScript() queue.Kind {
	return queue.Kind{Name: "agents.bulk_script", Summary: "Send a script to many agents", Timeout: 2 * time.Minute, MaxRetry: 5}
}

// KindPatchScan makes agents look for Windows updates.
func KindPatchScan() queue.Kind {
	return queue.Kind{Name: "agents.patch_scan", Summary: "Make agents look for Windows updates", Timeout: 2 * time.Minute, MaxRetry: 5}
}

// KindPatchInstall makes agents install their approved Windows updates.
func KindPatchInstall() queue.Kind {
	return queue.Kind{Name: "agents.patch_install", Summary: "Make agents install their approved Windows updates", Timeout: 2 * time.Minute, MaxRetry: 5}
}

// KindRecoverMesh makes agents restart the remote-desktop agent beside them.
func KindRecoverMesh() queue.Kind {
	return queue.Kind{Name: "agents.recover_mesh", Summary: "Make agents restart the remote-desktop agent beside them", Timeout: 2 * time.Minute, MaxRetry: 5}
}

// KindScriptEmail runs a script and mails what it printed.
func KindScriptEmail() queue.Kind {
	return queue.Kind{Name: "agents.script_email", Summary: "Run a script on an agent and mail what it printed", Timeout: maxTimeout * time.Second, MaxRetry: 3}
}

// bulkJob sends commands for history rows. Placeholders in Args and Env are filled when it runs.
type bulkJob struct {
	History   []int64  `json:"history"`
	Shell     string   `json:"shell,omitempty"`
	ScriptID  int32    `json:"script,omitempty"`
	Args      []string `json:"args,omitempty"`
	Env       []string `json:"env,omitempty"`
	Timeout   int      `json:"timeout"`
	RunAsUser bool     `json:"run_as_user"`
}

type idsJob struct {
	AgentIDs []string `json:"agent_ids"`
}

type scriptEmail struct {
	AgentID   string   `json:"agent_id"`
	ScriptID  int32    `json:"script"`
	HistoryID int64    `json:"history"`
	Args      []string `json:"args,omitempty"`
	Env       []string `json:"env,omitempty"`
	Timeout   int      `json:"timeout"`
	RunAsUser bool     `json:"run_as_user"`
	Global    bool     `json:"global,omitempty"`
	Emails    []string `json:"emails,omitempty"`
}

// Mailer sends a plain mail; an empty list of recipients means those of the core settings.
type Mailer interface {
	Send(ctx context.Context, to []string, subject, body string) error
}

// Handlers returns what the worker runs.
func (s *Service) Handlers(mail Mailer) []queue.Handler {
	return []queue.Handler{
		{Kind: KindBulkCommand(), Do: decoded(s.sendCommands)},
		{Kind: KindBulkScript(), Do: decoded(s.sendScripts)},
		{Kind: KindPatchScan(), Do: decoded(func(ctx context.Context, j idsJob) error {
			return s.publishAll(ctx, j.AgentIDs, agentwire.Command{Func: agentwire.FuncGetWinUpdates})
		})},
		{Kind: KindPatchInstall(), Do: decoded(s.installPatches)},
		{Kind: KindRecoverMesh(), Do: decoded(func(ctx context.Context, j idsJob) error {
			return s.publishAll(ctx, j.AgentIDs, agentwire.Command{Func: agentwire.FuncRecover, Payload: map[string]string{"mode": "mesh"}})
		})},
		{Kind: KindScriptEmail(), Do: decoded(func(ctx context.Context, j scriptEmail) error { return s.mailScript(ctx, mail, j) })},
	}
}

// decoded reads the payload; one that cannot be read never will be.
func decoded[T any](do func(context.Context, T) error) func(context.Context, queue.Task) error {
	return func(ctx context.Context, task queue.Task) error {
		var job T
		if err := json.Unmarshal(task.Payload, &job); err != nil {
			return queue.Permanent(fmt.Errorf("decode payload of %s: %w", task.Kind, err))
		}
		return do(ctx, job)
	}
}

// publisher returns a Publish for a job with many agents. Once one of them has its command the job has begun, and an outage is
// no remote.ErrNotSent any more: otherwise each would send to the first agents again, without bound.
func (s *Service) publisher() func(ctx context.Context, agentID string, cmd agentwire.Command) error {
	sent := 0
	return func(ctx context.Context, agentID string, cmd agentwire.Command) error {
		err := s.Commander.Publish(ctx, agentID, cmd)
		if sent > 0 && errors.Is(err, remote.ErrNotSent) {
			return fmt.Errorf("command %s, after %d agents: %w", cmd.Func, sent, remote.ErrBusDown)
		}
		if err == nil {
			sent++
		}
		return err
	}
}

func (s *Service) publishAll(ctx context.Context, ids []string, cmd agentwire.Command) error {
	publish := s.publisher()
	for _, id := range ids {
		if err := publish(ctx, id, cmd); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) sendCommands(ctx context.Context, job bulkJob) error {
	targets, err := s.Agents.HistoryTargets(ctx, job.History)
	if err != nil {
		return err
	}
	publish := s.publisher()
	for _, t := range targets {
		cmd, err := Command{Text: t.Command, Shell: job.Shell, Timeout: job.Timeout, RunAsUser: job.RunAsUser}.wire(t.Plat, t.HistoryID)
		if err != nil {
			continue // a shell that the platform does not have: the machine is left out, as a bulk run over mixed fleets expects
		}
		if err := publish(ctx, t.AgentID, cmd); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) sendScripts(ctx context.Context, job bulkJob) error {
	script, err := s.script(ctx, job.ScriptID)
	if err != nil {
		return queue.Permanent(err)
	}
	targets, err := s.Agents.HistoryTargets(ctx, job.History)
	if err != nil {
		return err
	}
	pks := make([]int32, len(targets))
	for i, t := range targets {
		pks[i] = t.PK
	}
	data, err := s.Agents.Variables(ctx, pks, job.Args, job.Env)
	if err != nil {
		return err
	}
	shell, publish := string(script.Shell), s.publisher()
	for _, t := range targets {
		cmd := agentwire.Command{
			Func: agentwire.FuncRunScriptFull, Timeout: bounded(job.Timeout + graceSeconds),
			ScriptArgs: data[t.PK].Args(shell, job.Args).Items, EnvVars: data[t.PK].Env(shell, job.Env).Items,
			Payload: map[string]string{"code": script.Code, "shell": shell}, RunAsUser: job.RunAsUser || script.RunAsUser,
			NushellEnableConfig: s.Options.NushellEnableConfig, DenoDefaultPermissions: s.Options.DenoDefaultPermissions,
			ID: int(t.HistoryID),
		}
		if err := publish(ctx, t.AgentID, cmd); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) installPatches(ctx context.Context, job idsJob) error {
	approved, err := s.Agents.ApprovedUpdates(ctx, job.AgentIDs)
	if err != nil {
		return err
	}
	publish := s.publisher()
	for id, guids := range approved {
		cmd := agentwire.Command{Func: agentwire.FuncInstallWinUpdates, GUIDs: guids}
		if err := publish(ctx, id, cmd); err != nil {
			return err
		}
	}
	return nil
}

// mailScript runs the script, waits for the outcome and mails it. An agent that does not answer leaves a debug row.
func (s *Service) mailScript(ctx context.Context, mail Mailer, job scriptEmail) error {
	ref, err := s.Agents.Find(ctx, access.Everything(), job.AgentID)
	if err != nil {
		return queue.Permanent(err)
	}
	script, err := s.script(ctx, job.ScriptID)
	if err != nil {
		return queue.Permanent(err)
	}
	run := ScriptRun{Args: job.Args, Env: job.Env, Timeout: job.Timeout, RunAsUser: job.RunAsUser}
	cmd, err := s.scriptCommand(ctx, ref, script, run, job.HistoryID)
	if err != nil {
		return err
	}
	cmd.Func = agentwire.FuncRunScriptFull
	a, err := s.ask(ctx, ref, cmd, time.Duration(cmd.Timeout)*time.Second)
	if err != nil {
		return err
	}
	var result agentwire.ScriptResult
	if a.word == wordNATSDown {
		return fmt.Errorf("run script for mail: %w", a.err)
	}
	if a.word != "" || a.reply.Decode(&result) != nil {
		return s.Agents.Debug(ctx, ref.PK, "error", "scripting", fmt.Sprintf("%s(%d) timed out running script.", ref.Hostname, ref.PK))
	}
	subject := fmt.Sprintf("%s, %s, %s %s Results", ref.Client, ref.Site, ref.Hostname, script.Name)
	body := fmt.Sprintf("%s\nReturn code: %d\nExecution time: %v seconds\nStdout: %s\nStderr: %s\n",
		subject, result.RetCode, result.ExecutionTime, result.Stdout, result.Stderr)
	to := job.Emails
	if job.Global {
		to = nil
	}
	if err := mail.Send(ctx, to, subject, body); err != nil {
		// The script has run: doing the task again to mail again would run it twice.
		return queue.Permanent(errors.Join(fmt.Errorf("mail script results: %w", err),
			s.Agents.Debug(ctx, ref.PK, "error", "system_issues", fmt.Sprintf("Sending email failed with error: %v", err))))
	}
	return nil
}
