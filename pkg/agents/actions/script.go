package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/pkg/serverscripts"
	"github.com/gueencode/gueenrmm/pkg/variables"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Output says what happens with what a script prints.
type Output string

// The outputs; any other word is the same as Forget (rest-1.md §5.2).
const (
	Wait      Output = "wait"
	Email     Output = "email"
	Collector Output = "collector"
	Note      Output = "note"
	Forget    Output = "forget"
)

// ScriptRun asks for one run of a stored script.
type ScriptRun struct {
	ScriptID     int32
	Output       Output
	Args         []string
	Env          []string // KEY=VALUE
	Timeout      int      // seconds
	RunAsUser    bool
	OnServer     bool
	GlobalEmails bool // Email: to the recipients of the core settings
	Emails       []string
	CustomField  int32 // Collector
	SaveAll      bool  // Collector: all of the output, else its last line
}

// ScriptOutcome is the answer: a text, or the result of a run on the server.
type ScriptOutcome struct {
	Text   string
	Server *serverscripts.Result
}

// graceSeconds is what the server adds to the timeout of every script (domain.md §7.2).
const graceSeconds = 3

// RunScript runs a script on an agent, or on the server for an agent, and deals with its output.
func (s *Service) RunScript(ctx context.Context, actor *access.Principal, ref agents.Ref, run ScriptRun) (ScriptOutcome, error) {
	if len(run.Args) > maxItems || len(run.Env) > maxItems {
		return ScriptOutcome{}, fault.Refusedf("At most %d arguments and variables are possible.", maxItems)
	}
	script, err := s.script(ctx, run.ScriptID)
	if err != nil {
		return ScriptOutcome{}, err
	}
	if run.OnServer {
		if err := s.serverAllowed(ctx); err != nil {
			return ScriptOutcome{}, err
		}
	}
	var field customfields.Definition
	if run.Output == Collector && !run.OnServer {
		if field, err = s.Fields.Get(ctx, run.CustomField); err != nil {
			return ScriptOutcome{}, err
		}
	}
	historyID, err := s.recordRun(ctx, actor, ref, script, run)
	if err != nil {
		return ScriptOutcome{}, err
	}
	queued := ScriptOutcome{Text: fmt.Sprintf("%s will now be run on %s", script.Name, ref.Hostname)}
	if run.Output == Email && !run.OnServer {
		return queued, nil
	}
	cmd, err := s.scriptCommand(ctx, ref, script, run, historyID)
	if err != nil {
		return ScriptOutcome{}, err
	}
	switch {
	case run.OnServer:
		return s.onServer(ctx, cmd, historyID)
	case run.Output == Wait, run.Output == Collector, run.Output == Note:
		return s.waitForScript(ctx, actor, ref, run, field, cmd)
	default:
		if err := s.Commander.Publish(ctx, ref.AgentID, cmd); err != nil {
			return ScriptOutcome{}, fault.Unavailable(unable, err)
		}
		return queued, nil
	}
}

func (s *Service) script(ctx context.Context, id int32) (scripts.Prepared, error) {
	found, err := s.Scripts.Prepare(ctx, []int32{id})
	if err != nil {
		return scripts.Prepared{}, err
	}
	script, ok := found[id]
	if !ok {
		return scripts.Prepared{}, fault.NotFound("Script")
	}
	return script, nil
}

func (s *Service) serverAllowed(ctx context.Context) error {
	core, err := s.Settings.Get(ctx)
	if err != nil {
		return err
	}
	if !s.Options.ServerScripts || !core.EnableServerScripts {
		return fault.Refused("This feature is disabled.")
	}
	return nil
}

// recordRun writes the audit row, the history row and, for output by mail, the job, in one transaction.
func (s *Service) recordRun(ctx context.Context, actor *access.Principal, ref agents.Ref, script scripts.Prepared, run ScriptRun) (int64, error) {
	var id int64
	err := pgx.BeginFunc(ctx, s.Pool, func(tx pgx.Tx) error {
		err := s.Audit.Record(ctx, tx, audit.Entry{
			Username: actor.Username, Action: audit.ExecuteScript, ObjectType: "agent", Agent: ref.Hostname, AgentID: ref.AgentID,
			Message: fmt.Sprintf("%s ran script: %q on %s", actor.Username, script.Name, ref.Hostname),
		})
		if err != nil {
			return err
		}
		ids, err := s.Agents.AddHistory(ctx, tx, agents.NewHistory{
			Type: agents.ScriptRun, Username: cut(actor.Username, 50), ScriptID: &script.ID,
		}, ref.PK)
		if err != nil {
			return err
		}
		id = ids[ref.PK]
		if run.Output != Email || run.OnServer {
			return nil
		}
		_, err = outbox.Enqueue(ctx, tx, outbox.Message{Kind: KindScriptEmail().Name, Payload: scriptEmail{
			AgentID: ref.AgentID, ScriptID: script.ID, HistoryID: id, Args: run.Args, Env: run.Env, Timeout: run.Timeout,
			RunAsUser: run.RunAsUser, Global: run.GlobalEmails, Emails: run.Emails,
		}})
		return err
	})
	return id, err
}

