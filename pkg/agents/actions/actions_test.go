package actions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/agents/actions"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/remote"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestPing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.enrol(t, someID, agents.Linux)
	start := time.Now()
	there, err := b.actions.Ping(t.Context(), ref)
	require.NoError(t, err)
	require.False(t, there)
	require.Less(t, time.Since(start), 30*time.Second, "an agent that is away is known at once")
	b.connect(t, someID, map[string]any{"ping": "pong"})
	there, err = b.actions.Ping(t.Context(), ref)
	require.NoError(t, err)
	require.True(t, there)
}

func TestCommand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.enrol(t, someID, agents.Linux)
	cmd := actions.Command{Text: "uptime", Shell: "custom", CustomShell: "/bin/bash", Timeout: 5, RunAsUser: true}
	_, err := b.actions.Command(t.Context(), b.admin, ref, cmd)
	require.ErrorContains(t, err, "Unable to contact the agent")
	require.Empty(t, b.texts(t, `SELECT message FROM audit_log WHERE action = 'execute_command'`))

	a := b.connect(t, someID, map[string]any{"rawcmd": "up 3 days\n"})
	output, err := b.actions.Command(t.Context(), b.admin, ref, cmd)
	require.NoError(t, err)
	require.Equal(t, "up 3 days\n", output)
	sent := a.commands("rawcmd")
	require.Len(t, sent, 1)
	require.Equal(t, map[string]string{"command": "uptime", "shell": "/bin/bash"}, sent[0].Payload)
	require.Equal(t, 5, sent[0].Timeout)
	require.True(t, sent[0].RunAsUser)
	require.Equal(t, []string{"root issued /bin/bash command on host-AAAA."}, b.texts(t, `SELECT message FROM audit_log WHERE action = 'execute_command'`))
	require.Equal(t, []string{`"uptime"`}, b.texts(t, `SELECT after_value::text FROM audit_log WHERE action = 'execute_command'`))
	require.Len(t, b.texts(t, `SELECT command FROM agent_history WHERE type = 'cmd_run'`), 2, "the row of the failed try stays")
	var id int
	require.NoError(t, b.pool.QueryRow(t.Context(), `SELECT max(id) FROM agent_history`).Scan(&id))
	require.Equal(t, id, sent[0].ID, "the result finds its row by this id")
}

func TestWindowsAgentsGetOnlyTheirShells(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.enrol(t, someID, agents.Windows)
	a := b.connect(t, someID, map[string]any{"rawcmd": "x"})
	_, err := b.actions.Command(t.Context(), b.admin, ref, actions.Command{Text: "x", Shell: "/bin/sh", Timeout: 1})
	require.Equal(t, fault.KindRefused, fault.KindOf(err))
	require.Empty(t, a.commands("rawcmd"))
}

func TestRunScriptOutputs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.enrol(t, someID, agents.Linux)
	id := b.script(t, "shell", "#!/bin/sh\necho {{lib}}\n")
	_, err := b.pool.Exec(t.Context(), `INSERT INTO script_snippets (name, code) VALUES ('lib', 'snippet')`)
	require.NoError(t, err)
	var field int32
	require.NoError(t, b.pool.QueryRow(t.Context(), `INSERT INTO custom_fields (model, name) VALUES ('site', 'f') RETURNING id`).Scan(&field))
	a := b.connect(t, someID, map[string]any{"runscript": "first\nlast\n"})
	run := func(r actions.ScriptRun) string {
		t.Helper()
		r.ScriptID, r.Timeout = id, 2
		r.Args, r.Env = []string{"{{agent.hostname}}", "{{site.nosuch.x}}"}, []string{"C={{client.name}}", "bad", "D={{global.none}}"}
		out, err := b.actions.RunScript(t.Context(), b.admin, ref, r)
		require.NoError(t, err)
		return out.Text
	}
	require.Equal(t, "first\nlast\n", run(actions.ScriptRun{Output: actions.Wait}))
	sent := a.commands("runscript")
	require.Len(t, sent, 1)
	require.Equal(t, "#!/bin/sh\necho snippet\n", sent[0].Payload["code"])
	require.Equal(t, []string{"'host-AAAA'", "HQ"}, sent[0].ScriptArgs)
	require.Equal(t, []string{"C=Acme"}, sent[0].EnvVars)
	require.Equal(t, 5, sent[0].Timeout)
	require.Equal(t, "--allow-all", sent[0].DenoDefaultPermissions)
	require.Contains(t, b.texts(t, `SELECT message FROM debug_log`), "Couldn't lookup value for: global.none. Make sure it exists in CoreSettings > Key Store")

	require.Equal(t, "first\nlast\n", run(actions.ScriptRun{Output: actions.Note}))
	require.Equal(t, []string{"first\nlast\n"}, b.texts(t, `SELECT note FROM notes`))
	run(actions.ScriptRun{Output: actions.Collector, CustomField: field})
	require.Equal(t, []string{"last"}, b.texts(t, `SELECT string_value FROM site_custom_fields`))
	run(actions.ScriptRun{Output: actions.Collector, CustomField: field, SaveAll: true})
	require.Equal(t, []string{"first\nlast"}, b.texts(t, `SELECT string_value FROM site_custom_fields`))
	require.Equal(t, "Kit shell will now be run on host-AAAA", run(actions.ScriptRun{Output: actions.Forget}))
	require.Eventually(t, func() bool { return len(a.commands("runscript")) == 5 }, time.Minute, 5*time.Millisecond)
	require.Len(t, b.texts(t, `SELECT message FROM audit_log WHERE action = 'execute_script'`), 5)
	require.Len(t, b.texts(t, `SELECT type FROM agent_history WHERE type = 'script_run'`), 5)
}

func TestRunScriptWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.enrol(t, someID, agents.Linux)
	id := b.script(t, "shell", "x")
	var field int32
	require.NoError(t, b.pool.QueryRow(t.Context(), `INSERT INTO custom_fields (model, name) VALUES ('agent', 'f') RETURNING id`).Scan(&field))
	for _, output := range []actions.Output{actions.Wait, actions.Note, actions.Collector} {
		out, err := b.actions.RunScript(t.Context(), b.admin, ref, actions.ScriptRun{ScriptID: id, Output: output, Timeout: 1, CustomField: field})
		require.NoError(t, err)
		require.Equal(t, "timeout", out.Text)
	}
	require.Empty(t, b.texts(t, `SELECT string_value FROM agent_custom_fields`), "no answer is no collected value")
	_, err := b.actions.RunScript(t.Context(), b.admin, ref, actions.ScriptRun{ScriptID: 99999, Output: actions.Wait})
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	b.bus.Stop()
	out, err := b.actions.RunScript(t.Context(), b.admin, ref, actions.ScriptRun{ScriptID: id, Output: actions.Wait, Timeout: 1})
	require.NoError(t, err)
	require.Contains(t, []string{"natsdown", "timeout"}, out.Text)
}

func TestRunScriptOnServer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.enrol(t, someID, agents.Linux)
	id := b.script(t, "shell", "#!/bin/sh\necho \"$1 $KIT\"\n")
	run := actions.ScriptRun{ScriptID: id, Output: actions.Wait, Timeout: 10, OnServer: true, Args: []string{"a"}, Env: []string{"KIT=v"}}
	out, err := b.actions.RunScript(t.Context(), b.admin, ref, run)
	require.NoError(t, err)
	require.Equal(t, "a v\n", out.Server.Stdout)
	var stored map[string]any
	require.NoError(t, json.Unmarshal([]byte(b.texts(t, `SELECT script_results::text FROM agent_history`)[0]), &stored))
	require.Equal(t, "a v\n", stored["stdout"])

	_, err = b.pool.Exec(t.Context(), `UPDATE core_settings SET enable_server_scripts = false`)
	require.NoError(t, err)
	_, err = b.actions.RunScript(t.Context(), b.admin, ref, run)
	require.ErrorContains(t, err, "This feature is disabled.")
	require.Len(t, b.texts(t, `SELECT type FROM agent_history`), 1, "refused before anything is written")
}

// mailbox keeps the mails that were sent.
type mailbox struct{ to, subject, body string }

func (m *mailbox) Send(_ context.Context, to []string, subject, body string) error {
	m.to, m.subject, m.body = strings.Join(to, ","), subject, body
	return nil
}

func TestRunScriptByMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.enrol(t, someID, agents.Linux)
	id := b.script(t, "shell", "x")
	b.connect(t, someID, map[string]any{"runscriptfull": map[string]any{"stdout": "out", "stderr": "err", "retcode": 2, "execution_time": 0.5, "id": 1}})
	run := actions.ScriptRun{ScriptID: id, Output: actions.Email, Timeout: 2, Emails: []string{"a@example.com"}}
	out, err := b.actions.RunScript(t.Context(), b.admin, ref, run)
	require.NoError(t, err)
	require.Equal(t, "Kit shell will now be run on host-AAAA", out.Text)
	box := &mailbox{}
	require.Equal(t, 1, b.work(t, box))
	require.Equal(t, "a@example.com", box.to)
	require.Equal(t, "Acme, HQ, host-AAAA Kit shell Results", box.subject)
	require.Equal(t, box.subject+"\nReturn code: 2\nExecution time: 0.5 seconds\nStdout: out\nStderr: err\n", box.body)
}

