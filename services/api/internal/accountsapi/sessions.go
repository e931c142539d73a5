package accountsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Session is a signed-in browser.
type Session struct {
	Digest  string     `json:"digest"`
	User    string     `json:"user"`
	Created rest.Time  `json:"created"`
	Expiry  *rest.Time `json:"expiry"`
}

func (h handlers) registerSessions(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/accounts/users/{pk}/sessions/", ID: "listSessions", Tag: tag, Summary: "List the sessions of an account",
		Auth: rest.AuthUser, Permission: access.ListAccounts, Errors: []int{http.StatusNotFound},
	}, h.listSessions)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/accounts/users/{pk}/sessions/", ID: "endSessions", Tag: tag, Summary: "End the sessions of an account",
		Auth: rest.AuthUser, Permission: access.ManageAccounts, NotInDemo: true, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, _ *rest.Call, in *byPK) (string, error) {
		return done(h.accounts.EndSessions(ctx, in.PK))
	})
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/accounts/sessions/{digest}/", ID: "endSession", Tag: tag, Summary: "End one session",
		Auth: rest.AuthUser, Permission: access.ManageAccounts, NotInDemo: true, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, _ *rest.Call, in *struct {
		Digest string `path:"digest"`
	}) (string, error) {
		return done(h.accounts.EndSession(ctx, in.Digest))
	})
}

func (h handlers) listSessions(ctx context.Context, _ *rest.Call, in *byPK) ([]Session, error) {
	sessions, err := h.accounts.Sessions(ctx, in.PK)
	if err != nil {
		return nil, err
	}
	out := make([]Session, len(sessions))
	for i, s := range sessions {
		out[i] = Session{Digest: s.Digest, User: s.User, Created: rest.At(s.Created), Expiry: rest.AtPtr(s.Expiry)}
	}
	return out, nil
}
