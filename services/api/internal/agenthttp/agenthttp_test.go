package agenthttp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestEveryRouteAsksForItsCredential(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := strings.Repeat("x", 40)
	routes := []struct {
		method, path string
		installer    bool
	}{
		{"GET", "/api/v3/installer/", true},
		{"POST", "/api/v3/installer/", true},
		{"POST", "/api/v3/meshexe/", true},
		{"POST", "/api/v3/newagent/", true},
		{"GET", "/api/v3/" + id + "/config/", false},
		{"POST", "/api/v3/checkin/", false},
		{"POST", "/api/v3/syncmesh/", false},
		{"POST", "/api/v3/software/", false},
		{"POST", "/api/v3/choco/", false},
		{"POST", "/api/v3/winupdates/", false},
		{"PATCH", "/api/v3/winupdates/", false},
		{"PUT", "/api/v3/winupdates/", false},
		{"POST", "/api/v3/superseded/", false},
		{"GET", "/api/v3/" + id + "/checkinterval/", false},
		{"GET", "/api/v3/" + id + "/checkrunner/", false},
		{"GET", "/api/v3/" + id + "/runchecks/", false},
		{"PATCH", "/api/v3/checkrunner/", false},
		{"GET", "/api/v3/1/" + id + "/taskrunner/", false},
		{"PATCH", "/api/v3/1/" + id + "/taskrunner/", false},
		{"PATCH", "/api/v3/1/" + id + "/histresult/", false},
		{"GET", "/api/v3/" + id + "/meshreinstall/", false},
		{"PATCH", "/api/v4/" + id + "/1/chocoresult/", false},
	}
	require.Len(t, routes, 22)
	m := b.enrol("linux")
	for _, r := range routes {
		var body any = "{}"
		if r.method == "GET" {
			body = nil
		}
		b.Anonymous().Do(r.method, r.path, body).Detail(http.StatusUnauthorized, "Authentication credentials were not provided.")
		b.WithToken(strings.Repeat("0", 40)).Do(r.method, r.path, body).Detail(http.StatusUnauthorized, "Invalid token.")
		if r.installer {
			continue
		}
		if strings.Contains(r.path, id) { // the token is good, the id in the path is another's
			m.Do(r.method, r.path, body).NotFound("Agent")
		}
		b.Admin().Do(r.method, r.path, body).Detail(http.StatusUnauthorized, "Authentication credentials were not provided.")
	}
	m.Post("/api/v3/syncmesh/", map[string]any{"agent_id": id, "nodeid": "ab"}).NotFound("Agent")
	require.Equal(t, http.StatusNotFound, m.Get("/api/v3/tooshort/config/").Status)
	b.exec(`UPDATE agents SET disabled = true`)
	b.App.Tokens.Forget(m.id)
	require.Equal(t, http.StatusUnauthorized, m.Get("/api/v3/"+m.id+"/config/").Status)
}

func TestInstall(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.Admin()
	admin.Get("/api/v3/installer/").Is(ok, "ok")
	admin.Post("/api/v3/installer/", map[string]any{"version": "2.4.0"}).Is(ok, "ok")
	admin.Post("/api/v3/installer/", map[string]any{"version": "2.3.9"}).Is(http.StatusBadRequest,
		"Old installer detected (version 2.3.9 ). Latest version is 2.4.0 Please generate a new installer from the RMM")
	for _, body := range []any{"{}", "[]", `{"version":null}`, `{"version":{}}`} {
		admin.Post("/api/v3/installer/", body).Is(http.StatusBadRequest, "Invalid data")
	}
	admin.Post("/api/v3/meshexe/", map[string]any{"goarch": "arm", "plat": "linux"}).Is(http.StatusBadRequest, "Arch not supported")
	admin.Post("/api/v3/meshexe/", map[string]any{"goarch": "amd64", "plat": "windows"}).
		Is(http.StatusBadRequest, "Unable to connect to mesh to get group id information")
	m := b.enrol("linux")
	again := map[string]any{"agent_id": m.id, "hostname": "X", "site": b.site, "monitoring_type": "server", "plat": "linux", "goarch": "amd64"}
	const exists = "Agent already exists. Remove old agent first if trying to re-install"
	admin.Post("/api/v3/newagent/", again).Is(http.StatusBadRequest, exists)
	again["agent_id"], again["site"] = strings.Repeat("n", 40), 9999
	admin.Post("/api/v3/newagent/", again).Is(http.StatusBadRequest, exists)
	for _, body := range []any{"{}", "[]", `{"site":"x"}`, `{"agent_id":"*.>","hostname":"h","site":1,"monitoring_type":"server","plat":"linux"}`} {
		require.Equal(t, http.StatusBadRequest, admin.Post("/api/v3/newagent/", body).Status)
	}
	b.With().Post("/api/v3/newagent/", again).Forbidden()
}

