package checksapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

const ok = http.StatusOK

// bundle is the api with two agents of two clients and a script.
type bundle struct {
	*resttest.API
	t           *testing.T
	mine, other string
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{API: resttest.New(t), t: t, mine: strings.Repeat("a", 40), other: strings.Repeat("b", 40)}
	b.exec(`INSERT INTO clients (id, name) VALUES (1, 'c1'), (2, 'c2')`)
	b.exec(`INSERT INTO sites (id, client_id, name) VALUES (1, 1, 's'), (2, 2, 's')`)
	b.exec(`INSERT INTO agents (id, agent_id, hostname, site_id) VALUES (1, $1, 'H1', 1), (2, $2, 'H2', 2)`, b.mine, b.other)
	b.exec(`INSERT INTO scripts (id, name) VALUES (1, 'Clean')`)
	return b
}

func (b *bundle) exec(sql string, args ...any) {
	b.t.Helper()
	_, err := b.Pool.Exec(b.t.Context(), sql, args...)
	require.NoError(b.t, err)
}

func (b *bundle) scoped(permissions ...access.Permission) *resttest.Client {
	return b.As(resttest.Role{Permissions: permissions, Clients: []int32{1}})
}

func (b *bundle) last(table string) (id int32) {
	b.t.Helper()
	require.NoError(b.t, b.Pool.QueryRow(b.t.Context(), `SELECT max(id) FROM `+table).Scan(&id))
	return id
}

func TestChecksAreShownInTheContractsForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Admin().Post("/checks/", map[string]any{
		"agent": b.mine, "check_type": "eventlog", "name": "e", "log_name": "System", "event_id": "*", "event_id_is_wildcard": true,
		"event_type": "AUDIT_FAILURE", "event_source": "", "fail_when": "contains", "search_last_days": 3, "alert_severity": "info", "unknown": 1,
	}).Is(ok, "Event Log Check: e was added!")
	reply := b.Admin().Get(fmt.Sprintf("/checks/%d/", b.last("checks")))
	var keys map[string]any
	reply.OK(&keys)
	require.Len(t, keys, 47)
	order := []string{"id", "readable_desc", "assignedtasks", "alert_template", "check_result", "created_by", "overridden_by_policy", "name", "managed_by_policy", "agent", "policy", "script"}
	at := -1
	for _, key := range order {
		next := strings.Index(reply.Body, `"`+key+`":`)
		require.Greater(t, next, at, key)
		at = next
	}
	require.EqualValues(t, 0, keys["event_id"])
	require.Equal(t, map[string]any{}, keys["check_result"])
	require.Equal(t, []any{}, keys["assignedtasks"])
	require.Equal(t, "admin", keys["created_by"])
	path := fmt.Sprintf("/checks/%d/", b.last("checks"))
	b.Admin().Put(path, map[string]any{"event_id": "x"}).Is(http.StatusBadRequest, map[string]any{"event_id": []string{"A valid integer is required."}})
	b.Admin().Put(path, map[string]any{"event_id": "4624", "event_id_is_wildcard": false, "check_type": "ping", "agent": 2}).Is(ok, "Event Log Check: e was edited!")
	b.Admin().Get(path).OK(&keys)
	require.EqualValues(t, 4624, keys["event_id"])
	require.Equal(t, "eventlog", keys["check_type"])
	require.EqualValues(t, 1, keys["agent"])
}

func TestScopeAndPermissions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ping := map[string]any{"agent": b.other, "check_type": "ping", "name": "p", "ip": "1.1.1.1"}
	b.Admin().Post("/checks/", ping).OK(nil)
	foreign := b.last("checks")
	b.exec(`INSERT INTO check_results (id, agent_id, assigned_check_id, status) VALUES (1, 2, $1, 'failing')`, foreign)
	path := fmt.Sprintf("/checks/%d/", foreign)
	manager := b.scoped(access.ListChecks, access.ManageChecks, access.RunChecks, access.ListTasks, access.ManageTasks)
	for _, r := range []*resttest.Reply{
		manager.Post("/checks/", ping), manager.Get(path), manager.Put(path, "{}"), manager.Delete(path), manager.Get("/agents/" + b.other + "/checks/"),
		manager.Post("/checks/1/reset/", "{}"), manager.Post("/checks/"+b.other+"/resetall/", "{}"), manager.Post("/checks/"+b.other+"/run/", "{}"),
		manager.Patch("/checks/1/history/", "{}"), manager.Post("/checks/client/2/csbulkrun/", "{}"), manager.Post("/checks/site/2/csbulkrun/", "{}"),
		manager.Post("/checks/planet/1/csbulkrun/", "{}"), manager.Get("/agents/" + b.other + "/tasks/"),
		manager.Post("/tasks/", map[string]any{"agent": b.other, "name": "t", "task_type": "manual"}),
		b.With().Get("/checks/"), b.With(access.ListChecks).Post("/checks/", ping), b.With(access.ListChecks).Post("/checks/1/reset/", "{}"),
		b.With().Get("/tasks/"), b.With().Get("/automation/policies/"), b.With(access.ListPolicies).Post("/automation/policies/", "{}"),
		b.WithoutRole().Get("/checks/"),
	} {
		r.Forbidden()
	}
	manager.Get("/checks/").Is(ok, []string{})
	b.Admin().Post("/checks/1/reset/", "{}").Is(ok, "The check status was reset")
	b.Admin().Post("/checks/client/2/csbulkrun/", "{}").Is(ok, "Checks will now be run on 1 agents")
	b.Admin().Post("/checks/"+b.other+"/run/", "{}").Is(http.StatusBadRequest, "Unable to contact the agent")
	b.Admin().Patch("/checks/1/history/", map[string]any{"timeFilter": "x"}).Is(http.StatusBadRequest, map[string]any{"timeFilter": []string{"A valid number is required."}})
	b.Admin().Delete(path).Is(ok, "Ping Check: p was deleted!")
	for _, r := range []*resttest.Reply{b.Admin().Get(path), b.Admin().Put(path, "{}"), b.Admin().Delete(path)} {
		r.NotFound("Check")
	}
	b.Admin().Post("/checks/1/reset/", "{}").NotFound("CheckResult")
}

