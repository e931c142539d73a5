package app

import (
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/debuglog"
	"github.com/gueencode/gueenrmm/services/api/internal/logsapi"
)

// logsOperations registers what reads the logs.
func (a *App) logsOperations() {
	logsapi.Register(a.Router, logsapi.Deps{
		Audit: audit.NewReader(a.infra.Pool, a.infra.Now), Debug: debuglog.New(a.infra.Pool), Agents: a.agents, Clients: a.clients,
		Actions: a.actions, Record: a.record, Now: a.infra.Now,
	})
}
