package agentsapi_test

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

const nosuch = "NOSUCHAGENTIDENTIFIERXXXXX"

func TestLists(t *testing.T) {
	t.Parallel()
	f := setup(t, false)
	var rows, short []body
	f.Admin().Get("/agents/").OK(&rows)
	require.Len(t, rows, 2)
	require.Equal(t, "host-WIN", rows[0]["hostname"])
	require.NotContains(t, rows[0], "policy")
	require.Equal(t, []any{}, rows[0]["custom_fields"])
	require.Equal(t, "online", rows[0]["status"])
	f.Admin().Get("/agents/?detail=false").OK(&short)
	require.ElementsMatch(t, []string{"id", "hostname", "agent_id", "client", "site"}, keys(short[0]))
	f.Admin().Get("/agents/?monitoring_type=toaster").Is(http.StatusBadRequest, "monitoring type does not exist")
	f.As(resttest.Role{Permissions: []access.Permission{access.ListAgents}, Sites: []int32{f.site2}}).Get("/agents/").OK(&rows)
	require.Len(t, rows, 1)
	f.With(access.ListNotes).Get("/agents/").Forbidden()
	var versions body
	f.Admin().Get("/agents/versions/").OK(&versions)
	require.Len(t, versions["agents"], 2)
	require.Equal(t, []any{"2.11.0"}, versions["versions"])
}

func keys(m body) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}

func TestEveryAgentRouteKeepsToTheScope(t *testing.T) {
	t.Parallel()
	f := setup(t, false)
	var all []access.Permission
	all = append(all, access.Permissions()...)
	limited := f.As(resttest.Role{Permissions: all, Clients: []int32{f.client1}})
	for _, op := range f.App.Router.Operations() {
		if !strings.HasPrefix(op.Path, "/agents/{agent_id}/") {
			continue
		}
		path := strings.NewReplacer("{pid}", "1", "{logtype}", "System", "{days}", "1", "{port}", "5900").Replace(op.Path)
		in := body{"cmd": "x", "shell": "cmd", "timeout": 1, "run_as_user": false, "script": 1, "output": "wait", "mode": "mesh"}
		limited.Do(op.Method, strings.Replace(path, "{agent_id}", lnxID, 1), in).Forbidden()
		limited.Do(op.Method, strings.Replace(path, "{agent_id}", nosuch, 1), in).NotFound("Agent")
		f.Admin().Do(op.Method, strings.Replace(path, "{agent_id}", nosuch, 1), in).NotFound("Agent")
		require.Equal(t, http.StatusNotFound, f.Admin().Do(op.Method, strings.Replace(path, "{agent_id}", "short", 1), in).Status)
	}
}

func TestEditRefusesWithTheContractsMessages(t *testing.T) {
	t.Parallel()
	f := setup(t, false)
	put := func(in body) *resttest.Reply { return f.Admin().Put(agentPath(winID, ""), in) }
	put(body{"time_zone": "Mars/Base", "offline_time": -1, "site": 999999, "monitoring_type": "toaster"}).Is(http.StatusBadRequest, body{
		"site": []string{`Invalid pk "999999" - object does not exist.`}, "monitoring_type": []string{`"toaster" is not a valid choice.`},
		"offline_time": []string{"Ensure this value is greater than or equal to 0."}, "time_zone": []string{`"Mars/Base" is not a valid choice.`},
	})
	put(body{"winupdatepolicy": []body{{"critical": "always"}}}).Is(http.StatusBadRequest, body{"critical": []string{`"always" is not a valid choice.`}})
	put(body{"custom_fields": []body{{"field": 999999, "string_value": "x"}}}).Is(http.StatusBadRequest, body{"field": []string{`Invalid pk "999999" - object does not exist.`}})
	put(body{"default_shell": nil}).Is(http.StatusBadRequest, body{"default_shell": []string{"This field may not be null."}})
	put(body{"default_shell": "bash"}).Is(http.StatusBadRequest, body{"default_shell": []string{
		"Invalid default shell for Windows agent. Use global default, 'cmd', 'powershell' or 'custom'."}})
	put(body{"description": "  the server ", "time_zone": "Europe/Berlin", "hostname": "ignored"}).Is(http.StatusOK, "The agent was updated successfully")
	var d body
	f.Admin().Get(agentPath(winID, "")).OK(&d)
	require.Equal(t, "the server", d["description"])
	require.Equal(t, "Europe/Berlin", d["timezone"])
	require.Equal(t, "host-WIN", d["hostname"])
	require.NotContains(t, d, "id")
	require.NotContains(t, d, "serial_number")
	put(body{"time_zone": ""}).Is(http.StatusOK, "The agent was updated successfully")
	f.Admin().Get(agentPath(winID, "")).OK(&d)
	require.Nil(t, d["time_zone"])
}

