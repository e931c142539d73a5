// Package resttest builds the whole api on a database of its own and gives each test clients for the callers it needs, so
// that tests of operations say only what they send and what they expect.
package resttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/seal"
	"github.com/gueencode/gueenrmm/services/api/internal/accountsapi"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/coreapi"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// WebOrigin is the origin of the web app in tests.
const WebOrigin = "https://rmm.example.com"

// API is the api under test.
type API struct {
	Pool *pgxpool.Pool
	App  *app.App

	t      testing.TB
	client *Client // the superuser
	count  atomic.Int64
	form   *rest.Conformer
}

// Option changes how the api is built.
type Option func(*app.Infrastructure, *app.Options)

// New builds the api on a fresh database with one superuser, "admin".
func New(t testing.TB, options ...Option) *API {
	t.Helper()
	pool := dbtest.New(t)
	infra := app.Infrastructure{Log: zap.NewNop(), Metrics: prometheus.NewRegistry(), Pool: pool}
	opts := Options()
	for _, change := range options {
		change(&infra, &opts)
	}
	built, err := app.New(infra, opts)
	require.NoError(t, err)
	_, err = built.Accounts.SetUp(t.Context(), "admin", "admin-password")
	require.NoError(t, err)
	return &API{Pool: pool, App: built, t: t, form: rest.NewConformer(built.Router)}
}

// Options are the settings of the api in tests: the contract's, with a cheap password hash.
func Options() app.Options {
	box, err := seal.New("the secret of an installation of tests")
	if err != nil {
		panic(err) // the secret is long enough
	}
	return app.Options{
		WebOrigins: []string{WebOrigin}, PublicURL: "https://api.example.com", Description: true, Beta: true,
		Hash:      accounts.HashCost{MemoryKiB: 64, Passes: 1, Lanes: 1, Concurrent: 8},
		Throttles: accountsapi.DefaultThrottles(), Box: box,
		Product: coreapi.Product{Version: "1.5.1", UIVersion: "0.0.203", WebTerminal: true, ServerScripts: true},
	}
}

// Client calls the api as one caller.
type Client struct {
	api    *API
	header http.Header
	UserID int32
	Key    string
}

// Headers are the credentials that the client presents.
func (c *Client) Headers() http.Header { return c.header }

// Admin is the superuser.
func (a *API) Admin() *Client {
	a.t.Helper()
	if a.client == nil {
		var id int32
		require.NoError(a.t, a.Pool.QueryRow(a.t.Context(), `SELECT id FROM users WHERE username = 'admin'`).Scan(&id))
		a.client = a.keyOf(id)
	}
	return a.client
}

// system is the context in which the test itself makes accounts.
func (a *API) system() context.Context {
	return access.With(a.t.Context(), &access.Principal{Kind: access.System, Username: "test", Super: true, Scope: access.Everything()})
}

// Anonymous has no credential.
func (a *API) Anonymous() *Client { return &Client{api: a, header: http.Header{}} }

// WithToken presents a session or agent token.
func (a *API) WithToken(token string) *Client {
	return &Client{api: a, header: http.Header{"Authorization": {"Token " + token}}}
}

// Role limits a caller made by As.
type Role struct {
	Permissions []access.Permission
	Clients     []int32
	Sites       []int32
}

// As is a new user with a role of the permissions, limited to the clients and sites.
func (a *API) As(role Role) *Client {
	a.t.Helper()
	ctx, n := a.system(), a.count.Add(1)
	flags := map[string]bool{}
	for _, p := range role.Permissions {
		flags[string(p)] = true
	}
	id, err := a.App.Accounts.AddRole(ctx, accounts.Role{Name: fmt.Sprintf("role-%d", n), Flags: flags, Clients: role.Clients, Sites: role.Sites})
	require.NoError(a.t, err)
	return a.user(n, &id)
}

// With is As for a role without limits.
func (a *API) With(permissions ...access.Permission) *Client {
	a.t.Helper()
	return a.As(Role{Permissions: permissions})
}

// WithoutRole is a new user that has no role.
func (a *API) WithoutRole() *Client {
	a.t.Helper()
	return a.user(a.count.Add(1), nil)
}

func (a *API) user(n int64, role *int32) *Client {
	a.t.Helper()
	u, err := a.App.Accounts.Create(a.system(), accounts.NewUser{Username: fmt.Sprintf("user-%d", n), Password: "user-password", Role: role})
	require.NoError(a.t, err)
	return a.keyOf(u.ID)
}