func TestConfigNeverHoldsAZero(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := b.enrol("linux")
	for range 50 {
		var c agentwire.Config
		m.Get("/api/v3/" + m.id + "/config/").OK(&c)
		require.True(t, c.Valid())
		require.GreaterOrEqual(t, c.Hello, 30)
		require.LessOrEqual(t, c.Hello, 60)
		require.Equal(t, "0.112.2", c.InstallNushellVersion)
	}
	var keys map[string]any
	m.Get("/api/v3/" + m.id + "/config/").OK(&keys)
	require.Len(t, keys, 17)
}

func TestChecksFromDueToResult(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m, other := b.enrol("windows"), b.enrol("windows")
	ping := b.check(m, "ping", map[string]any{"ip": "10.0.0.1", "name": "p"})
	foreign := b.check(other, "ping", map[string]any{"ip": "10.0.0.1", "name": "p"})
	var interval agentwire.CheckInterval
	m.Get("/api/v3/" + m.id + "/checkinterval/").OK(&interval)
	require.Equal(t, int64(m.pk), interval.Agent)
	require.GreaterOrEqual(t, interval.CheckInterval, 121)
	require.LessOrEqual(t, interval.CheckInterval, 180)
	var due agentwire.CheckRun
	m.Get("/api/v3/" + m.id + "/checkrunner/").OK(&due)
	require.Len(t, due.Checks, 1)
	require.Equal(t, 120, func() int { m.Get("/api/v3/" + m.id + "/runchecks/").OK(&due); return due.CheckInterval }())

	report := map[string]any{"id": ping, "agent_id": m.id, "status": "failing", "output": "no"}
	m.Do("PATCH", "/api/v3/checkrunner/", report, "X-Result-Id", "r-1").Is(ok, "ok")
	m.Do("PATCH", "/api/v3/checkrunner/", report, "X-Result-Id", "r-1").Is(ok, "ok")
	b.eventually(1, `SELECT fail_count FROM check_results`)
	m.Patch("/api/v3/checkrunner/", report).Is(ok, "ok")
	b.eventually(2, `SELECT fail_count FROM check_results`)
	m.Get("/api/v3/" + m.id + "/checkrunner/").OK(&due)
	require.Empty(t, due.Checks)

	m.Patch("/api/v3/checkrunner/", map[string]any{"id": ping, "status": "passing"}).Is(http.StatusBadRequest, "Agent upgrade required")
	for _, id := range []int32{foreign, 999999} {
		m.Patch("/api/v3/checkrunner/", map[string]any{"id": id, "agent_id": m.id, "status": "passing", "output": ""}).NotFound("Check")
	}
	m.Patch("/api/v3/checkrunner/", map[string]any{"id": ping, "agent_id": other.id, "status": "passing", "output": ""}).NotFound("Agent")
	for _, body := range []string{
		"", "[]", "{", `{"id":` + fmt.Sprint(ping) + `,"agent_id":"` + m.id + `"}`,
		`{"id":` + fmt.Sprint(ping) + `,"agent_id":"` + m.id + `","status":"great","output":""}`,
	} {
		m.Patch("/api/v3/checkrunner/", body).Is(http.StatusBadRequest, "Invalid data")
	}
	require.Equal(t, int32(2), b.number(`SELECT count(*) FROM check_history`))
	m.Get("/api/v3/checkrunner/").Detail(http.StatusMethodNotAllowed, `Method "GET" not allowed.`)
}