func TestOfflineAnswers(t *testing.T) {
	t.Parallel()
	f := setup(t, true)
	const unable = "Unable to contact the agent"
	script := f.script(t)
	for _, step := range []struct {
		method, path string
		in           any
		status       int
		want         any
	}{
		{"GET", "ping/", nil, 200, body{"name": "host-WIN", "status": "offline"}},
		{"POST", "cmd/", body{"cmd": "x", "shell": "cmd", "custom_shell": nil, "timeout": "1", "run_as_user": false}, 400, unable},
		{"POST", "runscript/", body{"script": script, "output": "wait", "args": []string{}, "timeout": 1, "run_as_user": false, "env_vars": []string{}}, 200, "timeout"},
		{"POST", "wmi/", nil, 400, unable},
		{"POST", "recover/", body{"mode": "mesh"}, 400, "Unable to complete recovery: timeout"},
		{"POST", "recover/", body{"mode": "tacagent"}, 400, "Unable to contact the remote desktop server"},
		{"POST", "recover/", body{"mode": "dance"}, 400, "Invalid recovery mode"},
		{"POST", "reboot/", nil, 400, unable},
		{"PATCH", "reboot/", body{"datetime": "2999-01-01T10:00"}, 400, "timeout"},
		{"PATCH", "reboot/", body{"datetime": "2001-01-01T10:00"}, 400, "Date cannot be set in the past"},
		{"PATCH", "reboot/", body{"datetime": "soon"}, 400, "Invalid date"},
		{"PATCH", "reboot/", nil, 400, "Invalid date"},
		{"POST", "shutdown/", nil, 400, unable},
		{"POST", "wol/", nil, 400, "Unable to contact the remote desktop server"},
		{"GET", "processes/", nil, 400, unable},
		{"DELETE", "processes/12/", nil, 400, unable},
		{"GET", "eventlog/Application/1/", nil, 400, unable},
		{"POST", "meshcentral/", nil, 400, unable},
		{"POST", "meshcentral/recover/", nil, 400, unable},
		{"GET", "5900/webvnc/", nil, 400, "Missing mesh node id"},
		{"GET", "registry/", nil, 400, "This feature requires agent version 2.10.0 or higher."},
	} {
		f.Admin().Do(step.method, agentPath(winID, step.path), step.in).Is(step.status, step.want)
	}
	f.Admin().Patch(agentPath(lnxID, "reboot/"), body{"datetime": "2999-01-01T10:00"}).Is(400, "Not currently implemented for linux")
	var links body
	f.Admin().Get(agentPath(winID, "meshcentral/recover/")).OK(&links)
	require.Contains(t, links["control"], "viewmode=11&hide=31")
}

func (f *fleet) script(t *testing.T) int32 {
	t.Helper()
	var id int32
	require.NoError(t, f.Pool.QueryRow(t.Context(), `INSERT INTO scripts (name, shell, script_body) VALUES ('Kit', 'cmd', 'echo') RETURNING id`).Scan(&id))
	return id
}

