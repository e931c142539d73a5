package agentsapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// longest is how long a request may wait for an agent that runs something.
const longest = 24*time.Hour + time.Minute

func (h handlers) registerTalk(r *rest.Router) {
	rest.Handle(r, fn(one(http.MethodGet, "ping/", "pingAgent", "Ask whether an agent answers", access.ListAgents), false), h.ping)
	cmd := fn(one(http.MethodPost, "cmd/", "sendCommand", "Run a command and return its output", access.SendCmd, http.StatusBadRequest), true)
	cmd.Timeout = longest
	rest.Handle(r, cmd, h.command)
	run := fn(one(http.MethodPost, "runscript/", "runScript", "Run a stored script", access.RunScripts, http.StatusBadRequest), true)
	run.Timeout, run.Outputs = longest, []any{"", ServerRun{}}
	run.Description = "Answers with the output, with a sentence when nothing is waited for, or with the result of a run on the server."
	rest.Handle(r, run, h.runScript)
	rest.Handle(r, one(http.MethodGet, "processes/", "listProcesses", "List the processes of a machine", access.ManageProcs, http.StatusBadRequest), h.processes)
	kill := one(http.MethodDelete, "processes/{pid}/", "killProcess", "End a process of a machine", access.ManageProcs, http.StatusBadRequest)
	kill.NotInDemo = true
	rest.Handle(r, kill, h.kill)
	log := fn(one(http.MethodGet, "eventlog/{logtype}/{days}/", "readEventLog", "Read a Windows event log", access.ViewEventLogs, http.StatusBadRequest), false)
	log.Timeout = 4 * time.Minute
	rest.Handle(r, log, h.eventLog)
}

// Ping is the answer of the ping route.
type Ping struct {
	Name   string `json:"name"`
	Status string `json:"status"`
}

func (h handlers) ping(ctx context.Context, c *rest.Call, in *agentPath) (Ping, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return Ping{}, err
	}
	there, err := h.Actions.Ping(ctx, ref)
	if err != nil {
		return Ping{}, err
	}
	out := Ping{Name: ref.Hostname, Status: string(agents.Offline)}
	if there {
		out.Status = string(agents.Online)
	}
	return out, nil
}

type commandInput struct {
	AgentID rest.AgentID `path:"agent_id"`
	Body    struct {
		Cmd         rest.Field[string] `json:"cmd" rule:"required,verbatim,max=262144"`
		Shell       rest.Field[string] `json:"shell" rule:"required,max=512" doc:"cmd, powershell, a path, or custom"`
		CustomShell rest.Field[string] `json:"custom_shell" rule:"null,blank,max=512"`
		Timeout     rest.Field[int32]  `json:"timeout" rule:"required,min=0,max=86400" doc:"seconds"`
		RunAsUser   rest.Field[bool]   `json:"run_as_user"`
	}
}

func (h handlers) command(ctx context.Context, c *rest.Call, in *commandInput) (string, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return "", err
	}
	return h.Actions.Command(ctx, c.Principal, ref, actions.Command{
		Text: in.Body.Cmd.Value, Shell: in.Body.Shell.Value, CustomShell: in.Body.CustomShell.Value,
		Timeout: int(in.Body.Timeout.Value), RunAsUser: in.Body.RunAsUser.Value,
	})
}

type runScriptInput struct {
	AgentID rest.AgentID `path:"agent_id"`
	Body    struct {
		Script      rest.Field[int32]    `json:"script" rule:"required"`
		Output      rest.Field[string]   `json:"output" rule:"required,blank,max=255" doc:"wait, email, collector, note, or anything else to not wait"`
		Args        rest.Field[[]string] `json:"args" rule:"null,item.blank,item.verbatim,max=1000"`
		Timeout     rest.Field[int32]    `json:"timeout" rule:"required,min=0,max=86400" doc:"seconds"`
		RunAsUser   rest.Field[bool]     `json:"run_as_user"`
		EnvVars     rest.Field[[]string] `json:"env_vars" rule:"null,item.blank,item.verbatim,max=1000"`
		RunOnServer rest.Field[bool]     `json:"run_on_server" rule:"null"`
		EmailMode   rest.Field[string]   `json:"emailMode" rule:"null,blank,max=255" doc:"default: the recipients of the global settings"`
		Emails      rest.Field[[]string] `json:"emails" rule:"null,max=100,item.pattern=email"`
		CustomField rest.Field[int32]    `json:"custom_field" rule:"null"`
		SaveAll     rest.Field[bool]     `json:"save_all_output" rule:"null"`
	}
}

// ServerRun is the result of a script that ran on the server.
type ServerRun struct {
	Stdout        string `json:"stdout"`
	Stderr        string `json:"stderr"`
	ExecutionTime string `json:"execution_time"`
	RetCode       int    `json:"retcode"`
}

func (h handlers) runScript(ctx context.Context, c *rest.Call, in *runScriptInput) (any, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	out, err := h.Actions.RunScript(ctx, c.Principal, ref, actions.ScriptRun{
		ScriptID: b.Script.Value, Output: actions.Output(b.Output.Value), Args: b.Args.Value, Env: b.EnvVars.Value,
		Timeout: int(b.Timeout.Value), RunAsUser: b.RunAsUser.Value, OnServer: b.RunOnServer.Value,
		GlobalEmails: b.EmailMode.Value == "default", Emails: b.Emails.Value, CustomField: b.CustomField.Value, SaveAll: b.SaveAll.Value,
	})
	if err != nil {
		return nil, err
	}
	if s := out.Server; s != nil {
		return ServerRun{Stdout: s.Stdout, Stderr: s.Stderr, ExecutionTime: s.ExecutionTime(), RetCode: s.RetCode}, nil
	}
	return out.Text, nil
}

func (h handlers) processes(ctx context.Context, c *rest.Call, in *agentPath) ([]agentwire.Process, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return nil, err
	}
	return h.Actions.Processes(ctx, ref)
}

type processPath struct {
	AgentID rest.AgentID `path:"agent_id"`
	PID     int32        `path:"pid"`
}

func (h handlers) kill(ctx context.Context, c *rest.Call, in *processPath) (string, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return "", err
	}
	if err := h.Actions.KillProcess(ctx, ref, in.PID); err != nil {
		return "", err
	}
	return fmt.Sprintf("Process with PID: %d was ended successfully", in.PID), nil
}

type eventLogPath struct {
	AgentID rest.AgentID `path:"agent_id"`
	LogType string       `path:"logtype" doc:"Application, System, Security"`
	Days    int32        `path:"days" doc:"0: everything"`
}

func (h handlers) eventLog(ctx context.Context, c *rest.Call, in *eventLogPath) ([]agentwire.EventLogEntry, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return nil, err
	}
	return h.Actions.EventLog(ctx, ref, in.LogType, in.Days)
}