// scriptCommand builds the message with placeholders filled. The paths of placeholders without a value go to the debug log.
func (s *Service) scriptCommand(ctx context.Context, ref agents.Ref, script scripts.Prepared, run ScriptRun, historyID int64) (agentwire.Command, error) {
	data, err := s.Agents.Variables(ctx, []int32{ref.PK}, run.Args, run.Env)
	if err != nil {
		return agentwire.Command{}, err
	}
	shell := string(script.Shell)
	args, env := data[ref.PK].Args(shell, run.Args), data[ref.PK].Env(shell, run.Env)
	for _, path := range append(args.Missing, env.Missing...) {
		err := s.Agents.Debug(ctx, ref.PK, "error", "scripting", variables.Problem(path))
		if err != nil {
			return agentwire.Command{}, err
		}
	}
	return agentwire.Command{
		Func: agentwire.FuncRunScript, Timeout: bounded(run.Timeout + graceSeconds), ScriptArgs: args.Items, EnvVars: env.Items,
		Payload: map[string]string{"code": script.Code, "shell": shell}, RunAsUser: run.RunAsUser || script.RunAsUser,
		NushellEnableConfig: s.Options.NushellEnableConfig, DenoDefaultPermissions: s.Options.DenoDefaultPermissions,
		ID: int(historyID),
	}, nil
}

func (s *Service) waitForScript(ctx context.Context, actor *access.Principal, ref agents.Ref, run ScriptRun, field customfields.Definition,
	cmd agentwire.Command) (ScriptOutcome, error) {
	a, err := s.ask(ctx, ref, cmd, time.Duration(cmd.Timeout)*time.Second)
	if err != nil {
		return ScriptOutcome{}, err
	}
	output := a.text()
	switch run.Output {
	case Note:
		if err := s.Agents.AddNote(ctx, actor, ref.PK, &output); err != nil {
			return ScriptOutcome{}, err
		}
	case Collector:
		// A word for "no answer" is no value that the script collected.
		if a.word == "" {
			if err := s.collect(ctx, ref, field, output, run.SaveAll); err != nil {
				return ScriptOutcome{}, err
			}
		}
	case Wait, Email, Forget:
	}
	return ScriptOutcome{Text: output}, nil
}

// collect stores output in the field of the agent, its site or its client.
func (s *Service) collect(ctx context.Context, ref agents.Ref, field customfields.Definition, output string, all bool) error {
	value := strings.TrimSpace(output)
	if !all {
		value = value[strings.LastIndex(value, "\n")+1:]
	}
	owner := ref.PK
	switch field.Model {
	case customfields.Site:
		owner = ref.SiteID
	case customfields.Client:
		owner = ref.ClientID
	case customfields.Agent:
	}
	input := customfields.FromText(field.ID, field.Type, value)
	return pgx.BeginFunc(ctx, s.Pool, func(tx pgx.Tx) error {
		return customfields.Store(ctx, tx, field.Model, owner, []customfields.Input{input})
	})
}

func (s *Service) onServer(ctx context.Context, cmd agentwire.Command, historyID int64) (ScriptOutcome, error) {
	result := s.ServerScripts.Run(ctx, serverscripts.Script{
		Body: cmd.Payload["code"], Args: cmd.ScriptArgs, Env: cmd.EnvVars, Timeout: time.Duration(cmd.Timeout) * time.Second,
	})
	raw, err := json.Marshal(map[string]any{
		"stdout": result.Stdout, "stderr": result.Stderr, "retcode": result.RetCode, "execution_time": result.ExecutionTime(), "id": historyID,
	})
	if err != nil {
		return ScriptOutcome{}, fmt.Errorf("encode script results: %w", err)
	}
	if err := s.Agents.SetScriptResults(ctx, historyID, raw); err != nil {
		return ScriptOutcome{}, err
	}
	return ScriptOutcome{Server: &result}, nil
}
