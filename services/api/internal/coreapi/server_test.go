package coreapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

func count(t *testing.T, api *resttest.API, sql string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, api.Pool.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

func TestMaintenance(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	ops := api.With(access.DoServerMaint)
	const path = "/core/servermaintenance/"
	_, err := api.Pool.Exec(t.Context(), `INSERT INTO audit_log (username, action, object_type, message) VALUES ('a', 'check_run', 'check', 'm'), ('b', 'check_run', 'check', 'm')`)
	require.NoError(t, err)
	for _, bad := range []body{{}, {"action": "nope"}, {"action": nil}, {"action": ""}} {
		ops.Post(path, bad).Is(http.StatusBadRequest, "The data is incorrect")
	}
	for _, bad := range []body{{"action": "prune_db"}, {"action": "prune_db", "prune_tables": nil}, {"action": "prune_db", "prune_tables": []string{"alerts", "users"}},
		{"action": "prune_db", "prune_tables": []string{"audit_logs; DROP TABLE users"}}} {
		ops.Post(path, bad).Is(http.StatusBadRequest, "The data is incorrect.")
	}
	require.Zero(t, count(t, api, `SELECT count(*) FROM job_runs`), "nothing is begun by a refusal")

	ops.Get("/v1/server/prunable").Is(http.StatusOK, body{"items": []body{{"table": "audit_logs", "rows": 2}, {"table": "pending_actions", "rows": 0}, {"table": "alerts", "rows": 0}}})
	require.Equal(t, http.StatusForbidden, api.With(access.ViewAuditLogs).Get("/v1/server/prunable").Status)

	ops.Post(path, body{"action": "prune_db", "prune_tables": []string{"audit_logs", "alerts", "pending_actions"}}).
		Is(http.StatusOK, "2 records were pruned from the database")
	ops.Post(path, body{"action": "prune_db", "prune_tables": []string{}}).Is(http.StatusOK, "0 records were pruned from the database")
	ops.Post(path, body{"action": "reload_nats"}).Is(http.StatusOK, "Nats configuration was reloaded successfully.")
	ops.Post(path, body{"action": "rm_orphaned_tasks"}).Is(http.StatusOK, "The task has been initiated.")
	ops.Post(path, body{"action": "rm_orphaned_tasks"}).Is(http.StatusOK, "The task has been initiated.")
	var runs struct {
		Items []struct{ Job, Status string }
	}
	ops.Get("/v1/jobs/runs").OK(&runs)
	require.Len(t, runs.Items, 3)
	for i, job := range []string{"remove_orphaned_tasks", "reload_nats", "prune_check_run_audit"} {
		require.Equal(t, job, runs.Items[i].Job)
		require.Equal(t, "queued", runs.Items[i].Status)
	}
	require.Equal(t, 3, count(t, api, `SELECT count(*) FROM outbox WHERE kind LIKE 'job.%'`))
	require.Equal(t, 5, count(t, api, `SELECT count(*) FROM audit_log WHERE message LIKE '% started server maintenance: %'`))
	api.With(access.EditCoreSettings).Post(path, body{"action": "reload_nats"}).Forbidden()
	api.Anonymous().Post(path, body{"action": "reload_nats"}).Detail(http.StatusUnauthorized, "Authentication credentials were not provided.")
}

func TestServerScript(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin, runner := api.Admin(), api.With(access.RunServerScripts)
	const path = "/core/serverscript/test/"
	admin.Post("/core/keystore/", body{"name": "where", "value": "it's here"}).OK(nil)
	script := func(code string, change ...any) body {
		b := body{"code": code, "args": []string{}, "env_vars": []string{}, "timeout": 20, "shell": "shell"}
		for i := 0; i+1 < len(change); i += 2 {
			b[change[i].(string)] = change[i+1] //nolint:forcetypeassert // a test
		}
		return b
	}
	var got struct {
		Stdout, Stderr string
		ExecutionTime  string `json:"execution_time"`
		RetCode        int    `json:"retcode"`
	}
	runner.Post(path, script("#!/bin/sh\r\necho \"$1|$2|$A|$B|${GUEEN_DATABASE_URL:-none}\"\necho err >&2\nexit 3\n",
		"args", []string{"{{global.where}}", "{{agent.hostname}}"}, "env_vars", []string{"A={{global.where}}", "B={{global.nosuch}}", "no variable"})).OK(&got)
	require.Equal(t, "'it's here'|{{agent.hostname}}|it's here||none\n", got.Stdout)
	require.Equal(t, "err\n", got.Stderr)
	require.Equal(t, 3, got.RetCode)
	require.Regexp(t, `^\d+\.\d{4}$`, got.ExecutionTime)
	require.Equal(t, 1, count(t, api, `SELECT count(*) FROM audit_log WHERE action = 'execute_script' AND agent_id = 'N/A'
		AND message LIKE 'user-% tested a script on Tactical RMM Server' AND before_value ->> 'shell' = 'shell' AND after_value ->> 'retcode' = '3'`))
	runner.Post(path, script("#!/bin/sh\nsleep 60\n", "timeout", 1)).OK(&got)
	require.Equal(t, 98, got.RetCode)
	require.Equal(t, "Error: Timed out after 1 seconds.", got.Stderr)
	runner.Post(path, script("#!/nonexistent\n")).OK(&got)
	require.Equal(t, 99, got.RetCode)

	runner.Post(path, script("echo hi")).Is(http.StatusBadRequest, "Missing shebang!")
	runner.Post(path, script("#!/bin/sh", "timeout", 0)).Is(http.StatusBadRequest, body{"timeout": []string{"Ensure this value is between 1 and 3600."}})
	runner.Post(path, body{}).Is(http.StatusBadRequest, body{"code": []string{"This field is required."}, "args": []string{"This field is required."},
		"env_vars": []string{"This field is required."}, "timeout": []string{"This field is required."}, "shell": []string{"This field is required."}})
	api.With(access.RunScripts).Post(path, script("#!/bin/sh")).Forbidden()
	admin.Put("/core/settings/", body{"enable_server_scripts": false}).OK(nil)
	admin.Post(path, script("#!/bin/sh")).Is(http.StatusBadRequest, "This feature is disabled. It can be enabled in Global Settings.")

	without := resttest.New(t, func(_ *app.Infrastructure, o *app.Options) { o.Product.ServerScripts = false })
	require.Equal(t, http.StatusNotFound, without.Admin().Post(path, script("#!/bin/sh")).Status)
	demo := resttest.New(t, func(_ *app.Infrastructure, o *app.Options) { o.Demo = true })
	require.Equal(t, http.StatusNotFound, demo.Admin().Post(path, script("#!/bin/sh")).Status)
	demo.Admin().Post("/core/servermaintenance/", body{}).Is(http.StatusBadRequest, "Not available in demo")
	require.Equal(t, http.StatusNotFound, demo.Admin().Get("/core/v2/status/").Status)
}

func TestWebTerminalSwitches(t *testing.T) {
	t.Parallel()
	const path, off = "/core/webtermperms/", "This feature is disabled. It can be enabled in Global Settings."
	api := resttest.New(t)
	user := api.With(access.UseWebTerm)
	user.Post(path, body{}).Is(http.StatusPreconditionFailed, off)
	api.Admin().Put("/core/settings/", body{"enable_server_webterminal": true}).OK(nil)
	user.Post(path, nil).Is(http.StatusOK, "ok")
	api.With(access.UseTerminal).Post(path, body{}).Forbidden()
	without := resttest.New(t, func(_ *app.Infrastructure, o *app.Options) { o.Product.WebTerminal = false })
	without.Admin().Put("/core/settings/", body{"enable_server_webterminal": true}).OK(nil)
	without.Admin().Post(path, body{}).Is(http.StatusPreconditionFailed, off)
}

func TestTestMessages(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	admin.Post("/core/emailtest/", nil).Is(http.StatusBadRequest, "There needs to be at least one email recipient configured")
	admin.Put("/core/settings/", body{"email_alert_recipients": []string{"ops@example.com"}, "smtp_host": "127.0.0.1", "smtp_port": 1,
		"smtp_host_password": "s3cret-password"}).OK(nil)
	reply := admin.Post("/core/emailtest/", body{})
	require.Equal(t, http.StatusBadRequest, reply.Status)
	require.Contains(t, reply.Body, "connection refused")
	require.NotContains(t, reply.Body, "s3cret-password")
	admin.Put("/core/settings/", body{"smtp_host": ""}).OK(nil)
	admin.Post("/core/emailtest/", body{}).Is(http.StatusBadRequest, "There needs to be at least one email recipient configured")

	admin.Post("/core/smstest/", body{}).Is(http.StatusBadRequest, "All fields are required, including at least 1 recipient")
	admin.Put("/core/settings/", body{"twilio_number": "+1", "twilio_account_sid": "A", "twilio_auth_token": "t"}).OK(nil)
	admin.Post("/core/smstest/", body{}).Is(http.StatusBadRequest, "No sms recipients found")
	for _, path := range []string{"/core/emailtest/", "/core/smstest/"} {
		api.With(access.ViewCoreSettings).Post(path, body{}).Forbidden()
	}
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 1)
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		asked <- r.Header.Get("Authorization") + " " + string(raw)
		_, err = io.WriteString(w, `{"choices":[{"message":{"role":"assistant","content":"Get-Service"}}]}`)
		if err != nil {
			return
		}
	}))
	t.Cleanup(model.Close)
	const path = "/core/openai/generate/"
	api := resttest.New(t, func(_ *app.Infrastructure, o *app.Options) { o.OpenAIURL = model.URL })
	user := api.WithoutRole()
	user.Post(path, body{"prompt": "x"}).Is(http.StatusBadRequest, "Open AI API Key not found. Open Global Settings > Open AI.")
	api.Admin().Put("/core/settings/", body{"open_ai_token": "key", "open_ai_model": "m"}).OK(nil)
	for _, none := range []body{{}, {"prompt": ""}, {"prompt": nil}, {"prompt": "  "}} {
		user.Post(path, none).Is(http.StatusBadRequest, "Not prompt field found")
	}
	user.Post(path, body{"prompt": "services?"}).Is(http.StatusOK, "Get-Service")
	require.Equal(t, `Bearer key {"model":"m","messages":[{"role":"user","content":"services?"}],"temperature":0.5,"max_tokens":1000}`, <-asked)
	api.Anonymous().Post(path, body{"prompt": "x"}).Detail(http.StatusUnauthorized, "Authentication credentials were not provided.")
}

