package scripts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/pkg/variables"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Agents finds an agent in a caller's scope and gives what placeholders can reach.
type Agents interface {
	Find(ctx context.Context, scope access.Scope, agentID string) (agents.Ref, error)
	Variables(ctx context.Context, agentPKs []int32, texts ...[]string) (map[int32]*variables.Data, error)
}

// Commander sends a command to an agent and waits for its answer.
type Commander interface {
	Request(ctx context.Context, agentID string, cmd agentwire.Command, wait time.Duration) (remote.Reply, error)
}

// Runtime are the settings of interpreters that agents get with a script.
type Runtime struct {
	NushellEnableConfig    bool
	DenoDefaultPermissions string
}

// Tester runs code that is not stored yet on an agent.
type Tester struct {
	Scripts   *Service
	Agents    Agents
	Commander Commander
	Runtime   Runtime
}

// TestRun is the code to try and how.
type TestRun struct {
	Code      string
	Timeout   int // seconds
	Args      []string
	Shell     string
	RunAsUser bool
	EnvVars   []string
}

// maxTestTimeout bounds how long a test may run, in seconds.
const maxTestTimeout = 24 * 60 * 60

// Run sends the code and returns the agent's answer, or the word "timeout" or "natsdown" when there is none
// (rest-2.md §5.2).
func (t *Tester) Run(ctx context.Context, p *access.Principal, agentID string, run TestRun) (any, error) {
	ref, err := t.Agents.Find(ctx, p.Scope, agentID)
	if err != nil {
		return nil, err
	}
	if run.Timeout < 1 || run.Timeout > maxTestTimeout {
		return nil, fault.InvalidField("timeout", fmt.Sprintf("Ensure this value is between 1 and %d.", maxTestTimeout))
	}
	code, err := t.Scripts.Fill(ctx, run.Code)
	if err != nil {
		return nil, err
	}
	data, err := t.Agents.Variables(ctx, []int32{ref.PK}, run.Args, run.EnvVars)
	if err != nil {
		return nil, fmt.Errorf("test script: %w", err)
	}
	cmd := agentwire.Command{
		Func: agentwire.FuncRunScriptFull, Timeout: run.Timeout, ScriptArgs: data[ref.PK].Args(run.Shell, run.Args).Items,
		Payload: map[string]string{"code": code, "shell": run.Shell}, RunAsUser: run.RunAsUser,
		EnvVars: data[ref.PK].Env(run.Shell, run.EnvVars).Items, NushellEnableConfig: t.Runtime.NushellEnableConfig,
		DenoDefaultPermissions: t.Runtime.DenoDefaultPermissions,
	}
	answer, err := t.ask(ctx, agentID, cmd, time.Duration(run.Timeout)*time.Second)
	if err != nil {
		return nil, err
	}
	err = t.Scripts.audit.Record(ctx, t.Scripts.pool, audit.Entry{
		Username: p.Username, Action: audit.ExecuteScript, ObjectType: "agent", Agent: ref.Hostname, AgentID: ref.AgentID,
		Message: fmt.Sprintf("%s tested a script on %s", p.Username, ref.Hostname), Before: cmd, After: answer,
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

func (t *Tester) ask(ctx context.Context, agentID string, cmd agentwire.Command, wait time.Duration) (any, error) {
	reply, err := t.Commander.Request(ctx, agentID, cmd, wait)
	switch {
	case errors.Is(err, remote.ErrOffline), errors.Is(err, remote.ErrTimeout):
		return "timeout", nil
	case errors.Is(err, remote.ErrBusDown):
		return "natsdown", nil
	case err != nil:
		return nil, fmt.Errorf("test script: %w", err)
	}
	answer, err := reply.Value()
	if err != nil {
		return nil, fmt.Errorf("test script: %w", err)
	}
	return answer, nil
}