func TestOversizedResultsLoseTheirOutput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := b.enrol("windows")
	b.exec(`INSERT INTO scripts (id, name) VALUES (70, 's')`)
	script := b.check(m, "script", map[string]any{"script": 70, "timeout": 10})
	events := b.check(m, "eventlog", map[string]any{"name": "e", "fail_when": "contains", "number_of_events_b4_alert": 3, "event_id_is_wildcard": true})
	huge := strings.Repeat("o", 11<<20)
	m.Patch("/api/v3/checkrunner/", map[string]any{"id": script, "agent_id": m.id, "stdout": huge, "stderr": "", "retcode": 0, "runtime": 1.5}).Is(ok, "ok")
	b.eventually(1, `SELECT count(*) FROM check_results WHERE assigned_check_id = $1 AND status = 'failing' AND retcode = 1 AND stdout = ''
		AND stderr = 'Content truncated due to excessive request size.' AND execution_time = '1.5000'`, script)
	m.Patch("/api/v3/checkrunner/", map[string]any{"id": events, "agent_id": m.id, "log": []any{map[string]any{"message": huge}}}).Is(ok, "ok")
	b.eventually(1, `SELECT count(*) FROM check_results WHERE assigned_check_id = $1 AND status = 'failing'`, events)
	m.Patch("/api/v3/checkrunner/", `{"stdout":"`+huge+`"`).Is(http.StatusBadRequest, "Invalid data")
	m.Patch("/api/v3/checkrunner/", strings.Repeat("x", 11<<20)).Is(http.StatusBadRequest, "Invalid data")
	m.Post("/api/v3/software/", `{"software":"`+strings.Repeat(huge, 2)+`"}`).Detail(http.StatusRequestEntityTooLarge, "Request body is larger than 16777216 bytes.")
}

// unread fails the test when somebody reads it.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, fmt.Errorf("not to be read")
}

func TestBodiesBeyondTheLimitAreRefusedUnread(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := b.enrol("linux")
	var token string
	for _, v := range m.Headers()["Authorization"] {
		token = v
	}
	req := httptest.NewRequestWithContext(b.ctx, http.MethodPatch, "/api/v3/checkrunner/", unread{t})
	req.Header.Set("Authorization", token)
	req.ContentLength = 301 << 20
	w := httptest.NewRecorder()
	b.App.Router.ServeHTTP(w, req)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
}

func TestTasks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m, other := b.enrol("windows"), b.enrol("windows")
	b.exec(`INSERT INTO custom_fields (id, model, type, name) VALUES (80, 'agent', 'text', 'found')`)
	b.exec(`INSERT INTO scripts (id, name, shell, script_body) VALUES (71, 'S', 'powershell', 'body')`)
	b.Admin().Post("/tasks/", map[string]any{
		"agent": m.id, "name": "T", "task_type": "manual", "custom_field": 80, "actions": []any{
			map[string]any{"type": "cmd", "command": "echo {{agent.hostname}}", "shell": "cmd", "timeout": 30},
			map[string]any{"type": "script", "script": 71, "script_args": []string{"{{client.name}}"}, "timeout": "60", "env_vars": []string{"E=1", "BAD"}},
			map[string]any{"type": "script", "script": 999, "script_args": []string{}, "timeout": 60},
			map[string]any{"type": "dance"},
		},
	}).Is(ok, "The task has been created. It will show up on the agent on next checkin")
	task := b.number(`SELECT id FROM tasks`)
	path := fmt.Sprintf("/api/v3/%d/%s/taskrunner/", task, m.id)
	m.Get(path).Is(ok, map[string]any{"id": task, "continue_on_error": true, "enabled": true, "task_actions": []any{
		map[string]any{"type": "cmd", "command": "echo HOST-1", "shell": "cmd", "timeout": 30},
		map[string]any{
			"type": "script", "script_name": "S", "code": "body", "script_args": []string{"'C'"}, "shell": "powershell", "timeout": 60,
			"run_as_user": false, "env_vars": []string{"E=1"}, "nushell_enable_config": false, "deno_default_permissions": "--allow-all",
		},
	}})
	require.Equal(t, int32(3), b.number(`SELECT jsonb_array_length(actions) FROM tasks`), "the action of the deleted script is gone")
	foreign := fmt.Sprintf("/api/v3/%d/%s/taskrunner/", task, other.id)
	other.Get(foreign).Is(http.StatusBadRequest, "")
	other.Patch(foreign, map[string]any{"retcode": 0}).Is(http.StatusBadRequest, "")
	m.Get(fmt.Sprintf("/api/v3/999999/%s/taskrunner/", m.id)).NotFound("AutomatedTask")
	m.Patch(fmt.Sprintf("/api/v3/999999/%s/taskrunner/", m.id), map[string]any{"retcode": 0}).NotFound("AutomatedTask")
	m.Patch(path, "{}").Is(http.StatusBadRequest, "Invalid data")

	m.Patch(path, map[string]any{"stdout": "a\nlast\n\n", "stderr": "", "retcode": 7, "execution_time": 0.5}).Is(ok, "ok")
	b.eventually(1, `SELECT count(*) FROM task_results WHERE status = 'passing' AND execution_time = '0.5' AND run_status = 'completed'`)
	b.eventually(1, `SELECT count(*) FROM agent_custom_fields WHERE field_id = 80 AND string_value = 'last'`)
	b.eventually(1, `SELECT count(*) FROM agent_history WHERE type = 'task_run' AND command = 'T' AND script_results->>'retcode' = '7'`)
	m.Patch(path, map[string]any{"stdout": "never", "stderr": "bad", "retcode": 0, "execution_time": 2}).Is(ok, "ok")
	b.eventually(1, `SELECT count(*) FROM task_results WHERE status = 'failing'`)
	require.Equal(t, int32(1), b.number(`SELECT count(*) FROM agent_custom_fields WHERE string_value = 'last'`))
	m.Patch(path, map[string]any{"stdout": strings.Repeat("x", 11<<20), "stderr": "", "retcode": 0, "execution_time": 2}).Is(ok, "ok")
	b.eventually(1, `SELECT count(*) FROM task_results WHERE retcode = 1 AND stderr LIKE 'Content truncated%'`)
}