func TestTalkingToAnAgent(t *testing.T) {
	t.Parallel()
	f := setup(t, true)
	f.answer(t, winID, map[string]any{
		"ping": "pong", "rawcmd": "root\r\n", "runscript": "out", "procs": []any{}, "killproc": "ok", "rebootnow": "ok", "schedtask": "ok", "recover": "ok",
	})
	f.Admin().Get(agentPath(winID, "ping/")).Is(200, body{"name": "host-WIN", "status": "online"})
	f.Admin().Post(agentPath(winID, "cmd/"), body{"cmd": " whoami ", "shell": "cmd", "timeout": 5, "run_as_user": false}).Is(200, "root\r\n")
	f.Admin().Post(agentPath(winID, "cmd/"), body{"shell": "cmd", "timeout": 5}).Is(400, body{"cmd": []string{"This field is required."}})
	run := body{"script": f.script(t), "output": "note", "args": []string{"{{agent.hostname}}"}, "timeout": "5", "run_as_user": false, "env_vars": []string{"A=b"},
		"emailMode": "default", "emails": []string{}, "custom_field": nil, "save_all_output": false}
	f.Admin().Post(agentPath(winID, "runscript/"), run).Is(200, "out")
	run["output"] = "forget"
	f.Admin().Post(agentPath(winID, "runscript/"), run).Is(200, "Kit will now be run on host-WIN")
	run["script"] = 999999
	f.Admin().Post(agentPath(winID, "runscript/"), run).NotFound("Script")
	f.Admin().Get(agentPath(winID, "processes/")).Is(200, []any{})
	f.Admin().Delete(agentPath(winID, "processes/12/")).Is(200, "Process with PID: 12 was ended successfully")
	f.Admin().Post(agentPath(winID, "reboot/"), nil).Is(200, "ok")
	f.Admin().Post(agentPath(winID, "recover/"), body{"mode": "mesh"}).Is(200, "Successfully completed recovery")
	f.Admin().Post(agentPath(winID, "meshcentral/recover/"), nil).Is(200, "Repaired mesh agent on host-WIN")
	var plan body
	f.Admin().Patch(agentPath(winID, "reboot/"), body{"datetime": "2999-08-29T18:41"}).OK(&plan)
	require.Equal(t, "August 29, 2999 at 06:41 PM", plan["time"])
	var pending []body
	f.Admin().Get(agentPath(winID, "pendingactions/")).OK(&pending)
	require.Equal(t, "Device pending reboot", pending[0]["description"])
	require.Equal(t, "2999-08-29 18:41:00", pending[0]["due"])

	var history []body
	f.Admin().Get(agentPath(winID, "history/")).OK(&history)
	require.Len(t, history, 3)
	require.Equal(t, " whoami ", history[0]["command"])
	require.NotContains(t, history[0], "script_name")
	require.Equal(t, "Kit", history[1]["script_name"])
	f.As(resttest.Role{Permissions: []access.Permission{access.ListAgentHistory}, Clients: []int32{f.client2}}).Get("/agents/history/").Is(200, []any{})
	f.Admin().Get("/agents/scripthistory/?limit=1").OK(&history)
	require.Len(t, history, 1)
	f.Admin().Get("/agents/scripthistory/?limit=-1").Is(400, body{"limit": []string{"Ensure this value is greater than or equal to 0."}})
	f.Admin().Get("/agents/scripthistory/?start=2001-01-01&end=2001-02-01").Is(200, []any{})
}

func TestNotes(t *testing.T) {
	t.Parallel()
	f := setup(t, false)
	limited := f.As(resttest.Role{Permissions: []access.Permission{access.ListNotes, access.ManageNotes}, Clients: []int32{f.client1}})
	f.Admin().Post("/agents/notes/", body{"agent_id": lnxID, "note": " text "}).Is(200, "Note added!")
	limited.Post("/agents/notes/", body{"agent_id": lnxID, "note": "x"}).Forbidden()
	f.Admin().Post("/agents/notes/", body{"agent_id": winID}).Is(400, "Cannot add an empty note")
	f.Admin().Post("/agents/notes/", body{"agent_id": nosuch, "note": "x"}).NotFound("Agent")
	var notes []body
	f.Admin().Get("/agents/notes/").OK(&notes)
	require.Equal(t, " text ", notes[0]["note"])
	require.Equal(t, "admin", notes[0]["username"])
	limited.Get("/agents/notes/").Is(200, []any{})
	path := fmt.Sprintf("/agents/notes/%v/", notes[0]["pk"])
	limited.Get(path).Forbidden()
	limited.Delete(path).Forbidden()
	f.Admin().Put(path, body{"note": nil}).Is(200, "Note edited!")
	var note body
	f.Admin().Get(path).OK(&note)
	require.Nil(t, note["note"])
	f.Admin().Delete(path).Is(200, "Note was deleted!")
	f.Admin().Get(path).NotFound("Note")
}

