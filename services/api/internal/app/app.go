// Package app assembles the api: the domain services on their infrastructure and the router with every operation. The
// program and the tests build it in the same way.
package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/agents/installers"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/clients"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/keystore"
	"github.com/gueencode/gueenrmm/pkg/newest"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/seal"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/pkg/results"
	"github.com/gueencode/gueenrmm/pkg/serverscripts"
	"github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/accountsapi"
	"github.com/gueencode/gueenrmm/services/api/internal/agenthttp"
	"github.com/gueencode/gueenrmm/services/api/internal/betaapi"
	"github.com/gueencode/gueenrmm/services/api/internal/coreapi"
	"github.com/gueencode/gueenrmm/services/api/internal/jobsapi"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Infrastructure is what the api runs on. Every part may be away when the api starts.
type Infrastructure struct {
	Log     *zap.Logger
	Metrics prometheus.Registerer
	Pool    *pgxpool.Pool
	Bus     *bus.Conn
	Redis   redis.UniversalClient // nil: throttles count in memory
	Queues  jobsapi.Queues        // nil: the background cannot be looked into
	Now     func() time.Time      // nil: time.Now

	Commander actions.Commander // nil: over the bus
}

// Options are the settings that change what the api answers.
type Options struct {
	AllowedHosts   []string
	WebOrigins     []string // the first names the web app in QR codes and links
	TrustedProxies []netip.Prefix
	PublicURL      string // of this api, as agents and scripts reach it
	Demo           bool
	Description    bool // serve the API description
	Beta           bool // serve /beta/v1 (rest-2.md §11)
	RootUser       string
	AuditMaxBytes  int
	WebhooksAllow  []string // targets of web hooks besides public addresses
	OpenAIURL      string   // of the chat-completions call
	Probes         Probes
	Hash           accounts.HashCost
	HashProcess    *accounts.HashProcess // computes password hashes; nil: the api itself
	Box            *seal.Box             // seals stored secrets; nil: they are stored in clear
	SessionMaxAge  time.Duration         // absolute life of sessions; 0: the default of accounts
	MinPassword    int                   // characters of a new password; 0: the default of accounts
	Throttles      accountsapi.Throttles
	Product        coreapi.Product
	NewsURL        string // where the newest release is named; "": nobody is asked

	AgentsDir string             // of the agent binaries that installers and updates bring
	Insecure  bool               // the installation has no valid certificate (rest-1.md §5.6)
	Agents    agenthttp.Settings // what agents are told
	Stream    results.StreamLimits
}

// App is the assembled api.
type App struct {
	Router   *rest.Router
	Accounts *accounts.Service
	Tokens   *agents.Tokens     // Run fills the cache; it works without
	Results  *results.Publisher // nil without a bus; Run makes its stream
	News     *newest.Source     // Run asks; before, nothing newer is known

	infra    Infrastructure
	options  Options
	audit    *audit.Log
	core     *settings.Service
	fields   *customfields.Service
	keyStore *keystore.Service
	agents   *agents.Service
	actions  *actions.Service
	release  *installers.Releases
	clients  *clients.Service

	monitoring monitoring
	states     map[string]state // what operations without rows of their own are about, by operation
}

// New assembles the api and fails on any operation that is not declared completely.
func New(infra Infrastructure, o Options) (*App, error) {
	if infra.Now == nil {
		infra.Now = time.Now
	}
	a := &App{infra: infra, options: o, audit: audit.New(o.AuditMaxBytes), states: states()}
	var throttle interface {
		rest.ThrottleStore
		accounts.LimitStore
	} = rest.NewMemoryThrottle()
	if infra.Redis != nil {
		throttle = rest.NewRedisThrottle(infra.Redis)
	}
	if err := a.services(throttle); err != nil {
		return nil, err
	}
	router, err := rest.New(rest.Options{
		Log: infra.Log, Users: a.Accounts, Agents: agentTokens{a.Tokens}, Metrics: infra.Metrics, Throttle: throttle, Now: infra.Now,
		AllowedHosts: o.AllowedHosts, WebOrigins: o.WebOrigins, TrustedProxies: o.TrustedProxies, Demo: o.Demo, Version: o.Product.Version,
		Rewrite: betaapi.Unsuffixed, Before: a.auditState, Audit: a.auditCall,
	})
	if err != nil {
		return nil, err
	}
	a.Router = router
	a.references()
	if err := a.operations(); err != nil {
		return nil, err
	}
	return a, router.Check()
}