func TestPoliciesAndTheirChecks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Admin().Post("/automation/policies/", map[string]any{"name": "P", "active": true, "excluded_sites": []int32{9}}).
		Is(http.StatusBadRequest, json.RawMessage(b.Admin().Post("/automation/policies/", map[string]any{"name": "P", "excluded_sites": []int32{9}}).Body))
	b.Admin().Post("/automation/policies/", map[string]any{"name": "P", "desc": "", "active": true, "excluded_agents": []int32{2}}).Is(ok, "ok")
	b.Admin().Post("/automation/policies/", map[string]any{"name": "P"}).Is(http.StatusBadRequest, map[string]any{"name": []string{"policy with this name already exists."}})
	policy := b.last("policies")
	path := fmt.Sprintf("/automation/policies/%d/", policy)
	b.Admin().Post("/checks/", map[string]any{"policy": policy, "check_type": "script", "script": 1, "timeout": 5}).Is(ok, "Script Check: Clean was added!")
	var listed []map[string]any
	b.Admin().Get(path + "checks/").OK(&listed)
	require.Len(t, listed, 1)
	b.exec(`UPDATE core_settings SET server_policy_id = $1`, policy)
	b.Admin().Get("/agents/" + b.mine + "/checks/").OK(&listed)
	require.Len(t, listed, 1)
	b.Admin().Get("/agents/" + b.other + "/checks/").OK(&listed)
	require.Empty(t, listed)
	b.Admin().Get("/automation/policies/").OK(&listed)
	require.NotContains(t, listed[0], "alert_template")
	require.EqualValues(t, 1, listed[0]["agents_count"])
	require.Equal(t, true, listed[0]["default_server_policy"])
	b.Admin().Put(path, map[string]any{"active": false}).Is(ok, "ok")
	b.Admin().Get("/agents/" + b.mine + "/checks/").OK(&listed)
	require.Empty(t, listed)
	b.Admin().Delete(path).Is(ok, "ok")
	for _, r := range []*resttest.Reply{b.Admin().Get(path), b.Admin().Put(path, "{}"), b.Admin().Delete(path), b.Admin().Get(path + "checks/"), b.Admin().Get(path + "tasks/")} {
		r.NotFound("Policy")
	}
}

func TestTaskRules(t *testing.T) {
	t.Parallel()
	b := setup(t)
	base := func(more map[string]any) map[string]any {
		body := map[string]any{"agent": b.mine, "name": "T", "task_type": "manual"}
		for k, v := range more {
			body[k] = v
		}
		return body
	}
	refused := func(body map[string]any, field, message string) {
		t.Helper()
		b.Admin().Post("/tasks/", body).Is(http.StatusBadRequest, map[string]any{field: []string{message}})
	}
	refused(base(map[string]any{"actions": []any{}}), "actions", "There must be at least one action configured")
	refused(base(map[string]any{"task_type": "weekly", "run_time_date": "2030-01-02T03:04:00Z", "weekly_interval": 1}),
		"non_field_errors", "run_time_bit_weekdays is required for task_type 'weekly'")
	refused(base(map[string]any{"run_time_date": nil}), "run_time_date", "This field may not be null.")
	refused(base(map[string]any{"task_supported_platforms": []string{}}), "task_supported_platforms", "This list may not be empty.")
	refused(base(map[string]any{"expire_date": "2001-01-01T00:00:00Z"}), "non_field_errors", "Expires date/time is in the past")
	b.Admin().Post("/tasks/", base(map[string]any{"task_type": "daily", "run_time_date": "2030-01-02T15:04:00Z", "daily_interval": 1})).OK(nil)
	task := b.last("tasks")
	var shown map[string]any
	b.Admin().Get(fmt.Sprintf("/tasks/%d/", task)).OK(&shown)
	require.Equal(t, "Daily at 03:04PM", shown["schedule"])
	require.Equal(t, "2030-01-02T15:04:00Z", shown["run_time_date"])
	require.Equal(t, map[string]any{}, shown["task_result"])
	require.NotContains(t, shown, "check_name")
	var listed []map[string]any
	b.Admin().Get("/agents/" + b.mine + "/tasks/").OK(&listed)
	require.Equal(t, "initial", listed[0]["task_result"].(map[string]any)["sync_status"])
	b.Admin().Get("/tasks/").OK(&listed)
	require.Len(t, listed, 1)
	b.Admin().Get("/tasks/99999/").NotFound("AutomatedTask")
}
