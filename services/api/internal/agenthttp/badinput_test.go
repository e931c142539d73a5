package agenthttp_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

// bad is one request that must be refused.
type bad struct {
	name   string
	caller *resttest.Client
	method string
	path   string
	body   any
	status int
	answer string // JSON
	reason string // in log and metrics
	who    string // the agent or user in the log line; "" where nobody is known
	writes string // the only table that may get a row
}

// watched is the api with what it logs and counts.
type watched struct {
	*bundle
	logs     *observer.ObservedLogs
	registry *prometheus.Registry
	clock    *resttest.Clock
}

func watch(t *testing.T) *watched {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	w := &watched{logs: logs, registry: prometheus.NewRegistry(), clock: resttest.NewClock()}
	w.bundle = setup(t, resttest.WithClock(w.clock), func(i *app.Infrastructure, _ *app.Options) { i.Log, i.Metrics = zap.New(core), w.registry })
	return w
}

// refused sums the refusals of all operations, or of one reason.
func (w *watched) refused(t *testing.T, reason string) (n float64) {
	t.Helper()
	families, err := w.registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() != "gueen_api_refusals_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "kind" && (reason == "" || l.GetValue() == reason) {
					n += m.GetCounter().GetValue()
				}
			}
		}
	}
	return n
}

// rows counts the rows of every table.
func (w *watched) rows(t *testing.T) map[string]int {
	t.Helper()
	rows, err := w.Pool.Query(w.ctx, `SELECT relname, (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I', relname), false, true, '')))[1]::text::int
		FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`)
	require.NoError(t, err)
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var name string
		var n int
		require.NoError(t, rows.Scan(&name, &n))
		all[name] = n
	}
	require.NoError(t, rows.Err())
	return all
}

// try sends the request and looks at everything that a refusal must do and must not do.
func (w *watched) try(t *testing.T, n int, c bad) {
	t.Helper()
	id := fmt.Sprintf("bad-%d", n)
	before, counted, ofReason := w.rows(t), w.refused(t, ""), w.refused(t, c.reason)
	reply := c.caller.Do(c.method, c.path, c.body, "X-Request-Id", id)
	require.Equal(t, c.status, reply.Status, "%s: %s", c.name, reply.Body)
	require.JSONEq(t, c.answer, reply.Body, c.name)
	require.InDelta(t, counted+1, w.refused(t, ""), 0, "%s: counted once", c.name)
	require.InDelta(t, ofReason+1, w.refused(t, c.reason), 0, "%s: counted as %s", c.name, c.reason)
	lines := w.logs.FilterField(zap.String("request_id", id)).AllUntimed()
	require.Len(t, lines, 1, "%s: logged once", c.name)
	fields := lines[0].ContextMap()
	require.Equal(t, c.reason, fields["reason"], c.name)
	who, _ := fields["agent_id"].(string)
	if user, is := fields["user"].(string); is {
		who = user
	}
	require.Equal(t, c.who, who, c.name)
	after := w.rows(t)
	if c.writes != "" {
		require.Equal(t, before[c.writes]+1, after[c.writes], c.name)
		delete(before, c.writes)
		delete(after, c.writes)
	}
	require.Equal(t, before, after, "%s: nothing is stored", c.name)
}

// TestBadInputIsRefusedLoggedCountedAndNotStored: each is answered as the contract says, logged once with the agent or
// user, counted, stores nothing, and those who mean well are served as before.
func TestBadInputIsRefusedLoggedCountedAndNotStored(t *testing.T) {
	t.Parallel()
	w := watch(t)
	m, other := w.enrol("windows"), w.enrol("windows")
	own := w.check(m, "ping", map[string]any{"ip": "10.0.0.1", "name": "p"})
	foreign := w.check(other, "ping", map[string]any{"ip": "10.0.0.1", "name": "p"})
	revoked := w.enrol("linux")
	w.exec(`DELETE FROM agent_tokens WHERE agent_id = $1`, revoked.pk)
	report := func(check int32, agent string) map[string]any {
		return map[string]any{"id": check, "agent_id": agent, "status": "passing", "output": ""}
	}
	const checkRunner = "/api/v3/checkrunner/"
	invalid := `"Invalid data"`
	cases := []bad{
		{name: "agent id in a body that is not the sender's", caller: m.Client, method: "PATCH", path: checkRunner, body: report(own, other.id),
			status: 404, answer: `{"detail":"No Agent matches the given query."}`, reason: "not_found", who: m.id},
		{name: "agent id in a path that is not the sender's", caller: m.Client, method: "GET", path: "/api/v3/" + other.id + "/checkrunner/",
			status: 404, answer: `{"detail":"No Agent matches the given query."}`, reason: "not_found", who: m.id},
		{name: "unknown check", caller: m.Client, method: "PATCH", path: checkRunner, body: report(999999, m.id),
			status: 404, answer: `{"detail":"No Check matches the given query."}`, reason: "not_found", who: m.id},
		{name: "check of another agent", caller: m.Client, method: "PATCH", path: checkRunner, body: report(foreign, m.id),
			status: 404, answer: `{"detail":"No Check matches the given query."}`, reason: "not_found", who: m.id},
		{name: "malformed body of an agent", caller: m.Client, method: "PATCH", path: checkRunner, body: "{",
			status: 400, answer: invalid, reason: "refused", who: m.id},
		{name: "token that was revoked", caller: revoked.Client, method: "PATCH", path: checkRunner, body: report(own, revoked.id),
			status: 401, answer: `{"detail":"Invalid token."}`, reason: "unauthenticated"},
	}
	cases = append(cases, w.badPeople(t)...)
	for i, c := range cases {
		w.try(t, i, c)
	}
	m.Patch(checkRunner, report(own, m.id)).Is(ok, "ok")
	w.eventually(1, `SELECT count(*) FROM check_history`)
}