func TestFailingChecksStartTheirTasks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := b.enrol("linux")
	ping := b.check(m, "ping", map[string]any{"ip": "10.0.0.1", "name": "p"})
	for _, enabled := range []bool{true, false} {
		b.Admin().Post("/tasks/", map[string]any{"agent": m.id, "name": "T", "task_type": "checkfailure", "assigned_check": ping, "enabled": enabled}).OK(nil)
	}
	for _, status := range []string{"failing", "passing", "failing"} {
		m.Patch("/api/v3/checkrunner/", map[string]any{"id": ping, "agent_id": m.id, "status": status, "output": ""}).Is(ok, "ok")
	}
	b.eventually(2, `SELECT count(*) FROM outbox WHERE kind = 'tasks.run' AND payload->>'agent_id' = $1`, m.id)
	var listed []struct {
		CheckName string `json:"check_name"`
	}
	b.Admin().Get("/agents/" + m.id + "/tasks/").OK(&listed)
	require.Equal(t, "Ping Check: p", listed[0].CheckName)
	var shown []struct {
		AssignedTasks []json.RawMessage `json:"assignedtasks"`
	}
	b.Admin().Get("/agents/" + m.id + "/checks/").OK(&shown)
	require.Len(t, shown[0].AssignedTasks, 2)
}

func TestHistoryResults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m, other := b.enrol("linux"), b.enrol("linux")
	b.exec(`INSERT INTO custom_fields (id, model, type, name) VALUES (81, 'client', 'multiple', 'list')`)
	b.exec(`INSERT INTO agent_history (id, agent_id, type, username, custom_field_id, save_to_agent_note) VALUES (1, $1, 'script_run', 'admin', 81, true),
		(2, $1, 'cmd_run', 'admin', NULL, false)`, m.pk)
	script := fmt.Sprintf("/api/v3/1/%s/histresult/", m.id)
	m.Patch(script, map[string]any{"username": "root", "command": "x", "script_results": map[string]any{
		"stdout": "x\na,b\n", "stderr": "", "retcode": 0, "execution_time": 0.75, "id": 99, "evil": 1,
	}}).Is(ok, "ok")
	b.eventually(1, `SELECT count(*) FROM agent_history WHERE id = 1 AND username = 'admin' AND script_results =
		'{"id":1,"stdout":"x\na,b\n","stderr":"","retcode":0,"execution_time":0.75}'`)
	b.eventually(1, `SELECT count(*) FROM client_custom_fields WHERE field_id = 81 AND multiple_value = '{a,b}'`)
	b.eventually(1, `SELECT count(*) FROM notes n JOIN users u ON u.id = n.user_id WHERE n.note = E'x\na,b\n' AND u.username = 'admin'`)
	cmd := fmt.Sprintf("/api/v3/2/%s/histresult/", m.id)
	m.Patch(cmd, map[string]any{"results": "text"}).Is(ok, "ok")
	b.eventually(1, `SELECT count(*) FROM agent_history WHERE id = 2 AND results = 'text'`)
	m.Patch(cmd, map[string]any{"results": strings.Repeat("x", 11<<20)}).Is(ok, "ok")
	b.eventually(1, `SELECT count(*) FROM agent_history WHERE id = 2 AND results LIKE 'Content truncated%'`)
	m.Patch(script, map[string]any{"script_results": map[string]any{"stdout": strings.Repeat("x", 11<<20)}}).Is(ok, "ok")
	b.eventually(1, `SELECT count(*) FROM agent_history WHERE id = 1 AND script_results->>'stderr' LIKE 'Content truncated%'`)
	other.Patch(fmt.Sprintf("/api/v3/2/%s/histresult/", other.id), map[string]any{"results": "x"}).NotFound("AgentHistory")
	for _, body := range []string{"{}", "[]", `{"results":1}`, `{"script_results":[]}`} {
		m.Patch(cmd, body).Is(http.StatusBadRequest, "Invalid data")
	}
}