func TestBulk(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, two := b.enrol(t, someID, agents.Linux), b.enrol(t, "BBBBAAAABBBBAAAABBBBAAAABBBBAAAA", agents.Windows)
	first, second := b.connect(t, one.AgentID, nil), b.connect(t, two.AgentID, nil)
	id := b.script(t, "shell", "x")
	var field int32
	require.NoError(t, b.pool.QueryRow(t.Context(), `INSERT INTO custom_fields (model, name) VALUES ('agent', 'f') RETURNING id`).Scan(&field))

	answer, err := b.actions.Bulk(t.Context(), b.admin, actions.Bulk{Mode: "command", Target: "all", Request: map[string]any{"mode": "command"},
		Command: actions.Command{Text: "whoami", Shell: "cmd", Timeout: 5}, Timeout: 5})
	require.NoError(t, err)
	require.Equal(t, "Command will now be run on 2 agents. Check the History tab on the agent to view the results.", answer)
	require.Equal(t, 1, b.work(t, nil))
	require.Eventually(t, func() bool { return len(first.commands("rawcmd")) == 1 && len(second.commands("rawcmd")) == 1 }, time.Minute, 5*time.Millisecond)
	require.NotZero(t, second.commands("rawcmd")[0].ID)

	answer, err = b.actions.Bulk(t.Context(), b.admin, actions.Bulk{Mode: "script", Target: "agents", AgentIDs: []string{one.AgentID}, ScriptID: id,
		Args: []string{"{{agent.hostname}}"}, CustomField: &field, SaveToAgentNote: true, Timeout: 5, Request: map[string]any{}})
	require.NoError(t, err)
	require.Equal(t, "Kit shell will now be run on 1 agents. Check the History tab on the agent to view the results.", answer)
	require.Equal(t, 1, b.work(t, nil))
	require.Eventually(t, func() bool { return len(first.commands("runscriptfull")) == 1 }, time.Minute, 5*time.Millisecond)
	require.Equal(t, []string{"'host-AAAA'"}, first.commands("runscriptfull")[0].ScriptArgs)
	require.Len(t, b.texts(t, `SELECT type FROM agent_history WHERE save_to_agent_note AND custom_field_id IS NOT NULL`), 1)

	_, err = b.pool.Exec(t.Context(), `UPDATE agent_presence SET version = '2.4.0'`)
	require.NoError(t, err)
	_, err = b.pool.Exec(t.Context(), `INSERT INTO win_updates (agent_id, guid, action, installed) VALUES ($1, 'g1', 'approve', false), ($1, 'g2', 'nothing', false)`, two.PK)
	require.NoError(t, err)
	for mode, want := range map[string]string{"scan": "Patch status scan will now run on 2 agents", "install": "Pending updates will now be installed on 2 agents"} {
		answer, err = b.actions.Bulk(t.Context(), b.admin, actions.Bulk{Mode: "patch", Target: "client", ClientID: b.client, PatchMode: mode, Request: map[string]any{}})
		require.NoError(t, err)
		require.Equal(t, want, answer)
	}
	require.Equal(t, 2, b.work(t, nil))
	require.Eventually(t, func() bool {
		return len(second.commands("getwinupdates")) == 1 && len(second.commands("installwinupdates")) == 1
	}, time.Minute, 5*time.Millisecond)
	require.Equal(t, []string{"g1"}, second.commands("installwinupdates")[0].GUIDs)
	require.Empty(t, first.commands("getwinupdates"))

	require.Equal(t, []string{
		"root executed bulk command on all agents", "root executed bulk script: Kit shell on multiple agents",
	}, b.texts(t, `SELECT message FROM audit_log WHERE action = 'bulk_action' AND message NOT LIKE '%patch%' ORDER BY id`))
	require.Equal(t, []string{`["host-AAAA"]`}, b.texts(t, `SELECT after_value->>'agent_hostnames' FROM audit_log WHERE after_value ? 'agent_hostnames'`))
}

// outage is a bus that goes away after some commands.
type outage struct{ after int }

