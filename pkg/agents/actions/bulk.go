package actions

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/pkg/version"
)

// Modes and targets of a bulk action (rest-1.md §5.5).
const (
	BulkCommand = "command"
	BulkScript  = "script"
	BulkPatch   = "patch"

	TargetClient = "client"
	TargetSite   = "site"
	TargetAgents = "agents"
	TargetAll    = "all"
)

const (
	somethingWrong = "Something went wrong"
	seeHistory     = "Check the History tab on the agent to view the results."
	bulkChunk      = 500 // agents per job: small enough for a payload, large enough for a fleet
)

// Bulk is one action on many agents.
type Bulk struct {
	Mode, Target       string
	ClientID, SiteID   int32
	AgentIDs           []string
	MonitoringType     string // servers, workstations, anything else: all
	Plat               string // windows, linux, darwin, anything else: all
	Command            Command
	ScriptID           int32
	Args, Env          []string
	Timeout            int
	RunAsUser          bool
	CustomField        *int32
	CollectorAllOutput bool
	SaveToAgentNote    bool
	PatchMode          string         // install, scan
	Request            map[string]any // the request as it came, for the audit row
}

// Bulk starts an action on the selected agents of the actor's scope and returns the contract's sentence. History rows are
// written at once, in one transaction with the jobs that send the commands.
func (s *Service) Bulk(ctx context.Context, actor *access.Principal, b Bulk) (string, error) {
	if len(b.Args) > maxItems || len(b.Env) > maxItems || len(b.Command.Text) > maxCommand {
		return "", fault.Refused(somethingWrong)
	}
	where, targets, err := s.targets(ctx, actor, b)
	if err != nil {
		return "", err
	}
	if len(targets) == 0 {
		return "", fault.Refused("No agents were found meeting the selected criteria")
	}
	what := b.Mode
	var script scripts.Prepared
	if b.Mode == BulkScript {
		if script, err = s.script(ctx, b.ScriptID); err != nil {
			return "", err
		}
		what = "script: " + script.Name
	}
	after := maps.Clone(b.Request)
	if b.Target == TargetAgents {
		after["agent_hostnames"] = hostnames(targets)
	}
	entry := audit.Entry{
		Username: actor.Username, Action: audit.BulkAction, ObjectType: "bulk", After: after,
		Message: fmt.Sprintf("%s executed bulk %s %s", actor.Username, what, where),
	}
	answer, messages, history := s.plan(b, script, targets)
	err = pgx.BeginFunc(ctx, s.Pool, func(tx pgx.Tx) error {
		if err := s.Audit.Record(ctx, tx, entry); err != nil || answer == "" {
			return err
		}
		if history != nil {
			history.Username = cut(actor.Username, 50)
			if messages, err = s.historyJobs(ctx, tx, b, *history, targets); err != nil {
				return err
			}
		}
		_, err := outbox.Enqueue(ctx, tx, messages...)
		return err
	})
	if err != nil {
		return "", err
	}
	if answer == "" {
		return "", fault.Refused(somethingWrong)
	}
	return answer, nil
}

// targets selects the agents and says in the audit log's words where they are.
func (s *Service) targets(ctx context.Context, actor *access.Principal, b Bulk) (where string, _ []agents.Target, err error) {
	sel := agents.Selection{Plat: b.Plat}
	switch b.MonitoringType {
	case "servers":
		sel.MonitoringType = "server"
	case "workstations":
		sel.MonitoringType = "workstation"
	}
	if !slices.Contains([]string{agents.Windows, agents.Linux, agents.Darwin}, sel.Plat) {
		sel.Plat = ""
	}
	switch b.Target {
	case TargetClient:
		client, err := s.Agents.RequireClient(ctx, actor.Scope, b.ClientID)
		if err != nil {
			return "", nil, err
		}
		where, sel.ClientID = "on all agents within client: "+client, &b.ClientID
	case TargetSite:
		client, site, err := s.Agents.RequireSite(ctx, actor.Scope, b.SiteID)
		if err != nil {
			return "", nil, err
		}
		where, sel.SiteID = fmt.Sprintf("on all agents within site: %s - %s", client, site), &b.SiteID
	case TargetAgents:
		if len(b.AgentIDs) == 0 {
			return "", nil, fault.Refused("Must select at least 1 agent")
		}
		where, sel.AgentIDs = "on multiple agents", b.AgentIDs
	case TargetAll:
		where = "on all agents"
	default:
		return "", nil, fault.Refused(somethingWrong)
	}
	list, err := s.Agents.Select(ctx, actor.Scope, sel)
	return where, list, err
}