func TestBulkAndMaintenance(t *testing.T) {
	t.Parallel()
	f := setup(t, false)
	limited := f.As(resttest.Role{Permissions: []access.Permission{access.RunBulk, access.EditAgent}, Clients: []int32{f.client1}})
	command := body{"mode": "command", "target": "all", "monType": "all", "osType": "all", "cmd": "x", "shell": "cmd", "timeout": 5, "run_as_user": false}
	limited.Post("/agents/actions/bulk/", command).Is(200, "Command will now be run on 1 agents. Check the History tab on the agent to view the results.")
	command["target"], command["client"] = "client", f.client2
	limited.Post("/agents/actions/bulk/", command).Forbidden()
	command["client"] = 999999
	f.Admin().Post("/agents/actions/bulk/", command).NotFound("Client")
	var after string
	require.NoError(t, f.Pool.QueryRow(t.Context(), `SELECT after_value::text FROM audit_log WHERE action = 'bulk_action'`).Scan(&after))
	var request body
	require.NoError(t, json.Unmarshal([]byte(after), &request))
	require.Equal(t, "x", request["cmd"])

	limited.Post("/agents/maintenance/bulk/", body{"type": "Client", "id": f.client1, "action": true}).Is(200, "Maintenance mode has been enabled on 1 agents")
	limited.Post("/agents/maintenance/bulk/", body{"type": "Site", "id": f.site2, "action": true}).Forbidden()
	f.Admin().Post("/agents/maintenance/bulk/", body{"type": "Planet", "id": 1, "action": true}).Is(400, "Invalid data")
	f.Admin().Post("/agents/update/", body{"agent_ids": []string{winID}}).Is(200, "ok")
	f.Admin().Get("/agents/bulkrecovery/").Is(200, "Agents will now be recovered")
}

