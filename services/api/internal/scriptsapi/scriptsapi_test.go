package scriptsapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const ok = http.StatusOK

func id(t *testing.T, api *resttest.API, query string) (n int32) {
	t.Helper()
	require.NoError(t, api.Pool.QueryRow(t.Context(), query).Scan(&n))
	return n
}

func TestScripts(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	admin.Get("/scripts/").Is(ok, []string{})
	admin.Post("/scripts/", map[string]any{
		"name": " Clean ", "shell": "python", "category": "B", "args": []string{" -x "}, "script_body": "  {{snip}}\n", "script_type": "builtin",
	}).Is(ok, "Clean was added!")
	admin.Post("/scripts/", "{}").Is(ok, " was added!")
	admin.Post("/scripts/snippets/", map[string]any{"name": "snip", "code": " code "}).Is(ok, "Script snippet was saved successfully")
	clean := id(t, api, `SELECT id FROM scripts WHERE name = 'Clean'`)
	path := fmt.Sprintf("/scripts/%d/", clean)
	admin.Get(path).Is(ok, map[string]any{
		"id": clean, "name": "Clean", "description": "", "shell": "python", "args": []string{"-x"}, "category": "B", "favorite": false,
		"script_body": "  {{snip}}\n", "script_hash": nil, "default_timeout": 90, "syntax": nil, "filename": nil, "hidden": false,
		"supported_platforms": []string{}, "run_as_user": false, "env_vars": []string{},
	})
	admin.Get(path+"download/").Is(ok, map[string]any{"filename": "Clean.py", "code": "   code \n"})
	admin.Get(path+"download/?with_snippets=false").Is(ok, map[string]any{"filename": "Clean.py", "code": "  {{snip}}\n"})
	admin.Put(path, map[string]any{"category": nil, "args": nil, "hidden": true}).Is(ok, "Clean was edited!")
	var listed []map[string]any
	admin.Get("/scripts/").OK(&listed)
	require.Len(t, listed, 1)
	admin.Get("/scripts/?showHiddenScripts=true").OK(&listed)
	require.Len(t, listed, 2)
	require.NotContains(t, listed[0], "script_body")
	admin.Post("/scripts/", map[string]any{"name": "", "shell": "fish", "args": "a", "default_timeout": -1}).Is(http.StatusBadRequest, map[string]any{
		"name": []string{"This field may not be blank."}, "shell": []string{`"fish" is not a valid choice.`},
		"args": []string{`Expected a list of items but got type "str".`}, "default_timeout": []string{"Ensure this value is greater than or equal to 0."},
	})
	for _, r := range []*resttest.Reply{admin.Get("/scripts/9999/"), admin.Put("/scripts/9999/", "{}"), admin.Delete("/scripts/9999/"), admin.Get("/scripts/9999/download/")} {
		r.NotFound("Script")
	}
	reader := api.With(access.ListScripts)
	reader.Get(path).OK(nil)
	reader.Put(path, "{}").Forbidden()
	api.With().Get("/scripts/").Forbidden()
	admin.Delete(path).Is(ok, "Clean was deleted!")
	require.Equal(t, int32(4), id(t, api, `SELECT count(*) FROM audit_log WHERE object_type = 'script'`))
}

func TestBuiltinScriptsAreProtected(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	_, err := api.Pool.Exec(t.Context(), `INSERT INTO scripts (id, guid, name, script_type) VALUES (5, 'g', 'Lib', 'builtin')`)
	require.NoError(t, err)
	admin := api.Admin()
	admin.Put("/scripts/5/", map[string]any{"name": "Mine"}).Is(http.StatusBadRequest, "Community scripts cannot be edited.")
	admin.Put("/scripts/5/", map[string]any{"name": "Mine", "favorite": true, "hidden": true}).Is(ok, "Lib was edited!")
	require.Equal(t, int32(1), id(t, api, `SELECT count(*) FROM scripts WHERE name = 'Lib' AND favorite AND NOT hidden`))
	admin.Put("/scripts/5/", map[string]any{"hidden": true}).Is(ok, "Lib was edited!")
	admin.Delete("/scripts/5/").Is(http.StatusBadRequest, "Community scripts cannot be deleted")
	for query, n := range map[string]int{"?showHiddenScripts=true": 1, "?showHiddenScripts=true&showCommunityScripts=false": 0, "?showHiddenScripts=true&showCommunityScripts=": 0, "": 0} {
		var listed []any
		admin.Get("/scripts/" + query).OK(&listed)
		require.Len(t, listed, n, query)
	}
}

