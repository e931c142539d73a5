package app

import (
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/debuglog"
	"github.com/gueencode/gueenrmm/services/api/internal/betaapi"
	"github.com/gueencode/gueenrmm/services/api/internal/logsapi"
)

// logsOperations registers what reads the logs, and the read interface for programs when it is on.
func (a *App) logsOperations() {
	logsapi.Register(a.Router, logsapi.Deps{
		Audit: audit.NewReader(a.infra.Pool, a.infra.Now), Debug: debuglog.New(a.infra.Pool), Agents: a.agents, Clients: a.clients,
		Actions: a.actions, Record: a.record, Now: a.infra.Now,
	})
	if a.options.Beta {
		betaapi.Register(a.Router, betaapi.Deps{Agents: a.agents, Clients: a.clients, PublicURL: a.options.PublicURL})
	}
}