func (a *API) keyOf(user int32) *Client {
	a.t.Helper()
	ctx, name := a.system(), fmt.Sprintf("key-%d", a.count.Add(1))
	require.NoError(a.t, a.App.Accounts.AddAPIKey(ctx, name, user, nil))
	keys, err := a.App.Accounts.APIKeys(ctx)
	require.NoError(a.t, err)
	key := keys[slices.IndexFunc(keys, func(k accounts.APIKey) bool { return k.Name == name })].Key
	return &Client{api: a, header: http.Header{"X-Api-Key": {key}}, UserID: user, Key: key}
}

// Reply is an answer of the api.
type Reply struct {
	Status int
	Header http.Header
	Body   string

	t testing.TB
}

// Do sends a request and fails the test when a successful reply is not what the API description says. A body is sent as JSON; a string as it is, nil not at all. Headers come in pairs.
func (c *Client) Do(method, path string, body any, headers ...string) *Reply {
	t := c.api.t
	t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case []byte:
		reader = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		require.NoError(t, err)
		reader = bytes.NewReader(raw)
	}
	req := httptest.NewRequestWithContext(t.Context(), method, path, reader)
	for k, v := range c.header {
		req.Header[k] = v
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.api.App.Router.ServeHTTP(w, req)
	assert.NoError(t, c.api.form.Check(method, path, w.Code, w.Header(), w.Body.Bytes())) // no require: Do may run in a goroutine
	return &Reply{Status: w.Code, Header: w.Header(), Body: w.Body.String(), t: t}
}

// Get, Post, Put, Patch and Delete are Do with the method.
func (c *Client) Get(path string) *Reply { c.api.t.Helper(); return c.Do(http.MethodGet, path, nil) }
func (c *Client) Post(path string, body any) *Reply {
	c.api.t.Helper()
	return c.Do(http.MethodPost, path, body)
}
func (c *Client) Put(path string, body any) *Reply {
	c.api.t.Helper()
	return c.Do(http.MethodPut, path, body)
}
func (c *Client) Patch(path string, body any) *Reply {
	c.api.t.Helper()
	return c.Do(http.MethodPatch, path, body)
}
func (c *Client) Delete(path string) *Reply {
	c.api.t.Helper()
	return c.Do(http.MethodDelete, path, nil)
}

// Is expects a status and, as JSON, a body: "ok" means the bare string, a map or struct an object, Raw a text as it is.
func (r *Reply) Is(status int, body any) *Reply {
	r.t.Helper()
	require.Equal(r.t, status, r.Status, r.Body)
	raw, err := json.Marshal(body)
	require.NoError(r.t, err)
	require.JSONEq(r.t, string(raw), r.Body)
	return r
}

// Detail expects a status and the body {"detail": text}.
func (r *Reply) Detail(status int, text string) *Reply {
	r.t.Helper()
	return r.Is(status, map[string]string{"detail": text})
}

// Forbidden expects the contract's 403.
func (r *Reply) Forbidden() *Reply {
	r.t.Helper()
	return r.Detail(http.StatusForbidden, "You do not have permission to perform this action.")
}

// NotFound expects the contract's 404 of a model.
func (r *Reply) NotFound(model string) *Reply {
	r.t.Helper()
	return r.Detail(http.StatusNotFound, "No "+model+" matches the given query.")
}

// OK expects status 200 and decodes the body into v unless it is nil.
func (r *Reply) OK(v any) *Reply {
	r.t.Helper()
	require.Equal(r.t, http.StatusOK, r.Status, r.Body)
	if v != nil {
		require.NoError(r.t, json.Unmarshal([]byte(r.Body), v), r.Body)
	}
	return r
}

// Clock is a time that tests move.
type Clock struct{ now atomic.Int64 }

// NewClock returns a clock that stands at the present.
func NewClock() *Clock {
	c := &Clock{}
	c.now.Store(time.Now().UnixNano())
	return c
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time { return time.Unix(0, c.now.Load()) }

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) { c.now.Add(int64(d)) }

// WithClock builds the api on a clock.
func WithClock(c *Clock) Option {
	return func(i *app.Infrastructure, _ *app.Options) { i.Now = c.Now }
}
