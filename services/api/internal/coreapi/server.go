package coreapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/jobs/maintenance"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/serverscripts"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// featureOff is the contract's answer where a switch of the global settings is off.
const featureOff = "This feature is disabled. It can be enabled in Global Settings."

// Maintenance asks for background jobs in the transaction of the request.
type Maintenance interface {
	Start(ctx context.Context, tx postgres.Querier, job string) error
	Prune(ctx context.Context, tx postgres.Querier, tables []string) (int64, error)
	Prunable(ctx context.Context) ([]maintenance.Prunable, error)
}

// ServerScripts runs code on the server.
type ServerScripts interface {
	Run(ctx context.Context, actor *access.Principal, test serverscripts.Test) (serverscripts.Report, error)
}

func (h handlers) registerServer(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/core/servermaintenance/", ID: "maintainServer", Tag: "core", Summary: "Start maintenance of the server",
		Description: "The work is done in the background; /v1/jobs/runs shows its progress. Pruning answers how many rows will go.",
		Auth:        rest.AuthUser, Permission: access.DoServerMaint, NoHead: true, NotInDemo: true, Errors: []int{http.StatusBadRequest},
	}, h.maintain)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/v1/server/prunable", ID: "listPrunable", Tag: "core", Summary: "Tell how many rows pruning would remove",
		Description: "One line for each table that the maintenance prune_db knows, by the name that it takes.",
		Auth:        rest.AuthUser, Permission: access.DoServerMaint,
	}, h.prunable)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/core/webtermperms/", ID: "checkWebTerminal", Tag: "core", Summary: "Say whether the server's terminal may be opened",
		Auth: rest.AuthUser, Permission: access.UseWebTerm, NoHead: true, Unaudited: "only asks; the session itself has its row", Errors: []int{http.StatusPreconditionFailed},
	}, h.checkWebTerminal)
	if !h.Product.ServerScripts || h.Product.Demo {
		return // as if it did not exist (rest-1.md §1.12)
	}
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/core/serverscript/test/", ID: "testServerScript", Tag: "core", Summary: "Run a script on the server",
		Auth: rest.AuthUser, Permission: access.RunServerScripts, NotInDemo: true, Errors: []int{http.StatusBadRequest},
		Timeout: (serverscripts.MaxTimeout + 30) * time.Second,
	}, h.testServerScript)
}

type maintainInput struct {
	Body struct {
		Action      rest.Field[string]   `json:"action" rule:"null,blank" doc:"reload_nats, rm_orphaned_tasks or prune_db"`
		PruneTables rest.Field[[]string] `json:"prune_tables" rule:"null" doc:"audit_logs, pending_actions, alerts"`
	}
}

// maintain starts a job and notes who did in one transaction.
func (h handlers) maintain(ctx context.Context, c *rest.Call, in *maintainInput) (string, error) {
	action, reply := in.Body.Action.Value, ""
	var start func(tx postgres.Querier) error
	switch action {
	case "reload_nats":
		reply = "Nats configuration was reloaded successfully."
		start = func(tx postgres.Querier) error { return h.Maintenance.Start(ctx, tx, maintenance.ReloadNATS) }
	case "rm_orphaned_tasks":
		reply = "The task has been initiated."
		start = func(tx postgres.Querier) error { return h.Maintenance.Start(ctx, tx, maintenance.RemoveOrphans) }
	case "prune_db":
		if !in.Body.PruneTables.Present() {
			return "", fault.Refused("The data is incorrect.")
		}
		start = func(tx postgres.Querier) error {
			n, err := h.Maintenance.Prune(ctx, tx, in.Body.PruneTables.Value)
			reply = fmt.Sprintf("%d records were pruned from the database", n)
			if errors.Is(err, maintenance.ErrTable) {
				return fault.Refused("The data is incorrect.")
			}
			return err
		}
	default:
		return "", fault.Refused("The data is incorrect")
	}
	return reply, h.Recorded(ctx, start, audit.Entry{
		Username: c.Principal.Username, Action: audit.Modify, ObjectType: "coresettings", After: map[string]any{"action": action, "prune_tables": in.Body.PruneTables.Value},
		Message: fmt.Sprintf("%s started server maintenance: %s", c.Principal.Username, action),
	})
}

// PrunableTable is a table that can be pruned by hand.
type PrunableTable struct {
	Table string `json:"table" doc:"as prune_tables takes it"`
	Rows  int64  `json:"rows" doc:"that would go now"`
}

// PrunableList is all tables that can be pruned by hand.
type PrunableList struct {
	Items []PrunableTable `json:"items"`
}

func (h handlers) prunable(ctx context.Context, _ *rest.Call, _ *struct{}) (PrunableList, error) {
	tables, err := h.Maintenance.Prunable(ctx)
	if err != nil {
		return PrunableList{}, err
	}
	out := PrunableList{Items: make([]PrunableTable, len(tables))}
	for i, t := range tables {
		out.Items[i] = PrunableTable(t)
	}
	return out, nil
}

func (h handlers) checkWebTerminal(ctx context.Context, _ *rest.Call, _ *struct{}) (string, error) {
	core, err := h.Settings.Get(ctx)
	if err != nil {
		return "", err
	}
	if !core.EnableServerWebterminal || !h.Product.WebTerminal || h.Product.Demo {
		return "", rest.Refuse(http.StatusPreconditionFailed, featureOff)
	}
	return "ok", nil
}

type serverScriptInput struct {
	Body struct {
		Code    rest.Field[string]   `json:"code" rule:"required,blank,verbatim,max=1000000"`
		Args    rest.Field[[]string] `json:"args" rule:"required,null,item.blank,item.verbatim"`
		EnvVars rest.Field[[]string] `json:"env_vars" rule:"required,null,item.blank,item.verbatim"`
		Timeout rest.Field[int32]    `json:"timeout" rule:"required" doc:"seconds"`
		Shell   rest.Field[string]   `json:"shell" rule:"required,blank" doc:"only for the quoting of values"`
	}
}

// ScriptReport is what a script on the server did.
type ScriptReport struct {
	Stdout        string `json:"stdout"`
	Stderr        string `json:"stderr"`
	ExecutionTime string `json:"execution_time" doc:"seconds with four digits"`
	RetCode       int    `json:"retcode"`
}

func (h handlers) testServerScript(ctx context.Context, c *rest.Call, in *serverScriptInput) (ScriptReport, error) {
	b := &in.Body
	got, err := h.Scripts.Run(ctx, c.Principal, serverscripts.Test{
		Code: b.Code.Value, Args: b.Args.Value, Env: b.EnvVars.Value, Timeout: int(b.Timeout.Value), Shell: b.Shell.Value,
	})
	return ScriptReport(got), err
}
