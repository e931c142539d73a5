package app_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

var update = flag.Bool("update", false, "rewrite golden files")

// matrixPlayers is how many operations are played at the same time.
const matrixPlayers = 4

// TestAuthorisationMatrix plays every operation as every kind of caller and compares what happened with
// testdata/authorisation.tsv, which explains itself in its head. `go test ./api/internal/app -run AuthorisationMatrix -update`
// renews the table; the difference is what a reviewer reads.
//
// Calls are real ones with valid input, up to the commit: the database refuses every commit, so that each caller finds the
// same world.
func TestAuthorisationMatrix(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	rows := make([]string, len(m.operations))
	next := make(chan int)
	var players sync.WaitGroup
	for range matrixPlayers {
		players.Go(func() {
			for i := range next {
				rows[i] = m.row(t, m.operations[i])
			}
		})
	}
	for i := range m.operations {
		next <- i
	}
	close(next)
	players.Wait()
	got := matrixHead + strings.Join(rows, "\n") + "\n"
	golden := filepath.Join("testdata", "authorisation.tsv")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "review what changed, then run the test with -update")
	m.requireNothingChanged(t)
}

const matrixHead = `# Who may call what, as it was played against the api (matrix_test.go). Renew with -update and read the difference.
# There are two customers with the same things, Acme and Bolt. in: the call is about Acme's, out: about Bolt's. A cell is the status of
# a refusal, or "ok"; "ok a" was shown something of Acme only, "ok b" of Bolt only, "ok ab" of both.
# nobody: no credential. norole: a user without a role. flags: the single flags that suffice, "any" of them, or "-" none.
# client, site: a role with every flag, limited to customer Acme, or to the sites of customer Acme.
# key: the API key of a superuser. session: a superuser's session. installer: an installer token. agent: the token of an agent of Acme.
#
# operation	call	nobody	norole	flags	client in	client out	site in	site out	key	session	installer	agent in	agent out
`

// caller is one kind of caller: the header that it presents.
type caller struct{ name, value string }

type matrix struct {
	api        *resttest.API
	operations []rest.Operation
	calls      map[string]step // by operation, in the world of Acme

	flags                                      []access.Permission
	single                                     []caller
	nobody, noRole, client, site, key, session caller
	installer, agent                           caller
	fingerprint                                string
}

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	api := resttest.New(t, func(i *app.Infrastructure, _ *app.Options) { i.Commander = willing{} })
	m := &matrix{api: api, operations: api.App.Router.Operations(), flags: access.Permissions(), calls: map[string]step{}}
	slices.SortFunc(m.operations, func(a, b rest.Operation) int {
		return strings.Compare(a.Tag+a.Path+a.Method, b.Tag+b.Path+b.Method)
	})
	for _, s := range append(steps(agentOne), matrixSteps(agentOne)...) {
		m.calls[s.op] = s
	}
	exec(t, api, matrixWorld)
	exec(t, api, strings.NewReplacer("Acme", "Bolt").
		Replace(two(matrixWorld)))
	key := func(c *resttest.Client) caller { return caller{"X-Api-Key", c.Key} }
	token := func(token string) caller { return caller{"Authorization", "Token " + token} }
	for _, f := range m.flags {
		m.single = append(m.single, key(api.With(f)))
	}
	m.noRole, m.key = key(api.WithoutRole()), key(api.Admin())
	m.client = key(api.As(resttest.Role{Permissions: m.flags, Clients: []int32{101, 102}}))
	m.site = key(api.As(resttest.Role{Permissions: m.flags, Sites: []int32{101, 102, 103}}))
	session, err := api.App.Accounts.OperatorStartSession(t.Context(), "admin", time.Hour)
	require.NoError(t, err)
	tx, err := api.Pool.Begin(t.Context())
	require.NoError(t, err)
	installer, _, err := api.App.Accounts.MintInstaller(t.Context(), tx, nil, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.NoError(t, tx.Commit(t.Context()))
	m.session, m.installer, m.agent = token(session), token(installer), token("token-of-101")
	exec(t, api, refuseCommits)
	m.fingerprint = m.state(t)
	return m
}

// state is a digest of the tables that hold what callers might have changed.
func (m *matrix) state(t *testing.T) (sum string) {
	t.Helper()
	require.NoError(t, m.api.Pool.QueryRow(t.Context(), `SELECT concat_ws(' ', (SELECT md5(string_agg(u::text, '' ORDER BY id)) FROM users u),
		(SELECT md5(string_agg(r::text, '' ORDER BY id)) FROM roles r), (SELECT md5(string_agg(a::text, '' ORDER BY id)) FROM agents a),
		(SELECT md5(string_agg(c::text, '' ORDER BY id)) FROM clients c), (SELECT md5(string_agg(s::text, '' ORDER BY id)) FROM sites s),
		(SELECT count(*) FROM sessions), (SELECT count(*) FROM api_keys), (SELECT count(*) FROM audit_log))`).Scan(&sum))
	return sum
}

