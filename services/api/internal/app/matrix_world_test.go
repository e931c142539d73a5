package app_test

import "strings"

// The agents of the two customers of the matrix.
var (
	agentOne = strings.Repeat("W", 40)
	agentTwo = strings.Repeat("V", 40)
)

// matrixWorld are the rows of customer Acme; customer Bolt gets the same with other keys and names.
const matrixWorld = `
INSERT INTO clients (id, name) VALUES (101, 'Acme'), (102, 'Acme more');
INSERT INTO sites (id, client_id, name) VALUES (101, 101, 'Acme A'), (102, 101, 'Acme B'), (103, 102, 'Acme C');
INSERT INTO agents (id, agent_id, hostname, site_id, plat, goarch, mesh_node_id) VALUES (101, 'WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW', 'HOST-Acme', 101, 'windows', 'amd64', 'ab');
UPDATE agent_presence SET last_seen = now(), version = '2.10.0', connected = true;
INSERT INTO agent_tokens (agent_id, token_hash) VALUES (101, sha256('token-of-101'));
INSERT INTO users (id, username, password) VALUES (101, 'kim-101', 'x');
INSERT INTO sessions (digest, token_key, user_id) VALUES ('d101', '01234567', 101), ('d102', '01234568', 101);
INSERT INTO roles (id, name) VALUES (101, 'R-101');
INSERT INTO api_keys (id, name, key, key_hash, user_id) VALUES (101, 'K-101', 'K-101', sha256('K-101'), 101);
INSERT INTO notes (id, agent_id, note) VALUES (101, 101, 'note of Acme');
INSERT INTO scripts (id, name, shell, script_body, script_type) VALUES (101, 'S-101', 'cmd', 'echo', 'userdefined');
INSERT INTO script_snippets (id, name, code, shell) VALUES (101, 'snip-101', 'x', 'cmd');
INSERT INTO policies (id, name) VALUES (101, 'P-101');
INSERT INTO checks (id, agent_id, check_type, disk, error_threshold, name) VALUES (101, 101, 'diskspace', 'C:', 10, 'check of Acme');
INSERT INTO check_results (id, agent_id, assigned_check_id, status) VALUES (101, 101, 101, 'failing');
INSERT INTO tasks (id, agent_id, name, task_type, enabled, actions, win_task_name) VALUES (101, 101, 'task of Acme', 'manual', true, '[]', 'T-101');
INSERT INTO task_results (id, agent_id, task_id) VALUES (101, 101, 101);
INSERT INTO agent_history (id, agent_id, command) VALUES (101, 101, 'history of Acme');
INSERT INTO custom_fields (id, model, name, type) VALUES (101, 'client', 'f-101', 'text');
INSERT INTO global_keystore (id, name, value) VALUES (101, 'k-101', 'v');
INSERT INTO schedules (id, name, run_time) VALUES (101, 'sched-101', '10:00');
INSERT INTO url_actions (id, name, pattern) VALUES (101, 'u-101', 'https://example.com/{{agent.hostname}}');
INSERT INTO pending_actions (id, agent_id, action_type) VALUES (101, 101, 'chocoinstall');
INSERT INTO deployments (id, uid, site_id, auth_token_id, token_key) VALUES (101, '00000000-0000-0000-0000-000000000101', 101, 'd101', 'x');
INSERT INTO enrolments (id, site_id, plat, goarch, token_hash, expires, created_by) VALUES ('00000000-0000-0000-0000-000000000101', 101, 'linux', 'amd64', sha256('e-101'), now() + interval '1 day', 'kim');
INSERT INTO debug_log (agent_id, log_level, log_type, message) VALUES (101, 'info', 'agent_issues', 'debug of Acme');
INSERT INTO audit_log (id, username, agent, agent_id, action, object_type, message) VALUES (101, 'kim', 'HOST-Acme', 'WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW', 'agent_install', 'agent', 'audit of Acme');
`

// refuseCommits lets statements work and every commit fail: each caller of the matrix finds the same rows, whatever the
// callers before were let do.
const refuseCommits = `
CREATE FUNCTION refuse_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'nothing is committed here'; END $$;
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition LOOP
    EXECUTE format('CREATE CONSTRAINT TRIGGER refuse_commit AFTER INSERT OR UPDATE OR DELETE ON %s DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION refuse_commit()', one.name);
  END LOOP;
END $$;
`

// matrixSteps are calls that the walk of the audit log makes in another order, or not at all, because they change nothing.
func matrixSteps(agent string) []step {
	return []step{
		{op: "updateRole", path: "/accounts/roles/101/", body: body{"name": "R-101"}}, // gives nothing: nobody hands out more than he has
		{op: "deleteSite", path: "/clients/sites/101/"},
		{op: "updateSite", path: "/clients/sites/101/", body: body{"site": body{"name": "Acme A"}}},
		{op: "searchAuditLog", body: body{"pagination": body{"rowsPerPage": 50, "page": 1, "sortBy": "entry_time", "descending": true}}},
		{op: "getAuditRow", path: "/v1/audit-log/101"},
		{op: "readEventLog", path: "/agents/" + agent + "/eventlog/Application/1/"},
		{op: "getWebVNC", path: "/agents/" + agent + "/5900/webvnc/"},
		{op: "killProcess", path: "/agents/" + agent + "/processes/5/"},
		{op: "listCustomFieldsOfModel", body: body{"model": "client"}},
		{op: "testURLAction", body: body{"pattern": "http://127.0.0.1/", "rest_method": "get", "rest_body": "{}", "rest_headers": "{}",
			"run_instance_type": "agent", "run_instance_id": agent}},
		{op: "getCheckHistory", path: "/checks/101/history/", body: body{"timeFilter": 1}},
		{op: "getTaskRun", path: "/api/v3/101/" + agent + "/taskrunner/"},
		{op: "deleteRegistryKey", path: "/agents/" + agent + `/registry/delete-key/?path=HKLM%5Cx`},
		{op: "deleteRegistryValue", path: "/agents/" + agent + `/registry/delete-value/?path=HKLM%5Cx&name=n`},
		{op: "endSession", path: "/accounts/sessions/d101/"},
	}
}