// badPeople are the requests of people: second factors, bodies, and rows of clients that are not theirs.
func (w *watched) badPeople(t *testing.T) []bad {
	t.Helper()
	var first struct{ Token string }
	w.Anonymous().Post("/v2/checkcreds/", map[string]any{"username": "admin", "password": "admin-password"}).OK(&first)
	var made struct {
		Key string `json:"totp_key"`
	}
	w.WithToken(first.Token).Post("/accounts/users/setup_totp/", nil).OK(&made)
	login := func(shift time.Duration) map[string]any {
		code, err := totp.GenerateCode(made.Key, w.clock.Now().Add(shift))
		require.NoError(t, err)
		return map[string]any{"username": "admin", "password": "admin-password", "twofactor": code}
	}
	used := login(0)
	w.Anonymous().Post("/v2/login/", used).OK(nil)
	w.Admin().Post("/clients/", map[string]any{"client": map[string]any{"name": "D"}, "site": map[string]any{"name": "S"}}).OK(nil)
	limited := w.As(resttest.Role{Permissions: access.Permissions(), Clients: []int32{w.number(`SELECT id FROM clients WHERE name = 'D'`)}})
	var name string
	require.NoError(t, w.Pool.QueryRow(w.ctx, `SELECT username FROM users WHERE id = $1`, limited.UserID).Scan(&name))
	forbidden := `{"detail":"You do not have permission to perform this action."}`
	client := fmt.Sprintf("/clients/%d/", w.number(`SELECT id FROM clients WHERE name = 'C'`))
	agent := "/agents/" + strings.Repeat("m", 36) + "0001/"
	return []bad{
		{name: "wrong second factor", caller: w.Anonymous(), method: "POST", path: "/v2/login/", body: login(-20 * time.Minute),
			status: 400, answer: `"Bad credentials"`, reason: "refused", writes: "audit_log"},
		{name: "second factor that was used", caller: w.Anonymous(), method: "POST", path: "/v2/login/", body: used,
			status: 400, answer: `"Bad credentials"`, reason: "refused", writes: "audit_log"},
		{name: "malformed body of a person", caller: w.Admin(), method: "POST", path: "/clients/", body: "{",
			status: 400, answer: `{"detail":"JSON parse error - unexpected end of JSON input"}`, reason: "malformed_json", who: "admin"},
		{name: "client of others", caller: limited, method: "GET", path: client, status: 403, answer: forbidden, reason: "forbidden", who: name},
		{name: "client of others, to be changed", caller: limited, method: "PUT", path: client, body: map[string]any{"client": map[string]any{"name": "X"}},
			status: 403, answer: forbidden, reason: "forbidden", who: name},
		{name: "agent of a client of others", caller: limited, method: "GET", path: agent, status: 403, answer: forbidden, reason: "forbidden", who: name},
		{name: "agent of a client of others, to be deleted", caller: limited, method: "DELETE", path: agent, status: 403, answer: forbidden, reason: "forbidden", who: name},
	}
}

// counted is a body of one letter without an end that counts what is taken from it.
type counted struct{ taken int64 }

func (c *counted) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	c.taken += int64(len(p))
	return len(p), nil
}

// TestHugeBodyIsNotRead: a body of 100 MB that does not say its length is left after the limit of the operation, one that
// says it is not begun.
func TestHugeBodyIsNotRead(t *testing.T) {
	t.Parallel()
	w := watch(t)
	before := w.rows(t)
	for n, length := range []int64{-1, 100 << 20} {
		endless := &counted{}
		req := httptest.NewRequestWithContext(w.ctx, http.MethodPost, "/clients/", io.LimitReader(io.MultiReader(strings.NewReader(`{"client":{"name":"`), endless), 100<<20))
		req.ContentLength = length
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Request-Id", fmt.Sprintf("huge-%d", n))
		for k, v := range w.Admin().Headers() {
			req.Header[k] = v
		}
		answer := httptest.NewRecorder()
		w.App.Router.ServeHTTP(answer, req)
		require.Equal(t, http.StatusRequestEntityTooLarge, answer.Code)
		require.Less(t, endless.taken, int64(3<<20))
		lines := w.logs.FilterField(zap.String("request_id", fmt.Sprintf("huge-%d", n))).AllUntimed()
		require.Len(t, lines, 1)
		require.Equal(t, "admin", lines[0].ContextMap()["user"])
		require.InDelta(t, n+1, w.refused(t, lines[0].ContextMap()["reason"].(string)), 0)
	}
	delete(before, "api_keys") // the administrator's own
	after := w.rows(t)
	delete(after, "api_keys")
	require.Equal(t, before, after)
}