func (o *outage) Publish(context.Context, string, agentwire.Command) error {
	if o.after == 0 {
		return fmt.Errorf("command: %w", remote.ErrNotSent)
	}
	o.after--
	return nil
}

func (o *outage) Request(ctx context.Context, id string, cmd agentwire.Command, _ time.Duration) (remote.Reply, error) {
	return remote.Reply{}, o.Publish(ctx, id, cmd)
}

// TestAnOutageOfTheBus: a job that has sent nothing says so and may begin again; one that has reached a part of its agents does not.
func TestAnOutageOfTheBus(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, two := b.enrol(t, someID, agents.Windows), b.enrol(t, "BBBBAAAABBBBAAAABBBBAAAABBBBAAAA", agents.Windows)
	_, err := b.pool.Exec(t.Context(), `UPDATE agent_presence SET version = '2.4.0'`)
	require.NoError(t, err)
	_, err = b.pool.Exec(t.Context(), `INSERT INTO win_updates (agent_id, guid, action) VALUES ($1, 'g1', 'approve'), ($2, 'g1', 'approve')`, one.PK, two.PK)
	require.NoError(t, err)
	id := b.script(t, "powershell", "x")
	bulk := func(in actions.Bulk) func() error {
		return func() error {
			in.Target, in.Request, in.Timeout = "all", map[string]any{}, 5
			_, err := b.actions.Bulk(t.Context(), b.admin, in)
			return err
		}
	}
	for name, enqueue := range map[string]func() error{
		"command": bulk(actions.Bulk{Mode: "command", Command: actions.Command{Text: "whoami", Shell: "cmd", Timeout: 5}}),
		"script":  bulk(actions.Bulk{Mode: "script", ScriptID: id}),
		"scan":    bulk(actions.Bulk{Mode: "patch", PatchMode: "scan"}),
		"install": bulk(actions.Bulk{Mode: "patch", PatchMode: "install"}),
		"mesh":    func() error { return b.actions.RecoverAll(t.Context()) },
	} {
		for sent := range 2 {
			require.NoError(t, enqueue(), name)
			cut := b.actions.Deps
			cut.Commander = &outage{after: sent}
			ended := b.attempt(t, actions.New(cut), nil)
			require.Len(t, ended, 1, name)
			require.ErrorIs(t, ended[0], remote.ErrBusDown, name)
			require.Equal(t, sent == 0, errors.Is(ended[0], remote.ErrNotSent), "%s after %d: %v", name, sent, ended[0])
		}
	}
	_, err = b.actions.RunScript(t.Context(), b.admin, one, actions.ScriptRun{ScriptID: id, Output: actions.Email, Timeout: 2, Emails: []string{"a@example.com"}})
	require.NoError(t, err)
	cut := b.actions.Deps
	cut.Commander = &outage{}
	require.ErrorIs(t, errors.Join(b.attempt(t, actions.New(cut), &mailbox{})...), remote.ErrNotSent)
}

func TestBulkRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, someID, agents.Linux)
	limited := &access.Principal{Kind: access.Session, Username: "u", Scope: access.Scope{Clients: []int32{b.client + 1000}}}
	for name, tt := range map[string]struct {
		actor *access.Principal
		bulk  actions.Bulk
		want  string
	}{
		"no agents named": {b.admin, actions.Bulk{Mode: "command", Target: "agents"}, "Must select at least 1 agent"},
		"unknown target":  {b.admin, actions.Bulk{Mode: "command", Target: "planet"}, "Something went wrong"},
		"unknown mode":    {b.admin, actions.Bulk{Mode: "dance", Target: "all"}, "Something went wrong"},
		"unknown patch":   {b.admin, actions.Bulk{Mode: "patch", Target: "all", PatchMode: "x"}, "Something went wrong"},
		"none found":      {b.admin, actions.Bulk{Mode: "command", Target: "all", Plat: "darwin"}, "No agents were found meeting the selected criteria"},
		"out of scope":    {limited, actions.Bulk{Mode: "command", Target: "all"}, "No agents were found meeting the selected criteria"},
		"foreign client":  {limited, actions.Bulk{Mode: "command", Target: "client", ClientID: b.client}, "You do not have permission"},
		"no script":       {b.admin, actions.Bulk{Mode: "script", Target: "all", ScriptID: 999}, "No Script matches"},
	} {
		tt.bulk.Request = map[string]any{}
		_, err := b.actions.Bulk(t.Context(), tt.actor, tt.bulk)
		require.ErrorContains(t, err, tt.want, name)
	}
	require.Empty(t, b.texts(t, `SELECT kind FROM outbox`))
}