func TestSnippets(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	const saved = "Script snippet was saved successfully"
	admin.Post("/scripts/snippets/", map[string]any{"name": "a", "desc": "d", "code": "x "}).Is(ok, saved)
	admin.Post("/scripts/snippets/", map[string]any{"name": "a", "code": "x"}).Is(http.StatusBadRequest, map[string]any{"name": []string{"script snippet with this name already exists."}})
	admin.Post("/scripts/snippets/", map[string]any{"code": ""}).Is(http.StatusBadRequest, map[string]any{
		"name": []string{"This field is required."}, "code": []string{"This field may not be blank."},
	})
	path := fmt.Sprintf("/scripts/snippets/%d/", id(t, api, `SELECT id FROM script_snippets`))
	admin.Put(path, map[string]any{"desc": ""}).Is(ok, saved)
	admin.Get(path).Is(ok, map[string]any{"id": id(t, api, `SELECT id FROM script_snippets`), "name": "a", "desc": "", "code": "x ", "shell": "powershell"})
	admin.Delete(path).Is(ok, "Script snippet was deleted successfully")
	for _, r := range []*resttest.Reply{admin.Get(path), admin.Delete(path), admin.Put(path, "{}")} {
		r.NotFound("ScriptSnippet")
	}
}

func TestTryingCodeOnAnAgent(t *testing.T) {
	t.Parallel()
	srv := bustest.Start(t)
	conn, err := bus.Open(bus.Settings{URL: srv.URL(), User: bustest.ServicesUser, Password: bustest.ServicesUser, Name: "test"},
		zap.NewNop(), prometheus.NewRegistry(), nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		require.NoError(t, conn.Stop(ctx))
	})
	require.Eventually(t, func() bool { return conn.Check(t.Context()) == nil }, 2*time.Minute, 5*time.Millisecond)
	api := resttest.New(t, func(i *app.Infrastructure, _ *app.Options) { i.Bus = conn })
	agent := strings.Repeat("t", 40)
	for _, sql := range []string{
		`INSERT INTO clients (id, name) VALUES (1, 'C'), (99, 'D')`, `INSERT INTO sites (id, client_id, name) VALUES (1, 1, 'S')`,
		`INSERT INTO agents (agent_id, hostname, site_id) VALUES ('` + agent + `', 'HOST', 1)`,
		`INSERT INTO script_snippets (name, code) VALUES ('snip', 'filled')`,
	} {
		_, err := api.Pool.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	run := map[string]any{
		"code": "echo {{snip}}", "timeout": 5, "args": []string{"{{agent.hostname}}"}, "shell": "powershell", "run_as_user": true,
		"env_vars": []string{"A={{client.name}}"},
	}
	path := "/scripts/" + agent + "/test/"
	api.Admin().Post(path, run).Is(ok, "timeout")
	got := make(chan agentwire.Command, 1)
	nc := srv.Agent(t, agent)
	_, err = nc.Subscribe(agent, func(m *nats.Msg) {
		cmd, err := agentwire.DecodeCommand(m.Data)
		if err != nil {
			return
		}
		got <- cmd
		reply, err := agentwire.EncodeValue(map[string]any{"stdout": "out", "stderr": "", "retcode": 0, "execution_time": 0.5})
		if err == nil {
			err = m.Respond(reply)
		}
		if err != nil {
			t.Error(err)
		}
	})
	require.NoError(t, err)
	bustest.Drain(t, nc)
	api.Admin().Post(path, run).Is(ok, map[string]any{"stdout": "out", "stderr": "", "retcode": 0, "execution_time": 0.5})
	cmd := <-got
	require.Equal(t, agentwire.FuncRunScriptFull, cmd.Func)
	require.Equal(t, "echo filled", cmd.Payload["code"])
	require.Equal(t, []string{"'HOST'"}, cmd.ScriptArgs)
	require.Equal(t, []string{"A=C"}, cmd.EnvVars)
	require.True(t, cmd.RunAsUser)
	require.Equal(t, int32(2), id(t, api, `SELECT count(*) FROM audit_log WHERE action = 'execute_script' AND message = 'admin tested a script on HOST'`))

	api.Admin().Post("/scripts/NOSUCHAGENTIDENTIFIERXXXXX/test/", run).NotFound("Agent")
	api.As(resttest.Role{Permissions: []access.Permission{access.RunScripts}, Clients: []int32{99}}).Post(path, run).Forbidden()
	require.Equal(t, http.StatusBadRequest, api.Admin().Post(path, "{}").Status)
}
