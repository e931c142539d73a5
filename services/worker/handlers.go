package main

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/agents/installers"
	"github.com/gueencode/gueenrmm/pkg/alerts"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/keystore"
	"github.com/gueencode/gueenrmm/pkg/notify"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/seal"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	core "github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/pkg/tasks"
)

// agentActions is what the worker does to agents, with the global settings that it reads.
func agentActions(pool *pgxpool.Pool, conn *bus.Conn, commander *remote.Commander, cfg *settings, box *seal.Box, rt *service.Runtime) (*actions.Service, *core.Service) {
	log := audit.New(audit.DefaultMaxValueBytes)
	coreSettings := core.New(pool, log, box)
	return actions.New(actions.Deps{
		Pool: pool, Commander: commander, Audit: log, Log: rt.Log, Settings: coreSettings,
		Agents:  agents.New(agents.Deps{Pool: pool, Audit: log, Facts: conn, Globals: keystore.New(pool, log, box), Log: rt.Log}),
		Scripts: scripts.NewService(pool, log),
		Options: actions.Options{
			NushellEnableConfig: cfg.Agents.NushellEnableConfig, DenoDefaultPermissions: cfg.Agents.DenoDefaultPermissions, LatestAgent: installers.Version,
		},
	}), coreSettings
}

// domainHandlers are the tasks that contexts put into the outbox. What they do is in the contexts.
func domainHandlers(pool *pgxpool.Pool, commander *remote.Commander, act *actions.Service, coreSettings *core.Service) []queue.Handler {
	mail := notify.NewMailer(coreSettings)
	handlers := append(act.Handlers(mailer{mail}), tasks.RunHandler(commander),
		alerts.NotifyHandler(pool, mail, notify.NewTexter(coreSettings, notify.TwilioURL)), results.AlarmHandler(mail))
	for i := range handlers {
		handlers[i] = untilBusIsBack(handlers[i])
	}
	return handlers
}

// untilBusIsBack lets tasks that have sent nothing to agents wait for the message bus, however long it is away.
func untilBusIsBack(h queue.Handler) queue.Handler {
	do := h.Do
	h.Do = func(ctx context.Context, task queue.Task) error {
		err := do(ctx, task)
		if errors.Is(err, remote.ErrNotSent) {
			return queue.NotBegun(err)
		}
		return err
	}
	return h
}

// mailer does not try again what only a person can cure in the global settings.
type mailer struct{ *notify.Mailer }

func (m mailer) Send(ctx context.Context, to []string, subject, body string) error {
	err := m.Mailer.Send(ctx, to, subject, body)
	if fault.KindOf(err) != "" {
		return queue.Permanent(err)
	}
	return err
}
