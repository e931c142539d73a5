package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

type body = map[string]any

// willing is an agent that does whatever it is told.
type willing struct{}

func (willing) Request(_ context.Context, _ string, cmd agentwire.Command, _ time.Duration) (remote.Reply, error) {
	var answer any = "ok"
	if strings.HasPrefix(cmd.Func, "registry_") {
		answer = map[string]string{"status": "success", "name": "n", "type": "REG_SZ", "data": "d", "value": "d"}
	}
	raw, err := msgpack.Marshal(answer)
	return remote.NewReply(raw), err
}

func (willing) Publish(context.Context, string, agentwire.Command) error { return nil }

// elsewhere are the changing operations that this walk does not call, with the reason.
func elsewhere() map[string]string {
	return map[string]string{
		"registerAgent":            "writes agent_install, see the tests of pkg/agents",
		"logout":                   "needs a session of its own, see TestSessionsEndWithARow",
		"logoutEverywhere":         "as logout",
		"endOwnSession":            "needs a session of its own, see TestOwnSessions of accountsapi",
		"retryDeadTask":            "needs a queue, see the tests of jobsapi",
		"deleteDeadTask":           "as retryDeadTask",
		"testEmail":                "needs a mail server",
		"testSMS":                  "needs the service that sends them",
		"saveCodeSign":             "always refuses",
		"signAgents":               "always refuses",
		"wakeAgent":                "needs a remote-desktop server",
		"generateText":             "needs the language model",
		"createFirstAdministrator": "works once, see TestTheFirstAdministratorIsAudited",
	}
}

// step is a call of the walk. An empty object is not sent.
type step struct {
	op   string
	path string // "" takes the operation's path as it is
	body any
}

// TestEveryChangeLeavesAnAuditRow calls every operation that changes something, as a person, and asks each time for a new row
// that says who and how. An operation added later fails it until it is called here, declared Unaudited or listed as elsewhere.
func TestEveryChangeLeavesAnAuditRow(t *testing.T) {
	t.Parallel()
	api := resttest.New(t, func(i *app.Infrastructure, _ *app.Options) { i.Commander = willing{} })
	agent := strings.Repeat("W", 40)
	exec(t, api, strings.ReplaceAll(walkRows, "$AGENT", agent))
	operations := map[string]rest.Operation{}
	for _, op := range api.App.Router.Operations() {
		operations[op.ID] = op
	}
	called := map[string]bool{}
	for _, s := range steps(agent) {
		op, known := operations[s.op]
		require.True(t, known, "no operation %s", s.op)
		path := op.Path
		if s.path != "" {
			path = s.path
		}
		require.NotContains(t, path, "{", s.op)
		before := auditRows(t, api)
		reply := api.Admin().Do(op.Method, path, s.body)
		require.Less(t, reply.Status, 300, "%s: %s", s.op, reply.Body)
		require.Greater(t, auditRows(t, api), before, "%s left no row: declare why (Unaudited), or write one", s.op)
		if changesWhatWasThere(s.op) {
			var without int
			require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT count(*) FROM (SELECT before_value FROM audit_log ORDER BY id DESC LIMIT 1) r
				WHERE jsonb_typeof(before_value) IS DISTINCT FROM 'object'`).Scan(&without))
			require.Zero(t, without, "%s: its row does not say what was before", s.op)
		}
		called[s.op] = true
	}
	for id, op := range operations {
		if _, other := elsewhere()[id]; op.Audited() && !called[id] && !other {
			t.Errorf("%s %s (%s) changes something and is not called by this walk", op.Method, op.Path, id)
		}
	}
	for id := range elsewhere() {
		require.Contains(t, operations, id)
		require.False(t, called[id], id)
	}
	var incomplete, secret int
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE username = '' OR debug_info->>'ip' IS NULL`).Scan(&incomplete))
	require.Zero(t, incomplete, "every row says who and from where")
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE concat(before_value, after_value, message, debug_info) LIKE '%topsecret%'`).Scan(&secret))
	require.Zero(t, secret, "no secret is in the log")
}

// changesWhatWasThere says whether an operation changes or deletes something that the product keeps: its row must say what was
// before. The others add something, or set something off.
func changesWhatWasThere(op string) bool {
	for _, verb := range []string{"update", "delete", "reset", "end", "beta", "setMaintenance", "setUpTotp"} {
		if strings.HasPrefix(op, verb) {
			// Registry and agent updates happen on the machine; there is no code-signing key.
			return !strings.Contains(op, "Registry") && op != "updateAgents" && op != "deleteCodeSign" && op != "updateProfile"
		}
	}
	return false
}

func exec(t *testing.T, api *resttest.API, sql string) {
	t.Helper()
	_, err := api.Pool.Exec(t.Context(), sql)
	require.NoError(t, err)
}

func auditRows(t *testing.T, api *resttest.API) (n int) {
	t.Helper()
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_log`).Scan(&n))
	return n
}

