package app

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/agents/installers"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/clients"
	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/jobs/maintenance"
	"github.com/gueencode/gueenrmm/pkg/notify"
	"github.com/gueencode/gueenrmm/pkg/openai"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/pkg/schedules"
	"github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/pkg/urlactions"
	"github.com/gueencode/gueenrmm/services/api/internal/accountsapi"
	"github.com/gueencode/gueenrmm/services/api/internal/agentsapi"
	"github.com/gueencode/gueenrmm/services/api/internal/clientsapi"
	"github.com/gueencode/gueenrmm/services/api/internal/coreapi"
	"github.com/gueencode/gueenrmm/services/api/internal/jobsapi"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
	"github.com/gueencode/gueenrmm/services/api/internal/v1agents"
)

// operations registers every context's operations, one call a line.
func (a *App) operations() error {
	r, i, o := a.Router, a.infra, a.options
	registerRoot(r)
	accountsapi.Register(r, a.Accounts, o.Throttles)
	guard, err := urlactions.NewGuard(o.WebhooksAllow)
	if err != nil {
		return err
	}
	requester, err := maintenance.NewRequester(i.Pool)
	if err != nil {
		return err
	}
	product := o.Product
	product.AgentVersion, product.Demo, product.Release = installers.Version, o.Demo, service.Version()
	coreapi.Register(r, coreapi.Deps{
		Mailer: notify.NewMailer(a.core), Texter: notify.NewTexter(a.core, notify.TwilioURL), Completer: openai.New(o.OpenAIURL),
		Maintenance: requester, Scripts: a.serverScriptTester(), Checker: a.checker(), Recorded: a.recorded,
		News:     a.News,
		Settings: a.core, Zones: settings.NewZones(i.Pool), CustomFields: a.fields, Accounts: a.Accounts, Product: product,
		KeyStore: a.keyStore, Schedules: schedules.NewService(i.Pool, a.audit),
		URLActions: urlactions.New(urlactions.Deps{
			Pool: i.Pool, Audit: a.audit, Subjects: a.agents, Caller: urlactions.NewCaller(guard, "GueenRMM/"+o.Product.Version),
		}),
	})
	deployments := clients.NewDeployments(i.Pool, a.clients, a.Accounts)
	clientsapi.Register(r, a.clients, deployments)
	agentsapi.Register(r, agentsapi.Deps{
		Agents: a.agents, Actions: a.actions, Settings: a.core, Zones: settings.NewZones(i.Pool), Releases: a.release,
		InstallerToken: a.installerToken, Audit: a.record, Insecure: o.Insecure,
	})
	v1agents.Register(r, v1agents.Deps{
		Agents: a.agents, Deployments: deployments, Releases: a.release, Tokens: a.Accounts, PublicURL: o.PublicURL,
	})
	jobsapi.Register(r, jobsapi.Deps{History: jobs.NewHistory(i.Pool), Queues: i.Queues, Audit: a.record})
	a.monitoringOperations()
	a.logsOperations()
	if o.Description {
		rest.RegisterDescription(r)
	}
	return nil
}

// record writes a line of the audit log that belongs to no other change.
func (a *App) record(ctx context.Context, e audit.Entry) error {
	return a.audit.Record(ctx, a.infra.Pool, e)
}

// recorded does something and writes down who did it, in one transaction.
func (a *App) recorded(ctx context.Context, do func(tx postgres.Querier) error, e audit.Entry) error {
	return pgx.BeginFunc(ctx, a.infra.Pool, func(tx pgx.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		return a.audit.Record(ctx, tx, e)
	})
}

// installerToken makes a token of the installer account that enrols at any site until it expires.
func (a *App) installerToken(ctx context.Context, expires time.Time) (token string, err error) {
	err = pgx.BeginFunc(ctx, a.infra.Pool, func(tx pgx.Tx) (err error) {
		token, _, err = a.Accounts.MintInstaller(ctx, tx, nil, expires)
		return err
	})
	return token, err
}

// State is the answer of the root.
type State struct {
	Status string `json:"status"`
}

// registerRoot adds the one operation that belongs to no context (rest-1.md §3).
func registerRoot(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/", ID: "getRoot", Tag: "root", Summary: "Say that the api answers",
		Auth: rest.AuthPublic, NoPermission: "Proxies and installers ask it; tells nothing.",
	}, func(context.Context, *rest.Call, *struct{}) (State, error) { return State{Status: "ok"}, nil })
}
