// Package accountsapi declares the operations of accounts: the login dialogue, users, sessions, roles, API keys, the
// caller's own profile and the first run (rest-1.md §3, §4).
package accountsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

const tag = "accounts"

// Throttles bound the two login steps (rest-1.md §1.8).
type Throttles struct {
	CheckCredentials rest.Throttle
	Login            rest.Throttle
}

// DefaultThrottles are the contract's.
func DefaultThrottles() Throttles {
	return Throttles{
		CheckCredentials: rest.Throttle{Name: "checkcreds", PerMinute: 10, PerDay: 300},
		Login:            rest.Throttle{Name: "login", PerMinute: 10, PerDay: 300},
	}
}

type handlers struct{ accounts *accounts.Service }

// Register adds the operations of accounts.
func Register(r *rest.Router, service *accounts.Service, throttles Throttles) {
	h := handlers{accounts: service}
	h.registerLogin(r, throttles)
	h.registerUsers(r)
	h.registerSessions(r)
	h.registerResets(r)
	h.registerOwn(r)
	h.registerRoles(r)
	h.registerKeys(r)
	h.registerSetup(r)
	h.registerMe(r)
	h.registerOwnSessions(r)
}

// done answers "ok", the contract's word for success without data.
func done(err error) (string, error) { return message("ok", err) }

func message(text string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return text, nil
}

// byPK is the input of operations that need only the key of a row.
type byPK struct {
	PK int32 `path:"pk"`
}

// none is the input of operations without any.
type none struct{}

// Setup says whether the first administrator has still to be created.
type Setup struct {
	Needed bool `json:"needed"`
}

// Administrator is the account that the first run created.
type Administrator struct {
	ID       int32  `json:"id"`
	Username string `json:"username"`
}

func (h handlers) registerSetup(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/v1/setup", ID: "getSetup", Tag: tag, Summary: "Say whether the first administrator is missing",
		Auth: rest.AuthPublic, NoPermission: "Asked before anybody can sign in; tells one bit.",
	}, func(ctx context.Context, _ *rest.Call, _ *none) (Setup, error) {
		needed, err := h.accounts.NeedsSetup(ctx)
		return Setup{Needed: needed}, err
	})
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/v1/setup", ID: "createFirstAdministrator", Tag: tag, Summary: "Create the first administrator",
		Description: "Works once. Afterwards the operation is gone (404).",
		Auth:        rest.AuthPublic, NoPermission: "Works only while there is no account at all.",
		Status: http.StatusCreated, Errors: []int{http.StatusNotFound},
		Throttle: &rest.Throttle{Name: "setup", PerMinute: 10, PerDay: 300},
	}, h.setUp)
}

type setUpInput struct {
	Body struct {
		Username rest.Field[string] `json:"username" rule:"required,max=150"`
		Password rest.Field[string] `json:"password" rule:"required,verbatim,max=4096"`
	}
}

func (h handlers) setUp(ctx context.Context, _ *rest.Call, in *setUpInput) (Administrator, error) {
	u, err := h.accounts.SetUp(ctx, in.Body.Username.Value, in.Body.Password.Value)
	return Administrator{ID: u.ID, Username: u.Username}, err
}