func TestInventoryPosts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := b.enrol("windows")
	told := b.commands(m)
	m.Post("/api/v3/checkin/", map[string]any{"agent_id": m.id}).Is(ok, "ok")
	require.Equal(t, agentwire.FuncInstallChoco, <-told)
	require.Equal(t, agentwire.FuncGetWinUpdates, <-told)
	m.Post("/api/v3/choco/", map[string]any{"agent_id": m.id, "installed": true}).Is(ok, "ok")
	m.Post("/api/v3/checkin/", map[string]any{"agent_id": m.id}).Is(ok, "ok")
	require.Equal(t, agentwire.FuncGetWinUpdates, <-told)

	node := strings.Repeat("ab", 48)
	m.Post("/api/v3/syncmesh/", map[string]any{"agent_id": m.id, "nodeid": node}).Is(ok, "ok")
	m.Post("/api/v3/syncmesh/", map[string]any{"agent_id": m.id, "nodeid": ""}).Is(ok, "ok")
	require.Equal(t, int32(1), b.number(`SELECT count(*) FROM agents WHERE mesh_node_id = $1`, node))
	m.Post("/api/v3/syncmesh/", map[string]any{"nodeid": strings.Repeat("a", 300)}).Is(http.StatusBadRequest, "Invalid data")

	b.Admin().Get("/software/"+m.id+"/").Is(ok, []string{})
	item := map[string]any{"name": "Editor", "version": 1.0, "publisher": nil, "install_date": "", "size": "1 MB", "source": "", "location": `C:\x`, "uninstall": "u"}
	m.Post("/api/v3/software/", map[string]any{"agent_id": m.id, "software": []any{item, item}}).Is(ok, "ok")
	b.eventually(2, `SELECT coalesce(jsonb_array_length(software), 0) FROM agent_inventory`)
	item["version"], item["publisher"] = "1", ""
	b.Admin().Get("/software/"+m.id+"/").Is(ok, map[string]any{"id": m.pk, "agent": m.pk, "software": []any{item, item}})
	b.Admin().Get("/software/").Is(ok, []any{map[string]any{"id": m.pk, "agent": m.pk, "software": []any{item, item}}})
	m.Post("/api/v3/software/", `{"software":{}}`).Is(http.StatusBadRequest, "Invalid data")

	b.exec(`INSERT INTO pending_actions (id, agent_id, action_type, details) VALUES (5, $1, 'chocoinstall', '{"name":"Git","output":null,"installed":false}')`, m.pk)
	m.Patch("/api/v4/"+m.id+"/5/chocoresult/", map[string]any{"results": "The install of git was successful.\nSoftware installed to x"}).Is(ok, "ok")
	require.Equal(t, int32(1), b.number(`SELECT count(*) FROM pending_actions WHERE status = 'completed' AND (details->>'installed')::bool AND details->>'name' = 'Git'`))
	m.Patch("/api/v4/"+m.id+"/6/chocoresult/", map[string]any{"results": "x"}).NotFound("PendingAction")
	m.Get("/api/v3/"+m.id+"/meshreinstall/").Is(http.StatusBadRequest, "Unable to connect to mesh to get group id information")
}

