package accountsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// OwnSession is a session as its owner sees it.
type OwnSession struct {
	Digest   string     `json:"digest"`
	Created  rest.Time  `json:"created"`
	LastUsed *rest.Time `json:"last_used" doc:"when its life was last extended"`
	Expiry   *rest.Time `json:"expiry"`
	IP       *string    `json:"ip" doc:"where it began"`
	Current  bool       `json:"current" doc:"the session of this call"`
}

// OwnSessions are all sessions of the caller.
type OwnSessions struct {
	Items []OwnSession `json:"items"`
}

func (h handlers) registerOwnSessions(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/v1/me/sessions", ID: "listOwnSessions", Tag: tag, Summary: "List the caller's sessions, the newest first",
		Auth: rest.AuthUser, LatePermission: ownRow, Scope: rest.ScopeSelf,
	}, h.listOwnSessions)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/v1/me/sessions/{digest}", ID: "endOwnSession", Tag: tag, Summary: "End one of the caller's sessions",
		Auth: rest.AuthUser, LatePermission: ownRow, Scope: rest.ScopeSelf, Status: http.StatusNoContent, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c *rest.Call, in *struct {
		Digest string `path:"digest"`
	}) (rest.Empty, error) {
		if err := person(c); err != nil {
			return rest.Empty{}, err
		}
		return rest.Empty{}, h.accounts.EndOwnSession(ctx, c.Principal, in.Digest)
	})
}

func (h handlers) listOwnSessions(ctx context.Context, c *rest.Call, _ *none) (OwnSessions, error) {
	if err := person(c); err != nil {
		return OwnSessions{}, err
	}
	list, err := h.accounts.OwnSessions(ctx, c.Principal)
	if err != nil {
		return OwnSessions{}, err
	}
	out := OwnSessions{Items: make([]OwnSession, len(list))}
	for i, s := range list {
		out.Items[i] = OwnSession{
			Digest: s.Digest, Created: rest.At(s.Created), LastUsed: rest.AtPtr(s.LastUsed), Expiry: rest.AtPtr(s.Expiry), Current: s.Current,
		}
		if s.IP != "" {
			out.Items[i].IP = &s.IP
		}
	}
	return out, nil
}