func TestPowerProcessesAndRecovery(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.enrol(t, someID, agents.Windows)
	ctx := t.Context()
	for _, do := range []func(context.Context, agents.Ref) error{b.actions.Refresh, b.actions.Reboot, b.actions.Shutdown} {
		require.ErrorContains(t, do(ctx, ref), "Unable to contact the agent")
	}
	a := b.connect(t, someID, map[string]any{
		"sysinfo": "ok", "rebootnow": "ok", "shutdown": "ok", "killproc": "no such process", "recover": "ok", "schedtask": "ok",
		"procs":    []any{map[string]any{"name": "init", "pid": 1, "membytes": uint64(7), "username": "root", "id": 0, "cpu_percent": "0.1"}},
		"eventlog": []any{map[string]any{"source": "s", "eventType": "INFO", "eventID": uint32(5), "message": "m", "time": "t", "uid": 0}},
	})
	for _, do := range []func(context.Context, agents.Ref) error{b.actions.Refresh, b.actions.Reboot, b.actions.Shutdown} {
		require.NoError(t, do(ctx, ref))
	}
	list, err := b.actions.Processes(ctx, ref)
	require.NoError(t, err)
	require.Equal(t, "init", list[0].Name)
	require.ErrorContains(t, b.actions.KillProcess(ctx, ref, 12), "no such process")
	require.Equal(t, int32(12), a.commands("killproc")[0].ProcPID)
	entries, err := b.actions.EventLog(ctx, ref, "Security", 2)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, 180, a.commands("eventlog")[0].Timeout)
	word, err := b.actions.RecoverMesh(ctx, ref, time.Minute)
	require.NoError(t, err)
	require.Equal(t, "ok", word)
	require.NoError(t, b.actions.RecoverAll(ctx))
	require.Equal(t, 1, b.work(t, nil))
	require.Eventually(t, func() bool { return len(a.commands("recover")) == 2 }, time.Minute, 5*time.Millisecond)

	plan, err := b.actions.RebootLater(ctx, ref, "2999-08-29T18:41")
	require.NoError(t, err)
	require.Regexp(t, `^TacticalRMM_SchedReboot_[A-Za-z]{10}$`, plan.TaskName)
	task := a.commands("schedtask")[0].SchedTask
	require.Equal(t, 2999, task.StartYear)
	require.Equal(t, 46, task.ExpireMin)
	require.Equal(t, []string{"2999-08-29 18:41:00"}, b.texts(t, `SELECT details->>'time' FROM pending_actions`))
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, two := b.enrol(t, someID, agents.Linux), b.enrol(t, "BBBBAAAABBBBAAAABBBBAAAABBBBAAAA", agents.Windows)
	first := b.connect(t, one.AgentID, nil)
	_, err := b.pool.Exec(t.Context(), `UPDATE agent_presence SET version = '2.4.0'`)
	require.NoError(t, err)
	ids := []string{one.AgentID, two.AgentID, "unknown"}
	require.NoError(t, b.actions.Update(t.Context(), access.Scope{}, releases{}, ids))
	require.Empty(t, b.texts(t, `SELECT action_type FROM pending_actions`), "outside the scope")
	for range 2 {
		require.NoError(t, b.actions.Update(t.Context(), access.Everything(), releases{}, ids))
	}
	require.Equal(t, []string{"agentupdate"}, b.texts(t, `SELECT action_type FROM pending_actions`), "a new request replaces the old one")
	require.Eventually(t, func() bool { return len(first.commands("agentupdate")) == 2 }, time.Minute, 5*time.Millisecond)
	require.Equal(t, map[string]string{"url": "https://x/linux", "version": "2.11.0", "inno": "tacticalagent-v2.11.0-linux-amd64.exe"},
		first.commands("agentupdate")[0].Payload)
	require.Len(t, b.texts(t, `SELECT message FROM debug_log WHERE log_type = 'agent_update'`), 2, "no binary for Windows")
}