func TestUpdates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := b.enrol("windows")
	told := b.commands(m)
	const path = "/api/v3/winupdates/"
	update := func(guid, kb, title string, installed bool) map[string]any {
		return map[string]any{"guid": guid, "kb_article_ids": []string{kb}, "title": title, "installed": installed, "severity": "Critical", "categories": nil}
	}
	noKB := update("g0", "", "t", false)
	noKB["kb_article_ids"] = nil
	m.Post(path, map[string]any{"wua_updates": []any{
		update("g1", "1", "One", false), noKB, update("g2", "2", "D (Version 1.9.0)", false), update("g3", "2", "D (Version 1.10.0)", false),
		update("g1", "1", "again", true), update("g4", "3", "P (Versão 2)", false), update("g5", "3", "no version", false),
	}}).Is(ok, "ok")
	guids := func() (list []string) {
		var shown []struct {
			GUID string `json:"guid"`
		}
		b.Admin().Get("/winupdate/" + m.id + "/").OK(&shown)
		for _, u := range shown {
			list = append(list, u.GUID)
		}
		return list
	}
	require.Equal(t, []string{"g5", "g4", "g3", "g1"}, guids())
	for _, empty := range []string{`{}`, `{"wua_updates":null}`, `{"wua_updates":[]}`} {
		m.Post(path, empty).Is(http.StatusBadRequest, "Empty payload")
	}
	m.Post(path, `{"wua_updates":{}}`).Is(http.StatusBadRequest, "Invalid data")
	m.Patch(path, map[string]any{"guid": "g1", "success": true}).Is(ok, "ok")
	m.Patch(path, map[string]any{"guid": "g3", "success": false}).Is(ok, "ok")
	m.Patch(path, map[string]any{"guid": "nope", "success": true}).NotFound("WinUpdate")
	require.Equal(t, int32(1), b.number(`SELECT count(*) FROM win_updates WHERE guid = 'g1' AND result = 'success' AND installed AND date_installed IS NOT NULL`))
	m.Post("/api/v3/superseded/", map[string]any{"guid": "g5"}).Is(ok, "ok")
	require.Equal(t, []string{"g4", "g3", "g1"}, guids())

	b.exec(`UPDATE win_update_policies SET reboot_after_install = 'required'`)
	m.Put(path, map[string]any{"needs_reboot": false}).Is(ok, "ok")
	m.Put(path, map[string]any{"needs_reboot": true}).Is(ok, "ok")
	require.Equal(t, agentwire.FuncRebootNow, <-told)
	require.Empty(t, told)
	require.Equal(t, int32(1), b.number(`SELECT count(*) FROM agents WHERE needs_reboot`))
}

func TestWhenPartsAreAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := b.enrol("linux")
	ping := b.check(m, "ping", map[string]any{"ip": "10.0.0.1", "name": "p"})
	m.Get("/api/v3/" + m.id + "/config/").OK(nil)
	report := map[string]any{"id": ping, "agent_id": m.id, "status": "failing", "output": ""}
	b.allowConnections(false)
	m.Get("/api/v3/" + m.id + "/config/").OK(nil)
	m.Patch("/api/v3/checkrunner/", report).Is(ok, "ok")
	b.allowConnections(true)
	b.eventually(1, `SELECT count(*) FROM check_history`)

	b.srv.Stop()
	reply := m.Patch("/api/v3/checkrunner/", report)
	require.Equal(t, http.StatusServiceUnavailable, reply.Status)
	require.NotEmpty(t, reply.Header.Get("Retry-After"))
}

// allowConnections closes the database to everybody, or opens it again.
func (b *bundle) allowConnections(on bool) {
	b.t.Helper()
	u, err := url.Parse(b.Pool.Config().ConnString())
	require.NoError(b.t, err)
	name := u.Path[1:]
	u.Path = "/postgres"
	admin, err := pgx.Connect(b.ctx, u.String())
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, admin.Close(context.Background())) }()
	_, err = admin.Exec(b.ctx, fmt.Sprintf(`ALTER DATABASE %s ALLOW_CONNECTIONS %t`, pgx.Identifier{name}.Sanitize(), on))
	require.NoError(b.t, err)
	if !on {
		_, err = admin.Exec(b.ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
		require.NoError(b.t, err)
	}
}