func (m *matrix) requireNothingChanged(t *testing.T) {
	t.Helper()
	require.Equal(t, m.fingerprint, m.state(t))
}

// row plays one operation and returns its line of the table.
func (m *matrix) row(t *testing.T, op rest.Operation) string {
	in, out := m.request(t, op, false), m.request(t, op, true)
	cells := []string{op.ID, op.Method + " " + op.Path, m.play(t, in, m.nobody)}
	if op.Auth == rest.AuthPublic {
		return strings.Join(append(cells, "public"), "\t")
	}
	client, site := m.play(t, out, m.client), m.play(t, out, m.site)
	cells = append(cells, m.play(t, in, m.noRole), m.suffice(t, op, in), m.play(t, in, m.client), client, m.play(t, in, m.site), site,
		m.play(t, in, m.key), m.play(t, in, m.session), m.play(t, in, m.installer), m.play(t, in, m.agent), m.play(t, out, m.agent))
	switch op.Scope {
	case rest.ScopeAgent, rest.ScopeClient, rest.ScopeSite:
		for _, cell := range []string{client, site} {
			assert.Contains(t, []string{"401", "403", "404", "400"}, cell, "%s reaches beyond its scope", op.ID)
		}
	case rest.ScopeList:
		for _, cell := range []string{client, site} {
			assert.NotContains(t, []string{"ok ab", "ok b"}, cell, "%s shows rows beyond the scope", op.ID)
		}
	case rest.ScopeNone, rest.ScopeSelf: // no rows of others
	}
	return strings.Join(cells, "\t")
}

// suffice says which single flags let the operation pass.
func (m *matrix) suffice(t *testing.T, op rest.Operation, in request) string {
	var passed []string
	for i, f := range m.flags {
		if cell := m.play(t, in, m.single[i]); cell != "401" && cell != "403" {
			passed = append(passed, string(f))
		}
	}
	switch {
	case op.Permission != "":
		assert.Equal(t, []string{string(op.Permission)}, passed, "%s passes with other flags than it declares", op.ID)
	case len(passed) == len(m.flags):
		return "any"
	case len(passed) == 0:
		return "-"
	}
	return strings.Join(passed, ",")
}

type request struct {
	method, path string
	body         []byte
}

// request is a valid call of the operation on rows of customer Acme, or of Bolt.
func (m *matrix) request(t *testing.T, op rest.Operation, other bool) request {
	s := m.calls[op.ID]
	r := request{method: op.Method, path: s.path}
	if r.path == "" {
		r.path = op.Path
		for _, name := range op.Params() {
			r.path = strings.ReplaceAll(r.path, "{"+name+"}", matrixParam(name))
		}
	}
	if op.Method != http.MethodGet {
		raw, err := json.Marshal(s.body)
		assert.NoError(t, err)
		switch {
		case s.body == nil && op.Auth == rest.AuthAgent:
			raw = []byte(`{"agent_id":"` + agentOne + `"}`)
		case s.body == nil:
			raw = []byte("{}")
		}
		r.body = raw
	}
	if other {
		r.path, r.body = two(r.path), []byte(two(string(r.body)))
	}
	return r
}

// two turns what concerns Acme into what concerns Bolt.
func two(text string) string {
	return strings.NewReplacer("101", "201", "102", "202", "103", "203", agentOne, agentTwo).Replace(text)
}

func matrixParam(name string) string {
	switch name {
	case "agent_id":
		return agentOne
	case "digest":
		return "d101"
	case "uid", "id":
		return "00000000-0000-0000-0000-000000000101"
	case "plat":
		return "linux"
	case "goarch":
		return "amd64"
	}
	return "101"
}

// play calls the operation and says what happened.
func (m *matrix) play(t *testing.T, in request, as caller) string {
	req := httptest.NewRequestWithContext(t.Context(), in.method, in.path, bytes.NewReader(in.body))
	if len(in.body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if as.name != "" {
		req.Header.Set(as.name, as.value)
	}
	w := httptest.NewRecorder()
	m.api.App.Router.ServeHTTP(w, req)
	body := w.Body.String()
	switch {
	case w.Code == http.StatusInternalServerError, w.Code < 300:
		sees := ""
		if strings.Contains(body, "Acme") {
			sees = "a"
		}
		if strings.Contains(body, "Bolt") {
			sees += "b"
		}
		return strings.TrimSpace("ok " + sees)
	}
	return fmt.Sprint(w.Code)
}