// plan decides what a bulk action does: the answer ("" for an unknown mode), the jobs of a patch run, or the history rows
// that a command or script starts with.
func (s *Service) plan(b Bulk, script scripts.Prepared, targets []agents.Target) (string, []outbox.Message, *agents.NewHistory) {
	n := len(targets)
	switch b.Mode {
	case BulkCommand:
		return fmt.Sprintf("Command will now be run on %d agents. %s", n, seeHistory), nil,
			&agents.NewHistory{Type: agents.CommandRun, Command: b.Command.Text}
	case BulkScript:
		return fmt.Sprintf("%s will now be run on %d agents. %s", script.Name, n, seeHistory), nil, &agents.NewHistory{
			Type: agents.ScriptRun, ScriptID: &script.ID, CustomFieldID: b.CustomField,
			CollectorAllOutput: b.CollectorAllOutput, SaveToAgentNote: b.SaveToAgentNote,
		}
	case BulkPatch:
		ids := patchable(targets)
		switch b.PatchMode {
		case "install":
			return fmt.Sprintf("Pending updates will now be installed on %d agents", n), idJobs(KindPatchInstall().Name, ids), nil
		case "scan":
			return fmt.Sprintf("Patch status scan will now run on %d agents", n), idJobs(KindPatchScan().Name, ids), nil
		}
	}
	return "", nil, nil
}

func (s *Service) historyJobs(ctx context.Context, tx pgx.Tx, b Bulk, n agents.NewHistory, targets []agents.Target) ([]outbox.Message, error) {
	pks := make([]int32, len(targets))
	for i, t := range targets {
		pks[i] = t.PK
	}
	ids, err := s.Agents.AddHistory(ctx, tx, n, pks...)
	if err != nil {
		return nil, err
	}
	var messages []outbox.Message
	for chunk := range slices.Chunk(pks, bulkChunk) {
		job := bulkJob{Timeout: b.Timeout, RunAsUser: b.RunAsUser}
		for _, pk := range chunk {
			job.History = append(job.History, ids[pk])
		}
		kind := KindBulkCommand().Name
		if b.Mode == BulkScript {
			kind, job.ScriptID, job.Args, job.Env = KindBulkScript().Name, b.ScriptID, b.Args, b.Env
		} else {
			job.Shell = b.Command.shell()
		}
		messages = append(messages, outbox.Message{Kind: kind, Payload: job})
	}
	return messages, nil
}

// idJobs spreads agent ids over jobs.
func idJobs(kind string, ids []string) []outbox.Message {
	var messages []outbox.Message
	for chunk := range slices.Chunk(ids, bulkChunk) {
		messages = append(messages, outbox.Message{Kind: kind, Payload: idsJob{AgentIDs: chunk}})
	}
	return messages
}

// patchable are the Windows agents that know updates.
func patchable(targets []agents.Target) []string {
	var ids []string
	for _, t := range targets {
		if t.Plat == agents.Windows && version.AtLeast(t.Version, "1.3.0") {
			ids = append(ids, t.AgentID)
		}
	}
	return ids
}

func hostnames(targets []agents.Target) []string {
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = t.Hostname
	}
	return names
}
