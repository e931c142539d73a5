package tasks

import (
	"context"
	"encoding/json"
	"fmt"
)

// AgentRun is a task as an agent gets it (agent-protocol.md §4.7). Each action is an AgentCommand or an AgentScript.
type AgentRun struct {
	ID              int32 `json:"id"`
	ContinueOnError bool  `json:"continue_on_error"`
	Enabled         bool  `json:"enabled"`
	Actions         []any `json:"task_actions"`
}

// AgentCommand is a command to run.
type AgentCommand struct {
	Type    string `json:"type"`
	Command string `json:"command"`
	Shell   string `json:"shell"`
	Timeout int64  `json:"timeout"` // seconds
}

// AgentScript is a script to run.
type AgentScript struct {
	Type                   string   `json:"type"`
	ScriptName             string   `json:"script_name"`
	Code                   string   `json:"code"`
	ScriptArgs             []string `json:"script_args"`
	Shell                  string   `json:"shell"`
	Timeout                int64    `json:"timeout"` // seconds
	RunAsUser              bool     `json:"run_as_user"`
	EnvVars                []string `json:"env_vars"`
	NushellEnableConfig    bool     `json:"nushell_enable_config"`
	DenoDefaultPermissions string   `json:"deno_default_permissions"`
}

// Runnable returns a task with scripts, arguments and variables filled in for the agent. Actions whose script is gone are
// left out and removed from the stored task; unknown action types are left out. Errors: not found, ErrNotAssigned.
func (s *Service) Runnable(ctx context.Context, agentPK, taskID int32) (*AgentRun, error) {
	d, err := s.assigned(ctx, agentPK, taskID)
	if err != nil {
		return nil, err
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(d.Actions, &raws); err != nil {
		return nil, fmt.Errorf("decode actions of task: %w", err)
	}
	actions := make([]Action, len(raws))
	var ids []int32
	var texts [][]string
	for i, raw := range raws {
		if err := json.Unmarshal(raw, &actions[i]); err != nil {
			actions[i] = Action{} // stored by an old client: no type that agents know
			continue
		}
		a := &actions[i]
		if a.Type == "script" {
			ids = append(ids, int32(a.Script))
		}
		texts = append(texts, a.ScriptArgs, a.EnvVars, []string{a.Command})
	}
	code, err := s.Scripts.Prepare(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read scripts of task: %w", err)
	}
	byAgent, err := s.Variables.Variables(ctx, []int32{agentPK}, texts...)
	if err != nil {
		return nil, fmt.Errorf("read variables of agent: %w", err)
	}
	data := byAgent[agentPK]
	out := &AgentRun{ID: d.ID, ContinueOnError: d.ContinueOnError, Enabled: d.Enabled, Actions: []any{}}
	kept := make([]json.RawMessage, 0, len(raws))
	for i, a := range actions {
		switch a.Type {
		case "cmd":
			out.Actions = append(out.Actions, AgentCommand{
				Type: a.Type, Command: data.Args(a.Shell, []string{a.Command}).Items[0], Shell: a.Shell, Timeout: int64(a.Timeout),
			})
		case "script":
			p, ok := code[int32(a.Script)]
			if !ok {
				continue
			}
			shell := string(p.Shell)
			out.Actions = append(out.Actions, AgentScript{
				Type: a.Type, ScriptName: p.Name, Code: p.Code, ScriptArgs: data.Args(shell, a.ScriptArgs).Items, Shell: shell,
				Timeout: int64(a.Timeout), RunAsUser: p.RunAsUser, EnvVars: data.Env(shell, a.EnvVars).Items,
				NushellEnableConfig: s.Runtime.NushellEnableConfig, DenoDefaultPermissions: s.Runtime.DenoDefaultPermissions,
			})
		}
		kept = append(kept, raws[i])
	}
	return out, s.forget(ctx, d, kept, len(raws))
}

// forget removes the actions of deleted scripts from the stored task, unless somebody edited it in the meantime.
func (s *Service) forget(ctx context.Context, d *Definition, kept []json.RawMessage, had int) error {
	if len(kept) == had {
		return nil
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("encode actions of task: %w", err)
	}
	if _, err := s.Pool.Exec(ctx, `UPDATE tasks SET actions = $2 WHERE id = $1 AND actions = $3`, d.ID, json.RawMessage(raw), d.Actions); err != nil {
		return fmt.Errorf("remove actions of deleted scripts: %w", err)
	}
	return nil
}

// MayReport says whether the agent may post a result of the task: not found for an unknown task, ErrNotAssigned for
// another's.
func (s *Service) MayReport(ctx context.Context, agentPK, taskID int32) error {
	_, err := s.assigned(ctx, agentPK, taskID)
	return err
}
