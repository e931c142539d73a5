package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/alerts"
	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/patches"
	"github.com/gueencode/gueenrmm/pkg/policies"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/pkg/software"
	"github.com/gueencode/gueenrmm/pkg/tasks"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/agenthttp"
	"github.com/gueencode/gueenrmm/services/api/internal/checksapi"
	"github.com/gueencode/gueenrmm/services/api/internal/inventoryapi"
	"github.com/gueencode/gueenrmm/services/api/internal/scriptsapi"
)

// monitoring is what agents run and report: scripts, checks, tasks, policies, updates.
type monitoring struct {
	scripts  *scripts.Service
	tester   *scripts.Tester
	checks   *checks.Service
	tasks    *tasks.Service
	policies *policies.Service
	patches  *patches.Service
	software *software.Service
	results  agenthttp.Publisher
	command  actions.Commander
}

func (a *App) buildMonitoring(command actions.Commander) error {
	i, o := a.infra, a.options
	code := scripts.NewService(i.Pool, a.audit)
	m := monitoring{
		scripts: code, policies: policies.NewService(i.Pool, a.audit), patches: patches.NewService(i.Pool),
		software: software.NewService(i.Pool), command: command, results: noStream{},
		tester: &scripts.Tester{Scripts: code, Agents: a.agents, Commander: command, Runtime: scripts.Runtime{
			NushellEnableConfig: o.Agents.Config.NushellEnableConfig, DenoDefaultPermissions: o.Agents.Config.DenoDefaultPermissions,
		}},
		checks: checks.NewService(checks.Deps{
			Pool: i.Pool, Audit: a.audit, Scripts: code, Variables: a.agents, Alerts: openAlerts{}, Agents: checkRuns{command},
		}),
		tasks: tasks.NewService(tasks.Deps{
			Pool: i.Pool, Audit: a.audit, Agents: a.agents, Scripts: code, Variables: a.agents, Now: i.Now, Runtime: tasks.Runtime{
				NushellEnableConfig: o.Agents.Config.NushellEnableConfig, DenoDefaultPermissions: o.Agents.Config.DenoDefaultPermissions,
			},
		}),
	}
	if i.Bus != nil {
		publisher, err := results.NewPublisher(i.Bus, o.Stream, i.Metrics)
		if err != nil {
			return err
		}
		m.results, a.Results = publisher, publisher
	}
	a.monitoring = m
	return nil
}

func (a *App) monitoringOperations() {
	r, m := a.Router, a.monitoring
	scriptsapi.Register(r, m.scripts, m.tester)
	checksapi.Register(r, checksapi.Deps{Checks: m.checks, Tasks: m.tasks, Policies: m.policies})
	inventoryapi.Register(r, inventoryapi.Deps{Agents: a.agents, Settings: a.core, Software: m.software, Patches: m.patches})
	agenthttp.Register(r, agenthttp.Deps{
		Agents: a.agents, Checks: m.checks, Tasks: m.tasks, Patches: m.patches, Results: m.results, Commander: m.command,
		Log: a.infra.Log, Settings: a.options.Agents,
	})
}

// noStream stands in where there is no bus, in tests of the database alone.
type noStream struct{}

func (noStream) Publish(context.Context, results.Result) error {
	return fault.Unavailable("Results cannot be stored at the moment.", errors.New("no bus"))
}

// openAlerts lets checks close alerts.
type openAlerts struct{}

func (openAlerts) ResolveChecks(ctx context.Context, db checks.DB, agentPK int32, checkIDs []int32) error {
	return alerts.ResolveChecks(ctx, db, agentPK, checkIDs)
}

// checkRuns starts check runs over the bus.
type checkRuns struct{ command actions.Commander }

// runChecksWait is how long an agent may take to accept a run (domain.md §4.1).
const runChecksWait = 15 * time.Second

func (r checkRuns) RunChecks(ctx context.Context, agentID string) (string, error) {
	reply, err := r.command.Request(ctx, agentID, agentwire.Command{Func: agentwire.FuncRunChecks}, runChecksWait)
	if err != nil {
		return "", fmt.Errorf("run checks: %w", err)
	}
	return reply.Text(), nil
}

func (r checkRuns) RunChecksOn(ctx context.Context, agentIDs []string) error {
	for _, id := range agentIDs {
		if err := r.command.Publish(ctx, id, agentwire.Command{Func: agentwire.FuncRunChecks}); err != nil {
			return fmt.Errorf("run checks: %w", err)
		}
	}
	return nil
}