// services builds the domain services. The order follows their needs.
func (a *App) services(limits accounts.LimitStore) error {
	i, o := a.infra, a.options
	hasher, err := accounts.NewHasherIn(o.HashProcess, o.Hash)
	if err != nil {
		return err
	}
	a.core = settings.New(i.Pool, a.audit, o.Box)
	a.fields = customfields.NewService(i.Pool, a.audit)
	a.Accounts = accounts.New(accounts.Deps{
		Pool: i.Pool, Audit: a.audit, Hasher: hasher, Box: o.Box, Now: i.Now, Limits: limits, RootUser: o.RootUser, Demo: o.Demo,
		Log: i.Log, Facts: facts{i.Bus}, SessionMaxAge: o.SessionMaxAge, MinPassword: o.MinPassword,
		WebDomain: webDomain(o.WebOrigins), LocalLogonBlocked: func(ctx context.Context) (bool, error) {
			core, err := a.core.Get(ctx)
			return core.BlockLocalUserLogon, err
		},
	})
	a.Tokens = agents.NewTokens(i.Pool, i.Log, i.Now)
	a.News = newest.New(o.NewsURL, service.Version(), &http.Client{}, i.Log)
	a.keyStore = keystore.New(i.Pool, a.audit, o.Box)
	a.agents = agents.New(agents.Deps{Pool: i.Pool, Audit: a.audit, Facts: facts{i.Bus}, Globals: a.keyStore, Log: i.Log, Now: i.Now})
	commander, err := commander(i)
	if err != nil {
		return err
	}
	if err := a.buildMonitoring(commander); err != nil {
		return err
	}
	a.release = installers.NewReleases(o.AgentsDir, o.PublicURL)
	a.actions = actions.New(actions.Deps{
		Pool: i.Pool, Agents: a.agents, Commander: commander, Scripts: a.monitoring.scripts, Settings: a.core,
		Fields: a.fields, ServerScripts: serverscripts.New(""), Audit: a.audit, Log: i.Log, Now: i.Now,
		Options: actions.Options{
			NushellEnableConfig: o.Agents.Config.NushellEnableConfig, DenoDefaultPermissions: o.Agents.Config.DenoDefaultPermissions, ServerScripts: o.Product.ServerScripts, LatestAgent: installers.Version,
		},
	})
	a.clients = clients.New(clients.Deps{Pool: i.Pool, Audit: a.audit, Agents: a.agents, Roles: a.Accounts, Settings: a.core})
	return nil
}

// commander sends commands over the bus; without one, in tests of the database alone, every agent is away.
func commander(i Infrastructure) (actions.Commander, error) {
	if i.Commander != nil {
		return i.Commander, nil
	}
	if i.Bus == nil {
		return nobody{}, nil
	}
	return remote.New(i.Bus, i.Metrics)
}

type nobody struct{}

func (nobody) Request(context.Context, string, agentwire.Command, time.Duration) (remote.Reply, error) {
	return remote.Reply{}, remote.ErrOffline
}

func (nobody) Publish(context.Context, string, agentwire.Command) error { return nil }

// webDomain is the host of the first web origin, with its port if it names one.
func webDomain(origins []string) string {
	if len(origins) == 0 {
		return "localhost"
	}
	u, err := url.Parse(origins[0])
	if err != nil || u.Host == "" {
		return origins[0]
	}
	return u.Host
}

// facts publishes on the bus; without one, in tests of the database alone, nobody listens.
type facts struct{ bus *bus.Conn }

func (f facts) PublishFacts(list ...bus.Fact) error {
	if f.bus == nil {
		return nil
	}
	return f.bus.PublishFacts(list...)
}

// agentTokens lets the router ask for agents.
type agentTokens struct{ tokens *agents.Tokens }

func (t agentTokens) Agent(ctx context.Context, token string) (*access.Principal, error) {
	id, err := t.tokens.ByToken(ctx, token)
	switch {
	case errors.Is(err, agents.ErrUnknownToken):
		return nil, fault.Unauthenticated("Invalid token.")
	case errors.Is(err, agents.ErrDisabled):
		return nil, fault.Unauthenticated("User inactive or deleted.")
	case err != nil:
		return nil, fmt.Errorf("look up agent token: %w", err)
	}
	return &access.Principal{Kind: access.Agent, AgentID: id.AgentID, AgentPK: id.PK, Username: id.AgentID}, nil
}
