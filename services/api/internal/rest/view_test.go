package rest_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

const longID = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// TestAnswers walks the statuses and bodies of rest-1.md §1.1-§1.4.
func TestAnswers(t *testing.T) {
	t.Parallel()
	r := newThings(t, nil)
	const noPermission = `{"detail":"You do not have permission to perform this action."}`
	for name, c := range map[string]struct {
		method, target string
		headers        []string
		status         int
		body           string
	}{
		"success":            {"GET", "/things/7/?search=x&status=on,off", nil, 200, `{"limit":50,"pk":7,"search":"x","status":["on","off"],"user":"admin"}`},
		"api key":            {"GET", "/things/7/", []string{"Authorization", "", "X-API-KEY", "KEY"}, 200, `{"limit":50,"pk":7,"search":"","status":null,"user":"robot"}`},
		"scheme word":        {"GET", "/things/7/", []string{"Authorization", "tOKEN reader"}, 200, `{"limit":50,"pk":7,"search":"","status":null,"user":"reader"}`},
		"unescaped":          {"GET", "/agents/" + longID + "/", nil, 200, `"<` + longID + ` & é>"`},
		"bad query":          {"GET", "/things/7/?limit=900", nil, 400, `{"limit":["Ensure this value is less than or equal to 200."]}`},
		"no credentials":     {"GET", "/things/7/", []string{"Authorization", ""}, 401, `{"detail":"Authentication credentials were not provided."}`},
		"other scheme":       {"GET", "/things/7/", []string{"Authorization", "Basic YTpi"}, 401, `{"detail":"Authentication credentials were not provided."}`},
		"empty token":        {"GET", "/things/7/", []string{"Authorization", "Token"}, 401, `{"detail":"Invalid token header. No credentials provided."}`},
		"spaces":             {"GET", "/things/7/", []string{"Authorization", "Token a b"}, 401, `{"detail":"Invalid token header. Token string should not contain spaces."}`},
		"unknown token":      {"GET", "/things/7/", []string{"Authorization", "Token x"}, 401, `{"detail":"Invalid token."}`},
		"nothing falls":      {"GET", "/things/7/", []string{"Authorization", "Token x", "X-API-KEY", "KEY"}, 401, `{"detail":"Invalid token."}`},
		"unknown key":        {"GET", "/things/7/", []string{"Authorization", "", "X-API-KEY", "x"}, 401, `{"detail":"Invalid token."}`},
		"odd key":            {"GET", "/things/7/", []string{"Authorization", "", "X-API-KEY", "é"}, 401, `{"detail":"Invalid token header. Token string should not contain invalid characters."}`},
		"no permission":      {"GET", "/forgot/", []string{"Authorization", "Token setup"}, 403, noPermission},
		"setup only":         {"POST", "/setup/", []string{"Authorization", "Token setup"}, 200, `false`},
		"wrong method":       {"PUT", "/things/7/", nil, 405, `{"detail":"Method \"PUT\" not allowed."}`},
		"401 before 405":     {"PUT", "/things/7/", []string{"Authorization", ""}, 401, `{"detail":"Authentication credentials were not provided."}`},
		"accept":             {"GET", "/things/7/", []string{"Accept", "text/html"}, 406, `{"detail":"Could not satisfy the request Accept header."}`},
		"accept wildcard":    {"GET", "/refused/", []string{"Accept", "text/html, */*;q=0.1"}, 400, `"Unable to contact the agent"`},
		"format":             {"GET", "/things/7/?format=xml", nil, 404, `{"detail":"Not found."}`},
		"format json":        {"GET", "/empty/?format=json", nil, 200, `[]`},
		"media type":         {"POST", "/things/", []string{"Content-Type", "text/xml"}, 415, `{"detail":"Unsupported media type \"text/xml\" in request."}`},
		"business rule":      {"GET", "/refused/", nil, 400, `"Unable to contact the agent"`},
		"no row":             {"GET", "/missing/", nil, 404, `{"detail":"No Agent matches the given query."}`},
		"own status":         {"GET", "/gone/", nil, 412, `"disabled"`},
		"stream":             {"GET", "/stream/", nil, 200, `[0,1,2]`},
		"v1 invalid":         {"GET", "/v1/refused", []string{"X-Request-Id", "r1"}, 400, `{"type":"about:blank","title":"Bad Request","status":400,"detail":"The input is not valid.","code":"invalid","request_id":"r1","fields":{"name":["no"]}}`},
		"v1 internal":        {"GET", "/v1/broken", []string{"X-Request-Id", "r1"}, 500, `{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"An internal error occurred. The request id finds it in the logs.","code":"internal","request_id":"r1"}`},
		"v1 no route":        {"GET", "/v1/nothing", []string{"X-Request-Id", "r1"}, 404, `{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no such operation.","code":"no_route","request_id":"r1"}`},
		"throttled is other": {"GET", "/login/", []string{"Authorization", ""}, 405, `{"detail":"Method \"GET\" not allowed."}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := ""
			if name == "media type" {
				body = "<a/>"
			}
			got := send(t, r, c.method, c.target, body, c.headers...)
			require.Equal(t, c.body, got.body)
			require.Equal(t, c.status, got.StatusCode)
			if c.status == 401 {
				require.Equal(t, "Token", got.Header.Get("WWW-Authenticate"))
			}
			require.NotEmpty(t, got.Header.Get("X-Request-Id"))
			require.Equal(t, "nosniff", got.Header.Get("X-Content-Type-Options"))
		})
	}
}

// TestPages holds the answers that are no JSON.
func TestPages(t *testing.T) {
	t.Parallel()
	r := newThings(t, nil)
	for target, status := range map[string]int{
		"/nosuchroute/": 404, "/agents/short/": 404, "/things/x/": 404, "/things/99999999999/": 404, "/broken/": 500, "/panic/": 500, "/forgot/": 500,
		"/agents/short": 404,
	} {
		got := send(t, r, http.MethodGet, target, "")
		require.Equal(t, status, got.StatusCode, target)
		require.Equal(t, "text/html; charset=utf-8", got.Header.Get("Content-Type"), target)
		require.NotContains(t, got.body, "secret")
		require.Contains(t, got.body, map[int]string{404: "Not Found", 500: "Server Error (500)"}[status])
	}
	require.Equal(t, http.StatusBadRequest, send(t, r, http.MethodGet, "/things/7/", "", "Host", "evil.example.org").StatusCode)
	require.Equal(t, http.StatusOK, send(t, r, http.MethodGet, "/things/7/", "", "Host", "Example.com:8443").StatusCode)
}

func TestSlashRedirect(t *testing.T) {
	t.Parallel()
	r := newThings(t, nil)
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		got := send(t, r, method, "/things/7?a=1", "", "Authorization", "")
		require.Equal(t, http.StatusMovedPermanently, got.StatusCode)
		require.Equal(t, "/things/7/?a=1", got.Header.Get("Location"))
		require.Empty(t, got.body)
	}
}

func TestHeadOptionsAllow(t *testing.T) {
	t.Parallel()
	r := newThings(t, nil)
	got := send(t, r, http.MethodHead, "/things/7/", "")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Equal(t, "GET, HEAD, OPTIONS", got.Header.Get("Allow"))
	got = send(t, r, http.MethodOptions, "/things/7/", "")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, `"parses"`)
}

func TestCORS(t *testing.T) {
	t.Parallel()
	r := newThings(t, nil)
	got := send(t, r, http.MethodGet, "/things/7/", "", "Origin", "https://rmm.example.com")
	require.Equal(t, "https://rmm.example.com", got.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "true", got.Header.Get("Access-Control-Allow-Credentials"))
	require.Contains(t, got.Header.Values("Vary"), "Origin")
	got = send(t, r, http.MethodOptions, "/things/7/", "", "Origin", "https://rmm.example.com", "Access-Control-Request-Method", "PUT", "Authorization", "")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Empty(t, got.body)
	require.Equal(t, "86400", got.Header.Get("Access-Control-Max-Age"))
	got = send(t, r, http.MethodGet, "/things/7/", "", "Origin", "https://evil.example.com")
	require.Empty(t, got.Header.Get("Access-Control-Allow-Origin"))
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := newThings(t, func(o *rest.Options) { o.Now = func() time.Time { return now } })
	login := func(forwarded string) reply {
		return send(t, r, http.MethodPost, "/login/", "{}", "Authorization", "", "X-Forwarded-For", forwarded)
	}
	require.Equal(t, http.StatusOK, login("").StatusCode)
	now = now.Add(10 * time.Second)
	require.Equal(t, http.StatusOK, login("").StatusCode)
	got := login("")
	require.Equal(t, http.StatusTooManyRequests, got.StatusCode)
	require.Equal(t, "50", got.Header.Get("Retry-After"))
	require.Equal(t, `{"detail":"Request was throttled. Expected available in 50 seconds."}`, got.body)
	now = now.Add(50 * time.Second)
	require.Equal(t, http.StatusOK, login("").StatusCode)
	now = now.Add(2 * time.Minute)
	require.Equal(t, http.StatusTooManyRequests, login("").StatusCode, "three a day")
	require.NoError(t, r.ResetThrottles(t.Context()))
	require.Equal(t, http.StatusOK, login("").StatusCode)
}

// TestForwardedAddressesAreNotTrustedBlindly: httptest's peer 192.0.2.1 is no proxy of ours.
func TestForwardedAddressesAreNotTrustedBlindly(t *testing.T) {
	t.Parallel()
	r := newThings(t, nil)
	for i := range 3 {
		got := send(t, r, http.MethodPost, "/login/", "{}", "Authorization", "", "X-Forwarded-For", "8.8.8."+string(rune('1'+i)))
		require.Equal(t, map[bool]int{true: 200, false: 429}[i < 2], got.StatusCode)
	}
}

func TestCheckRefusesIncompleteOperations(t *testing.T) {
	t.Parallel()
	r := newRouter(t, nil)
	rest.Handle(r, rest.Operation{Method: "GET", Path: "/x/{pk}/", ID: "x", Auth: rest.AuthUser}, refusedHandler)
	err := r.Check()
	require.ErrorContains(t, err, "tag")
	require.ErrorContains(t, err, "summary")
	require.ErrorContains(t, err, "exactly one of permission")
	require.ErrorContains(t, err, "path parameter pk has no field")
}

type hidden struct {
	Name string `json:"name"`
}

// TestCheckRefusesUndescribedOutputs: what is embedded without being exported is sent, but no client type would know it.
func TestCheckRefusesUndescribedOutputs(t *testing.T) {
	t.Parallel()
	r := newRouter(t, nil)
	rest.Handle(r, operation(http.MethodGet, "/x/", "x"), func(context.Context, *rest.Call, *struct{}) ([]struct{ hidden }, error) { return nil, nil })
	require.ErrorContains(t, r.Check(), "embeds the unexported rest_test.hidden")
}