func TestInstallers(t *testing.T) {
	t.Parallel()
	f := setup(t, false)
	in := func(method string) body {
		return body{"installMethod": method, "client": f.client1, "site": f.site1, "expires": "24", "agenttype": "server", "power": 0, "rdp": "1", "ping": 0,
			"goarch": "amd64", "plat": "windows", "api": "https://api.example.com", "fileName": "x.exe"}
	}
	var cmd body
	f.Admin().Post("/agents/installer/", in("manual")).OK(&cmd)
	require.Regexp(t, `--auth [0-9a-f]{64} --rdp$`, cmd["cmd"])
	require.Equal(t, "https://api.example.com/v1/downloads/agent/windows/amd64", cmd["url"])
	ps := f.Admin().Post("/agents/installer/", in("powershell"))
	require.Equal(t, http.StatusOK, ps.Status)
	require.Equal(t, "text/plain", ps.Header.Get("Content-Type"))
	require.Regexp(t, `attachment; filename="?rmm-installer.ps1`, ps.Header.Get("Content-Disposition"))
	bash := f.Admin().Post("/agents/installer/", in("bash"))
	require.Equal(t, http.StatusOK, bash.Status)
	require.Equal(t, "text/html; charset=utf-8", bash.Header.Get("Content-Type"))
	require.True(t, strings.HasPrefix(bash.Body, "#!/bin/sh"))
	f.Admin().Post("/agents/installer/", in("exe")).Is(400, "Something went wrong. Check debug error log for exact error message")
	bad := in("manual")
	bad["expires"] = "many"
	f.Admin().Post("/agents/installer/", bad).Is(400, "Please enter a valid number of hours")
	bad = in("manual")
	bad["site"] = f.site2
	f.As(resttest.Role{Permissions: []access.Permission{access.InstallAgents}, Clients: []int32{f.client1}}).Post("/agents/installer/", bad).Forbidden()
	var kinds int
	require.NoError(t, f.Pool.QueryRow(t.Context(), `SELECT count(*) FROM sessions WHERE kind = 'installer'`).Scan(&kinds))
	require.Equal(t, 3, kinds, "refused requests leave no token")
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	f := setup(t, true)
	_, err := f.Pool.Exec(t.Context(), `UPDATE agent_presence SET version = '2.11.0'`)
	require.NoError(t, err)
	path := func(rest string) string { return agentPath(winID, "registry/"+rest) }
	f.Admin().Get(path("?page=x")).Is(400, "page and page_size must be integers")
	f.Admin().Get(path("")).Is(400, "Unable to contact the agent")
	f.Admin().Post(path("create-key/"), body{"path": " "}).Is(400, "Registry path is required")
	f.Admin().Post(path("rename-key/"), body{"old_path": "a", "new_path": ""}).Is(400, "Both 'old_path' and 'new_path' are required")
	f.Admin().Post(path("rename-key/"), body{"old_path": "a", "new_path": "a"}).Is(400, "Old and new path cannot be the same")
	f.Admin().Post(path("create-value/"), body{"path": "a"}).Is(400, "Registry value type is required")
	f.Admin().Post(path("modify-value/"), body{"path": "a"}).Is(400, "Registry value name is required")
	f.Admin().Delete(path("delete-value/?path=a")).Is(400, "Registry value name is required")
	f.Admin().Post(path("rename-value/"), body{"path": "a", "old_name": "n", "new_name": "n"}).Is(400, "Old and new value names cannot be the same")

	f.answer(t, winID, map[string]any{
		"registry_browse":       map[string]any{"subkeys": nil, "values": nil, "has_more": false},
		"registry_create_value": map[string]any{"status": "success"}, "registry_create_key": map[string]any{"success": true},
		"registry_delete_key": map[string]any{"error": "nope"},
	})
	f.Admin().Get(path("?path=COMPUTER&page=2&page_size=400")).Is(200, body{"path": "Computer", "subkeys": []any{}, "values": []any{}, "has_more": false, "page": 2, "page_size": 400})
	f.Admin().Post(path("create-key/"), body{"path": `HKEY_LOCAL_MACHINE\x`}).Is(200, body{"status": "success", "path": `HKEY_LOCAL_MACHINE\x`})
	f.Admin().Delete(path("delete-key/?path=x")).Is(400, "Registry Delete Key failed: nope")
	form := "--b\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\np\r\n--b\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nreg_sz\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nn\r\n--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n5\r\n--b--\r\n"
	f.Admin().Do(http.MethodPost, path("create-value/"), form, "Content-Type", "multipart/form-data; boundary=b").
		Is(200, body{"status": "success", "data": body{"name": "n", "type": "REG_SZ", "data": "5"}})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	f := setup(t, false)
	f.Admin().Delete(agentPath(winID, "")).Is(200, "host-WIN will now be uninstalled.")
	f.Admin().Delete(agentPath(winID, "")).NotFound("Agent")
}

func BenchmarkListAgents(b *testing.B) {
	api := resttest.New(b)
	_, err := api.Pool.Exec(b.Context(), `
		WITH c AS (INSERT INTO clients (name) VALUES ('Acme') RETURNING id), s AS (INSERT INTO sites (client_id, name) SELECT id, 'HQ' FROM c RETURNING id)
		INSERT INTO agents (agent_id, hostname, operating_system, site_id)
		SELECT 'FLEETAGENTIDENTIFIER' || lpad(i::text, 10, '0'), 'pc-' || i, 'Windows 11 Pro, 64 bit', s.id FROM s, generate_series(1, 5000) i`)
	require.NoError(b, err)
	_, err = api.Pool.Exec(b.Context(), `UPDATE agent_inventory SET cpu_model = '{"Intel(R) Core(TM) i7, 6C/12T"}', graphics = 'Intel UHD', local_ips = '10.1.1.7',
		make_model = 'Dell Inc. OptiPlex', physical_disks = '{"SSD 512GB SCSI"}', wmi_detail = jsonb_build_object('pad', repeat(md5(agent_id::text), 1400))`)
	require.NoError(b, err)
	admin := api.Admin()
	for b.Loop() {
		if reply := admin.Get("/agents/"); reply.Status != http.StatusOK || len(reply.Body) < 1_000_000 {
			b.Fatal(reply.Status, len(reply.Body))
		}
	}
}