const walkRows = `
INSERT INTO clients (id, name) VALUES (101, 'One'), (102, 'Two');
INSERT INTO sites (id, client_id, name) VALUES (101, 101, 'A'), (102, 101, 'B'), (103, 102, 'C');
INSERT INTO agents (id, agent_id, hostname, site_id, plat, goarch, mesh_node_id) VALUES (101, '$AGENT', 'HOST', 101, 'windows', 'amd64', 'ab');
UPDATE agent_presence SET last_seen = now(), version = '2.10.0', connected = true;
INSERT INTO users (id, username, password) VALUES (101, 'kim', 'x');
INSERT INTO sessions (digest, token_key, user_id) VALUES ('d1', '01234567', 101), ('d2', '01234568', 101);
INSERT INTO roles (id, name) VALUES (101, 'R');
INSERT INTO api_keys (id, name, key, key_hash, user_id) VALUES (101, 'key', 'topsecret', 'x', 101);
INSERT INTO notes (id, agent_id, note) VALUES (101, 101, 'n');
INSERT INTO scripts (id, name, shell, script_body, script_type) VALUES (101, 'S', 'cmd', 'echo', 'userdefined');
INSERT INTO script_snippets (id, name, code, shell) VALUES (101, 'snip', 'x', 'cmd');
INSERT INTO policies (id, name) VALUES (101, 'P');
INSERT INTO checks (id, agent_id, check_type, disk, error_threshold) VALUES (101, 101, 'diskspace', 'C:', 10);
INSERT INTO check_results (id, agent_id, assigned_check_id, status) VALUES (101, 101, 101, 'failing');
INSERT INTO custom_fields (id, model, name, type) VALUES (101, 'client', 'f', 'text');
INSERT INTO global_keystore (id, name, value) VALUES (101, 'k', 'topsecret');
INSERT INTO schedules (id, name, run_time) VALUES (101, 'sched', '10:00');
INSERT INTO url_actions (id, name, pattern) VALUES (101, 'u', 'https://example.com/{{agent.hostname}}');
INSERT INTO pending_actions (id, agent_id, action_type) VALUES (101, 101, 'chocoinstall');
INSERT INTO deployments (id, site_id, auth_token_id, token_key) VALUES (101, 101, 'd1', 'x');
`

