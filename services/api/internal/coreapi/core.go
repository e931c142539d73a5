// Package coreapi declares the operations of global settings, custom field definitions and the dashboard's start-up
// information (rest-1.md §7).
package coreapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/keystore"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/schedules"
	"github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/pkg/urlactions"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Deps are what the operations need.
type Deps struct {
	Settings     *settings.Service
	Zones        *settings.Zones
	CustomFields *customfields.Service
	Accounts     Preferences
	KeyStore     *keystore.Service
	Schedules    *schedules.Service
	URLActions   *urlactions.Service
	Mailer       Mailer
	Texter       Texter
	Completer    Completer
	Maintenance  Maintenance
	Scripts      ServerScripts
	Checker      Checker
	News         News
	Product      Product

	// Recorded does something and writes down who did it, in one transaction.
	Recorded func(ctx context.Context, do func(tx postgres.Querier) error, e audit.Entry) error
}

// News knows whether there is a newer release of the product; "" says that none is known, failed that the last look was in vain.
type News interface {
	Release() (newer string, failed bool)
}

// Preferences reads what a user chose for the web client.
type Preferences interface {
	Preferences(ctx context.Context, userID int32) (accounts.Preferences, error)
	DropCache()
}

// Product says what runs here.
type Product struct {
	Version          string // of the server, as clients of the contract know it
	Release          string // of the product, as its own people know it
	UIVersion        string // the web client asks for a refresh when it changes
	AgentVersion     string // of the newest agent
	Demo             bool   // leave out what a public demo must not have
	MonToken         string // of monitoring systems; "" refuses them
	WebTerminal      bool   // false when the operator switched it off
	ServerScripts    bool
	CmdPlaceholder   string
	PSPlaceholder    string
	ShellPlaceholder string
}

type handlers struct {
	Deps
	throttles interface {
		ResetThrottles(ctx context.Context) error
	}
}

// Register adds the operations.
func Register(r *rest.Router, deps Deps) {
	h := handlers{Deps: deps, throttles: r}
	h.registerCustomFields(r)
	h.registerSettings(r)
	h.registerKeyStore(r)
	h.registerSchedules(r)
	h.registerURLActions(r)
	h.registerMessages(r)
	h.registerCodeSign(r)
	h.registerServer(r)
	h.registerStatus(r)
	h.registerHealth(r)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/core/version/", ID: "getVersion", Tag: "core", Summary: "Read the version of the web client",
		Auth: rest.AuthUser, NoPermission: "every signed-in client compares it to know when to reload", NoHead: true,
	}, func(context.Context, *rest.Call, *struct{}) (string, error) { return h.Product.UIVersion, nil })
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/core/clearcache/", ID: "clearCache", Tag: "core", Summary: "Drop caches and login throttles",
		Auth: rest.AuthUser, Permission: access.DoServerMaint, NoHead: true, NotInDemo: true, Acts: true,
	}, h.clearCache)
}

func (h handlers) clearCache(ctx context.Context, _ *rest.Call, _ *struct{}) (string, error) {
	h.Accounts.DropCache()
	if err := h.throttles.ResetThrottles(ctx); err != nil {
		return "", err
	}
	return "Cache was cleared!", nil
}
