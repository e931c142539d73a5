package app

import (
	"context"

	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/pkg/selfcheck"
	"github.com/gueencode/gueenrmm/pkg/serverscripts"
)

// Probes are the addresses that the status routes look at; "" stands for a part that is not there.
type Probes struct {
	CertFile string
	Realtime string
	NATSWeb  string
}

// serverScriptTester runs scripts on the server that are not stored.
func (a *App) serverScriptTester() *serverscripts.Tester {
	return &serverscripts.Tester{
		Runner: serverscripts.New(""), Core: a.core, Snippets: a.monitoring.scripts, Globals: a.agents, Audit: a.record,
	}
}

// checker looks at the whole installation.
func (a *App) checker() *selfcheck.Checker {
	i, o := a.infra, a.options
	d := selfcheck.Deps{
		DB: i.Pool, CertFile: o.Probes.CertFile, Realtime: o.Probes.Realtime, NATSWeb: o.Probes.NATSWeb, Public: o.PublicURL, Now: i.Now,
	}
	if i.Redis != nil {
		d.Redis = func(ctx context.Context) error { return i.Redis.Ping(ctx).Err() }
	}
	if i.Bus != nil {
		d.Bus = func(ctx context.Context) error { return i.Bus.NATS().FlushWithContext(ctx) }
		d.Consumed = func(ctx context.Context) (bool, error) { return results.Consumed(ctx, i.Bus) }
	}
	if queues, ok := i.Queues.(selfcheck.Queues); ok {
		d.Queues = queues
	}
	return selfcheck.New(d)
}