func steps(agent string) []step {
	at := func(path string) string { return "/agents/" + agent + "/" + path }
	list := []step{
		{op: "createUser", body: body{"username": "new", "email": "", "password": "topsecret-pw-1"}},
		{op: "updateUser", path: "/accounts/101/users/", body: body{"first_name": "Kim"}},
		{op: "resetUserPassword", body: body{"id": 101, "password": "topsecret-pw-2"}},
		{op: "resetUserTotp", body: body{"id": 101}},
		{op: "resetUserPasswordAlternate", body: body{"id": 101, "password": "topsecret-pw-3"}},
		{op: "resetUserTotpAlternate", body: body{"id": 101}},
		{op: "deleteDeployment", path: "/clients/deployments/101/"},
		{op: "endSession", path: "/accounts/sessions/d2/"},
		{op: "endSessions", path: "/accounts/users/101/sessions/"},
		{op: "createRole", body: body{"name": "new"}},
		{op: "updateRole", path: "/accounts/roles/101/", body: body{"name": "R", "can_list_agents": true}},
		{op: "deleteRole", path: "/accounts/roles/101/"},
		{op: "createApiKey", body: body{"name": "new", "user": 101}},
		{op: "updateApiKey", path: "/accounts/apikeys/101/", body: body{"name": "key2"}},
		{op: "deleteApiKey", path: "/accounts/apikeys/101/"},
		{op: "updateProfile", body: body{"date_format": "YYYY"}},
		{op: "resetOwnTotp"},
		{op: "setUpTotp"},
		{op: "createClient", body: body{"client": body{"name": "C"}, "site": body{"name": "S"}}},
		{op: "updateClient", path: "/clients/102/", body: body{"client": body{"name": "Two!"}}},
		{op: "updateClient", path: "/clients/102/", body: body{"custom_fields": []body{{"field": 101, "string_value": "nothing but a value"}}}},
		{op: "betaUpdateClient", path: "/beta/v1/client/102/", body: body{"name": "Two?"}},
		{op: "createSite", body: body{"site": body{"client": 102, "name": "D"}}},
		{op: "updateSite", path: "/clients/sites/103/", body: body{"site": body{"name": "C!"}}},
		{op: "betaUpdateSite", path: "/beta/v1/site/103/", body: body{"name": "C?", "client": 102}},
		{op: "deleteSite", path: "/clients/sites/103/"},
		{op: "deleteClient", path: "/clients/102/"},
		{op: "createDeployment", body: body{"site": 101, "expires": "2099-01-01T00:00:00+0000", "agenttype": "server", "power": 1, "rdp": 0, "ping": 0, "goarch": "amd64"}},
		{op: "createEnrolment", body: body{"client": 101, "site": 101, "monitoring_type": "server", "plat": "linux", "goarch": "amd64", "expires_hours": 1}},
		{op: "makeInstaller", body: body{"client": 101, "site": 101, "expires": 24, "agenttype": "server", "power": 0, "rdp": 0, "ping": 0, "goarch": "amd64", "api": "https://api.example.com", "fileName": "x.exe", "plat": "windows", "installMethod": "manual"}},
		{op: "createCustomField", body: body{"model": "agent", "name": "new", "type": "text"}},
		{op: "updateCustomField", path: "/core/customfields/101/", body: body{"name": "f2"}},
		{op: "deleteCustomField", path: "/core/customfields/101/"},
		{op: "createKeyStoreEntry", body: body{"name": "new", "value": "topsecret"}},
		{op: "updateKeyStoreEntry", path: "/core/keystore/101/", body: body{"value": "topsecret2"}},
		{op: "deleteKeyStoreEntry", path: "/core/keystore/101/"},
		{op: "createSchedule", body: body{"name": "new", "run_time": "10:00", "run_time_weekdays": []int{1}, "schedule_type": "weekly"}},
		{op: "updateSchedule", path: "/core/schedules/101/", body: body{"name": "sched2"}},
		{op: "deleteSchedule", path: "/core/schedules/101/"},
		{op: "updateCoreSettings", body: body{"agent_debug_level": "warning", "smtp_host_password": "topsecret"}},
		{op: "createURLAction", body: body{"name": "new", "pattern": "https://example.com"}},
		{op: "updateURLAction", path: "/core/urlaction/101/", body: body{"name": "u2"}},
		{op: "runURLAction", body: body{"agent_id": agent, "action": 101}},
		{op: "deleteURLAction", path: "/core/urlaction/101/"},
		{op: "clearCache"},
		{op: "deleteCodeSign"},
		{op: "maintainServer", body: body{"action": "prune_db", "prune_tables": []string{"pending_actions"}}},
		{op: "testServerScript", body: body{"code": "#!/bin/sh\necho x", "shell": "shell", "timeout": 5, "args": []string{}, "env_vars": []string{}}},
		{op: "testURLAction", body: body{"pattern": "http://127.0.0.1:1/", "rest_body": "{}", "rest_headers": "{}", "rest_method": "get", "run_instance_type": "none", "run_instance_id": 0}},
		{op: "createScript", body: body{"name": "new", "shell": "cmd", "script_body": "x"}},
		{op: "updateScript", path: "/scripts/101/", body: body{"name": "S2"}},
		{op: "createSnippet", body: body{"name": "new", "code": "x", "shell": "cmd"}},
		{op: "updateSnippet", path: "/scripts/snippets/101/", body: body{"name": "snip2"}},
		{op: "deleteSnippet", path: "/scripts/snippets/101/"},
		{op: "testScript", path: "/scripts/" + agent + "/test/", body: body{"code": "x", "timeout": 5, "args": []string{}, "shell": "cmd", "run_as_user": false, "env_vars": []string{}}},
		{op: "createPolicy", body: body{"name": "new"}},
		{op: "updatePolicy", path: "/automation/policies/101/", body: body{"name": "P2"}},
		{op: "deletePolicy", path: "/automation/policies/101/"},
		{op: "createCheck", body: body{"agent": agent, "check_type": "ping", "ip": "192.0.2.1", "name": "p", "fails_b4_alert": 1}},
		{op: "updateCheck", path: "/checks/101/", body: body{"error_threshold": 20}},
		{op: "resetCheck", path: "/checks/101/reset/"},
		{op: "resetChecks", path: "/checks/" + agent + "/resetall/"},
		{op: "runChecks", path: "/checks/" + agent + "/run/"},
		{op: "runChecksOf", path: "/checks/site/101/csbulkrun/"},
		{op: "deleteCheck", path: "/checks/101/"},
		{op: "createTask", body: body{"agent": agent, "name": "t", "task_type": "manual", "actions": []body{{"type": "cmd", "command": "x", "shell": "cmd", "timeout": 5}}}},
		{op: "cancelPendingAction", path: "/logs/pendingactions/101/"},
		{op: "addNote", body: body{"agent_id": agent, "note": "x"}},
		{op: "updateNote", path: "/agents/notes/101/", body: body{"note": "y"}},
		{op: "deleteNote", path: "/agents/notes/101/"},
		{op: "updateAgent", path: at(""), body: body{"description": "d"}},
		{op: "betaUpdateAgent", path: "/beta/v1/agent/101/", body: body{"hostname": "HOST", "agent_id": agent, "site": 102}},
		{op: "setMaintenance", body: body{"type": "Client", "id": 101, "action": true}},
		{op: "updateAgents", body: body{"agent_ids": []string{agent}}},
		{op: "runBulkAction", body: body{"mode": "command", "target": "all", "monType": "all", "osType": "all", "agents": []string{}, "cmd": "x", "shell": "cmd", "timeout": 5, "run_as_user": false}},
		{op: "recoverAllAgents"},
		{op: "sendCommand", path: at("cmd/"), body: body{"cmd": "x", "shell": "cmd", "timeout": 5, "run_as_user": false}},
		{op: "runScript", path: at("runscript/"), body: body{"script": 101, "output": "forget", "args": []string{}, "timeout": 5, "run_as_user": false, "env_vars": []string{}, "emails": []string{}, "emailMode": "default"}},
		{op: "refreshInventory", path: at("wmi/")},
		{op: "recoverAgent", path: at("recover/"), body: body{"mode": "mesh"}},
		{op: "rebootAgent", path: at("reboot/")},
		{op: "scheduleReboot", path: at("reboot/"), body: body{"datetime": "2099-08-29T18:41"}},
		{op: "shutDownAgent", path: at("shutdown/")},
		{op: "killProcess", path: at("processes/5/")},
		{op: "repairMesh", path: at("meshcentral/")},
		{op: "repairMeshAtRecover", path: at("meshcentral/recover/")},
	}
	for op, in := range map[string]body{
		"createRegistryKey": {"path": `HKLM\x`}, "deleteRegistryKey": nil, "renameRegistryKey": {"old_path": `HKLM\x`, "new_path": `HKLM\y`},
		"createRegistryValue": {"path": `HKLM\x`, "name": "n", "type": "REG_SZ", "data": "d"}, "deleteRegistryValue": nil,
		"renameRegistryValue": {"path": `HKLM\x`, "old_name": "n", "new_name": "m"}, "modifyRegistryValue": {"path": `HKLM\x`, "name": "n", "type": "REG_SZ", "data": "d"},
	} {
		words := strings.NewReplacer("RegistryKey", "-key", "RegistryValue", "-value").Replace(op)
		path := at("registry/" + words + "/")
		if strings.HasPrefix(op, "delete") {
			list = append(list, step{op: op, path: path + "?path=HKLM%5Cx&name=n"})
			continue
		}
		list = append(list, step{op: op, path: path, body: in})
	}
	return append(list,
		step{op: "deleteScript", path: "/scripts/101/"},
		step{op: "deleteAgent", path: at("")},
		step{op: "deleteUser", path: "/accounts/101/users/"},
		step{op: "resetOwnPassword", body: body{"password": "topsecret-pw-4"}},
	)
}

// TestSessionsEndWithARow shows that ending one's own sessions has its row.
func TestSessionsEndWithARow(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	for _, path := range []string{"/logout/", "/logoutall/"} {
		token, err := api.App.Accounts.OperatorStartSession(t.Context(), "admin", time.Hour)
		require.NoError(t, err)
		before := auditRows(t, api)
		require.Equal(t, http.StatusNoContent, api.WithToken(token).Do(http.MethodPost, path, nil).Status)
		require.Equal(t, before+1, auditRows(t, api), path)
	}
}

// TestTheFirstAdministratorIsAudited shows that the one change by nobody has its row.
func TestTheFirstAdministratorIsAudited(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	exec(t, api, `DELETE FROM users WHERE username = 'admin'`)
	api.Anonymous().Do(http.MethodPost, "/v1/setup", body{"username": "first", "password": "topsecret-pw-5"})
	var said string
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT concat(username, message, after_value) FROM audit_log ORDER BY id DESC LIMIT 1`).Scan(&said))
	require.Contains(t, said, "first")
	require.NotContains(t, said, "topsecret")
}