// TestAutoUpdate: connected agents that are older and have a binary, while the setting is on.
func TestAutoUpdate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	linux, windows, away := b.enrol(t, someID, agents.Linux), b.enrol(t, "BBBBAAAABBBBAAAABBBBAAAABBBBAAAA", agents.Windows), b.enrol(t, "CCCCAAAABBBBAAAABBBBAAAABBBBAAAA", agents.Linux)
	a := b.connect(t, linux.AgentID, nil)
	run := func(sql string, args ...any) int64 {
		t.Helper()
		_, err := b.pool.Exec(t.Context(), sql, args...)
		require.NoError(t, err)
		told, err := b.actions.AutoUpdate(t.Context(), releases{})
		require.NoError(t, err)
		return told
	}
	require.Zero(t, run(`UPDATE core_settings SET agent_auto_update = false`))
	require.Zero(t, run(`UPDATE agent_presence SET version = '2.4.0', connected = agent_id = ANY ($1)`, []int32{linux.PK, windows.PK}))
	require.EqualValues(t, 1, run(`UPDATE core_settings SET agent_auto_update = true`))
	require.Eventually(t, func() bool { return len(a.commands("agentupdate")) == 1 }, time.Minute, 5*time.Millisecond)
	require.Equal(t, []string{"agentupdate"}, b.texts(t, `SELECT action_type FROM pending_actions`))
	require.Empty(t, b.texts(t, `SELECT message FROM debug_log WHERE log_type = 'agent_update'`), "not one each hour for what has no binary")
	require.Zero(t, run(`UPDATE agent_presence SET version = '2.11.0', connected = true WHERE agent_id <> $1`, away.PK))
}

// releases has a binary for Linux only.
type releases struct{}

func (releases) URL(plat, _ string) (string, bool) { return "https://x/" + plat, plat == agents.Linux }

func TestUninstall(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.enrol(t, someID, agents.Linux)
	a := b.connect(t, someID, nil)
	require.NoError(t, b.actions.Uninstall(t.Context(), ref, "script"))
	require.Eventually(t, func() bool { return len(a.commands("uninstall")) == 1 }, time.Minute, 5*time.Millisecond)
	require.Equal(t, "script", a.commands("uninstall")[0].Code)
	_, err := b.agents.Find(t.Context(), access.Everything(), someID)
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.enrol(t, someID, agents.Windows)
	ctx := t.Context()
	require.ErrorContains(t, actions.RequireRegistry(ref), "This feature requires agent version 2.10.0 or higher.")
	_, err := b.actions.BrowseRegistry(ctx, ref, "computer", "1", "200")
	require.ErrorContains(t, err, "Unable to contact the agent")
	a := b.connect(t, someID, map[string]any{
		"registry_browse":       map[string]any{"path": "Computer", "subkeys": []any{map[string]any{"name": "HKLM", "hasSubkeys": true}}, "values": nil, "has_more": true},
		"registry_create_key":   map[string]any{"error": "exists"},
		"registry_create_value": map[string]any{"status": "success", "name": "n", "type": "REG_DWORD", "data": "0x00000005 (5)"},
		"registry_rename_key":   map[string]any{"success": true}, "registry_delete_key": map[string]any{"success": true},
		"registry_delete_value": map[string]any{"status": "success"}, "registry_rename_value": map[string]any{"status": "success"},
	})
	page, err := b.actions.BrowseRegistry(ctx, ref, "computer", "1", "200")
	require.NoError(t, err)
	require.True(t, page.HasMore)
	require.JSONEq(t, `[]`, string(page.Values))
	require.JSONEq(t, `[{"name":"HKLM","hasSubkeys":true}]`, string(page.SubKeys))
	require.ErrorContains(t, b.actions.CreateRegistryKey(ctx, ref, `HKEY_LOCAL_MACHINE\x`), "Registry Create Key failed: exists")
	v, err := b.actions.CreateRegistryValue(ctx, ref, "p", actions.RegistryValue{Name: "n", Type: "REG_DWORD", Data: json.RawMessage(`5`)})
	require.NoError(t, err)
	require.JSONEq(t, `"0x00000005 (5)"`, string(v.Data))
	require.Equal(t, "5", a.commands("registry_create_value")[0].Payload["data"], "agents take text only")
	require.NoError(t, b.actions.RenameRegistryKey(ctx, ref, "a", "b"))
	require.NoError(t, b.actions.DeleteRegistryKey(ctx, ref, "a"))
	require.NoError(t, b.actions.DeleteRegistryValue(ctx, ref, "a", "n"))
	require.NoError(t, b.actions.RenameRegistryValue(ctx, ref, "a", "n", "m"))
	_, err = b.actions.ModifyRegistryValue(ctx, agents.Ref{AgentID: "GONEGONEGONEGONEGONEGONE"}, "p", actions.RegistryValue{})
	require.ErrorContains(t, err, "Unable to contact the agent")
}
