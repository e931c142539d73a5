package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// people knows two tokens and a key, as accounts would.
type people struct{}

func (people) Session(_ context.Context, token string, setup bool) (*access.Principal, error) {
	switch token {
	case "admin":
		return &access.Principal{Kind: access.Session, Username: "admin", Super: true}, nil
	case "reader":
		return &access.Principal{Kind: access.Session, Username: "reader", Permissions: map[access.Permission]bool{access.ListNotes: true}}, nil
	case "setup":
		if !setup {
			return nil, fault.Forbidden()
		}
		return &access.Principal{Kind: access.Session, Username: "new"}, nil
	}
	return nil, fault.Unauthenticated("Invalid token.")
}

func (people) APIKey(_ context.Context, key string) (*access.Principal, error) {
	if key == "KEY" {
		return &access.Principal{Kind: access.APIKey, Username: "robot", Super: true}, nil
	}
	return nil, fault.Unauthenticated("Invalid token.")
}

type thingBody struct {
	Name    rest.Field[string]          `json:"name" rule:"required,max=5"`
	Text    rest.Field[string]          `json:"text" rule:"blank,null"`
	Count   rest.Field[int32]           `json:"count" rule:"min=0"`
	Big     rest.Field[int64]           `json:"big"`
	Ratio   rest.Field[float64]         `json:"ratio" rule:"max=1.5"`
	On      rest.Field[bool]            `json:"on"`
	When    rest.Field[time.Time]       `json:"when" rule:"null"`
	Clock   rest.Field[rest.ClockTime]  `json:"clock"`
	Level   rest.Field[string]          `json:"level" rule:"choices=info|error"`
	Hour    rest.Field[int32]           `json:"hour" rule:"choices=1|2"`
	Tags    rest.Field[[]string]        `json:"tags" rule:"max=3,item.max=4"`
	Owner   rest.Field[int32]           `json:"owner" rule:"null,ref=user"`
	Clients rest.Field[[]int32]         `json:"clients" rule:"ref=client"`
	Mail    rest.Field[string]          `json:"mail" rule:"blank,pattern=email"`
	Extra   rest.Field[json.RawMessage] `json:"extra" rule:"null"`
	Site    rest.Field[siteBody]        `json:"site"`
	Parts   rest.Field[[]siteBody]      `json:"parts"`
}

type siteBody struct {
	Name  rest.Field[string] `json:"name" rule:"required"`
	Owner rest.Field[int32]  `json:"owner" rule:"ref=user"`
}

type thingInput struct {
	Body thingBody
}

func operation(method, path, id string) rest.Operation {
	return rest.Operation{Method: method, Path: path, ID: id, Tag: "things", Summary: "Do " + id,
		Auth: rest.AuthUser, NoPermission: "a test"}
}

func newRouter(t testing.TB, change func(*rest.Options)) *rest.Router {
	t.Helper()
	options := rest.Options{Log: zap.NewNop(), Users: people{}, AllowedHosts: []string{"example.com"},
		WebOrigins: []string{"https://rmm.example.com"}}
	if change != nil {
		change(&options)
	}
	r, err := rest.New(options)
	require.NoError(t, err)
	missing := func(_ context.Context, ids []int64) (out []int64, err error) {
		for _, id := range ids {
			if id > 10 {
				out = append(out, id)
			}
		}
		return out, nil
	}
	r.Reference("user", missing)
	r.Reference("client", missing)
	return r
}

