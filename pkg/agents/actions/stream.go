package actions

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// StreamVersion is the first agent version that streams the output of a command (agent-protocol.md §3.5).
const StreamVersion = "2.10.0"

// StreamCommand records a command whose output is streamed, in the history and in the audit log, and returns the message
// to send once the subscription to its output is ready.
func (s *Service) StreamCommand(ctx context.Context, actor *access.Principal, ref agents.Ref, c Command, cmdID string) (agentwire.Command, error) {
	if len(c.Text) > maxCommand {
		return agentwire.Command{}, fault.InvalidField("cmd", fmt.Sprintf("Ensure this field has no more than %d characters.", maxCommand))
	}
	if _, err := c.wire(ref.Plat, 0); err != nil {
		return agentwire.Command{}, err
	}
	var cmd agentwire.Command
	err := pgx.BeginFunc(ctx, s.Pool, func(tx pgx.Tx) error {
		ids, err := s.Agents.AddHistory(ctx, tx, agents.NewHistory{Type: agents.CommandRun, Command: c.Text, Username: cut(actor.Username, 50)}, ref.PK)
		if err != nil {
			return err
		}
		if cmd, err = c.wire(ref.Plat, ids[ref.PK]); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Entry{
			Username: actor.Username, Action: audit.ExecuteCommand, ObjectType: "agent", Agent: ref.Hostname, AgentID: ref.AgentID,
			Message: fmt.Sprintf("%s issued %s command on %s.", actor.Username, c.shell(), ref.Hostname), After: c.Text,
		})
	})
	if err != nil {
		return agentwire.Command{}, err
	}
	cmd.Stream, cmd.Payload["cmd_id"] = true, cmdID
	return cmd, nil
}