func TestCodeSigningIsBuiltIn(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	user := api.With(access.CodeSign)
	const path = "/core/codesign/"
	user.Get(path).Is(http.StatusOK, body{"token": ""})
	for _, bad := range []any{"", "not a token", nil, "0a1b2c3d-0000-4000-8000-0123456789ab0", "{0a1b2c3d-0000-4000-8000-0123456789ab}"} {
		user.Patch(path, body{"token": bad}).Is(http.StatusBadRequest, "Invalid token format.")
	}
	user.Patch(path, body{"token": " 0A1B2C3D-0000-4000 -8000-0123456789AB "}).
		Is(http.StatusBadRequest, "No token is needed: signing is built in, and agents come from this server.")
	user.Post(path, body{}).Is(http.StatusBadRequest, "Invalid token")
	user.Delete(path).Is(http.StatusOK, "ok")
	other := api.With(access.EditCoreSettings)
	for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodDelete} {
		other.Do(method, path, body{}).Forbidden()
	}
}

func TestStatusForMonitors(t *testing.T) {
	t.Parallel()
	api := resttest.New(t, func(_ *app.Infrastructure, o *app.Options) { o.Product.MonToken = "mon-token" })
	_, err := api.Pool.Exec(t.Context(), `INSERT INTO clients (id, name) VALUES (1, 'c'); INSERT INTO sites (client_id, name) VALUES (1, 's'), (1, 't');
		INSERT INTO leases (name, holder, expires) VALUES ('beat', 'x', now() + interval '1 minute')`)
	require.NoError(t, err)
	nobody := api.Anonymous()
	text := func(r *resttest.Reply, status int, want string) {
		t.Helper()
		require.Equal(t, status, r.Status)
		require.Equal(t, want+"\n", r.Body)
		require.Equal(t, "text/html; charset=utf-8", r.Header.Get("Content-Type"))
	}
	const v2, v1 = "/core/v2/status/", "/core/status/"
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		text(nobody.Do(method, v2, body{}, "X-Mon-Token", "mon-token"), http.StatusBadRequest, "Invalid request type")
	}
	text(nobody.Get(v1), http.StatusBadRequest, "Invalid request type")
	text(nobody.Get(v2), http.StatusUnauthorized, "Missing X-Mon-Token header")
	for _, wrong := range []string{"", "mon", "mon-token2"} {
		text(nobody.Do(http.MethodGet, v2, nil, "X-Mon-Token", wrong), http.StatusUnauthorized, "Not authenticated")
	}
	text(nobody.Post(v1, "{"), http.StatusBadRequest, "Invalid json")
	text(nobody.Post(v1, body{}), http.StatusBadRequest, "Invalid payload")
	for _, wrong := range []any{"mon", nil, 7, []string{"mon-token"}} {
		text(nobody.Post(v1, body{"auth": wrong}), http.StatusUnauthorized, "Not authenticated")
	}
	r := nobody.Do(http.MethodGet, v2, nil, "X-Mon-Token", "mon-token", "Accept", "text/plain")
	var got body
	r.OK(&got)
	require.True(t, strings.HasPrefix(r.Body, "{\n  \"version\": \"1.5.1\",\n"), "indented: %s", r.Body)
	require.Equal(t, 1.0, got["client_count"])
	require.Equal(t, 2.0, got["site_count"])
	require.Equal(t, -1.0, got["celery_queue_len"], "there is no queue in this test")
	require.Equal(t, "unhealthy", got["celery_queue_health"])
	require.Equal(t, body{"mesh": false, "daphne": false, "celery": false, "celerybeat": true, "redis": false, "nats": false, "nats-api": false}, got["services_running"])
	nobody.Post(v1, body{"auth": "mon-token"}).OK(&got)
	require.Contains(t, got["services_running"], "postgres")

	closed := resttest.New(t).Anonymous()
	text(closed.Do(http.MethodGet, v2, nil, "X-Mon-Token", ""), http.StatusUnauthorized, "Missing mon token")
	text(closed.Post(v1, body{"auth": ""}), http.StatusUnauthorized, "Missing token")
}

func TestWebAppMayCallFromItsOrigin(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	r := api.Admin().Do(http.MethodGet, "/core/version/", nil, "Origin", resttest.WebOrigin)
	require.Equal(t, resttest.WebOrigin, r.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "true", r.Header.Get("Access-Control-Allow-Credentials"))
	for _, origin := range []string{"https://evil.example.com", "null", resttest.WebOrigin + ".evil.example.com"} {
		r = api.Admin().Do(http.MethodGet, "/core/version/", nil, "Origin", origin)
		require.Empty(t, r.Header.Get("Access-Control-Allow-Origin"), origin)
	}
	r = api.Anonymous().Do(http.MethodOptions, "/core/version/", nil, "Origin", resttest.WebOrigin, "Access-Control-Request-Method", "PUT")
	require.Equal(t, http.StatusOK, r.Status)
	require.Empty(t, r.Body)
	require.Contains(t, r.Header.Get("Access-Control-Allow-Methods"), "PUT")
	require.Equal(t, "86400", r.Header.Get("Access-Control-Max-Age"))
}