// things registers the operations that the tests call.
func things(r *rest.Router) {
	echoBack := func(_ context.Context, _ *rest.Call, in *thingInput) (thingBody, error) { return in.Body, nil }
	rest.Handle(r, operation(http.MethodPost, "/things/", "addThing"), echoBack)
	partial := operation(http.MethodPut, "/things/", "editThing")
	partial.Partial = true
	rest.Handle(r, partial, echoBack)
	list := operation(http.MethodGet, "/things/{pk}/", "getThing")
	list.NoPermission, list.Permission = "", access.ListNotes
	rest.Handle(r, list, func(_ context.Context, c *rest.Call, in *struct {
		PK     int32    `path:"pk"`
		Search string   `query:"search"`
		Limit  int32    `query:"limit" default:"50" rule:"min=1,max=200"`
		Status []string `query:"status" rule:"item.choices=on|off"`
	}) (map[string]any, error) {
		return map[string]any{"pk": in.PK, "search": in.Search, "limit": in.Limit, "status": in.Status, "user": c.Principal.Username}, nil
	})
	agent := operation(http.MethodGet, "/agents/{agent_id}/", "getAgent")
	agent.Scope = rest.ScopeAgent
	rest.Handle(r, agent, func(_ context.Context, _ *rest.Call, in *struct {
		AgentID rest.AgentID `path:"agent_id"`
	}) (string, error) {
		return "<" + string(in.AgentID) + " & é>", nil
	})
	fail := func(err error) func(context.Context, *rest.Call, *struct{}) (string, error) {
		return func(context.Context, *rest.Call, *struct{}) (string, error) { return "", err }
	}
	rest.Handle(r, operation(http.MethodGet, "/refused/", "refused"), fail(fault.Refused("Unable to contact the agent")))
	rest.Handle(r, operation(http.MethodGet, "/missing/", "missing"), fail(fault.NotFound("Agent")))
	rest.Handle(r, operation(http.MethodGet, "/broken/", "broken"), fail(errors.New("secret detail")))
	rest.Handle(r, operation(http.MethodGet, "/v1/broken", "v1Broken"), fail(errors.New("secret detail")))
	rest.Handle(r, operation(http.MethodGet, "/v1/refused", "v1Refused"), fail(fault.InvalidField("name", "no")))
	rest.Handle(r, operation(http.MethodGet, "/gone/", "gone"), fail(rest.Refuse(http.StatusPreconditionFailed, "disabled")))
	rest.Handle(r, operation(http.MethodGet, "/panic/", "panics"), func(context.Context, *rest.Call, *struct{}) (string, error) { panic("boom") })
	forgot := operation(http.MethodGet, "/forgot/", "forgot")
	forgot.NoPermission, forgot.LatePermission = "", "the handler decides"
	rest.Handle(r, forgot, fail(nil))
	setup := operation(http.MethodPost, "/setup/", "setup")
	setup.AllowSetup = true
	rest.Handle(r, setup, func(context.Context, *rest.Call, *struct{}) (bool, error) { return false, nil })
	login := operation(http.MethodPost, "/login/", "login")
	login.Auth, login.Throttle = rest.AuthPublic, &rest.Throttle{Name: "login", PerMinute: 2, PerDay: 3}
	rest.Handle(r, login, func(context.Context, *rest.Call, *struct{}) (rest.Empty, error) { return rest.Empty{}, nil })
	rest.Handle(r, operation(http.MethodGet, "/stream/", "stream"), func(context.Context, *rest.Call, *struct{}) (rest.Stream[int], error) {
		return func(yield func(int, error) bool) {
			for i := range 3 {
				if !yield(i, nil) {
					return
				}
			}
		}, nil
	})
	rest.Handle(r, operation(http.MethodGet, "/empty/", "emptyList"), func(context.Context, *rest.Call, *struct{}) ([]string, error) { return nil, nil })
}

func newThings(t testing.TB, change func(*rest.Options)) *rest.Router {
	t.Helper()
	r := newRouter(t, change)
	things(r)
	require.NoError(t, r.Check())
	return r
}

type reply struct {
	*http.Response
	body string
}

// send makes a request as admin unless the headers say otherwise ("Authorization", "" removes it).
func send(t testing.TB, h http.Handler, method, target, body string, headers ...string) reply {
	t.Helper()
	req := httptest.NewRequest(method, "http://example.com"+target, strings.NewReader(body))
	req.Header.Set("Authorization", "Token admin")
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	res := w.Result()
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return reply{Response: res, body: string(raw)}
}

func refusedHandler(context.Context, *rest.Call, *struct{}) (string, error) { return "", nil }
