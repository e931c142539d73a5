package actions

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Command is one command line for an agent's shell.
type Command struct {
	Text        string
	Shell       string // cmd, powershell, a path, or custom
	CustomShell string // used when Shell is custom and this is not empty
	Timeout     int    // seconds
	RunAsUser   bool
}

func (c Command) shell() string {
	if c.Shell == agents.ShellCustom && c.CustomShell != "" {
		return c.CustomShell
	}
	return c.Shell
}

// wire builds the message. Deployed Windows agents crash on any shell but their two, so those never get another
// (agent-protocol.md §3.3 notes).
func (c Command) wire(plat string, historyID int64) (agentwire.Command, error) {
	shell := c.shell()
	if plat == agents.Windows && shell != agents.ShellCmd && shell != agents.ShellPowerShell {
		return agentwire.Command{}, fault.Refused("Windows agents run commands in cmd or powershell only.")
	}
	return agentwire.Command{
		Func: agentwire.FuncRawCmd, Timeout: bounded(c.Timeout), Payload: map[string]string{"command": c.Text, "shell": shell},
		RunAsUser: c.RunAsUser, ID: int(historyID),
	}, nil
}

// Command runs a command and returns its output as the agent replied it. A bus that is down is output too, as the contract
// wants; an agent that does not answer is refused, and its history row stays.
func (s *Service) Command(ctx context.Context, actor *access.Principal, ref agents.Ref, c Command) (string, error) {
	if len(c.Text) > maxCommand {
		return "", fault.InvalidField("cmd", fmt.Sprintf("Ensure this field has no more than %d characters.", maxCommand))
	}
	if _, err := c.wire(ref.Plat, 0); err != nil {
		return "", err
	}
	var ids map[int32]int64
	err := pgx.BeginFunc(ctx, s.Pool, func(tx pgx.Tx) (err error) {
		history := agents.NewHistory{Type: agents.CommandRun, Command: c.Text, Username: cut(actor.Username, 50)}
		ids, err = s.Agents.AddHistory(ctx, tx, history, ref.PK)
		return err
	})
	if err != nil {
		return "", err
	}
	cmd, err := c.wire(ref.Plat, ids[ref.PK])
	if err != nil {
		return "", err
	}
	a, err := s.ask(ctx, ref, cmd, time.Duration(bounded(c.Timeout)+2)*time.Second)
	if err != nil {
		return "", err
	}
	if a.word == wordTimeout {
		return "", fault.Refused(unable)
	}
	err = s.Audit.Record(ctx, s.Pool, audit.Entry{
		Username: actor.Username, Action: audit.ExecuteCommand, ObjectType: "agent", Agent: ref.Hostname, AgentID: ref.AgentID,
		Message: fmt.Sprintf("%s issued %s command on %s.", actor.Username, c.shell(), ref.Hostname), After: c.Text,
	})
	if err != nil {
		return "", err
	}
	return a.text(), nil
}

func cut(s string, runes int) string {
	r := []rune(s)
	return string(r[:min(len(r), runes)])
}
