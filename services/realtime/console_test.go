package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return string(data)
}

func publish(nc *nats.Conn, subject string, data []byte, err error) {
	if err != nil || nc.Publish(subject, data) != nil {
		panic("not published")
	}
}

func TestCommandStreams(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, _ := b.agent(t, "a", "linux", "2.10.0")
	got := make(chan agentwire.Command, 1)
	b.onCommand(t, id, func(nc *nats.Conn, m *nats.Msg, cmd agentwire.Command) {
		got <- cmd
		subject := subjects.CommandOutput(id, cmd.Payload["cmd_id"])
		for _, line := range []string{"one", "two"} {
			data, err := agentwire.EncodeOutputLine(line)
			publish(nc, subject, data, err)
		}
		data, err := agentwire.EncodeOutputEnd(3)
		publish(nc, subject, data, err)
		reply(m, "one\ntwo")
	})
	conn := b.dial(t, "/ws/agent/"+id+"/cmd/", b.user(t, "admin", nil))
	write(t, conn, `{"cmd":"ls","shell":"custom","custom_shell":"/bin/sh","timeout":"20","run_as_user":false,"cmd_id":"mine","stream":true}`)
	require.Equal(t, object{"cmd_id": "mine"}, read(t, conn))
	require.Equal(t, object{"cmd_id": "mine", "output": "one"}, read(t, conn))
	require.Equal(t, object{"cmd_id": "mine", "output": "two"}, read(t, conn))
	require.Equal(t, object{"cmd_id": "mine", "done": true, "exit_code": 3.0}, read(t, conn))
	cmd := <-got
	require.True(t, cmd.Stream)
	require.Equal(t, map[string]string{"command": "ls", "shell": "/bin/sh", "cmd_id": "mine"}, cmd.Payload)
	require.Equal(t, 20, cmd.Timeout)
	require.Equal(t, "cmd_run ls admin", b.text(t, `SELECT type || ' ' || command || ' ' || username FROM agent_history WHERE id = $1`, cmd.ID))
	require.Equal(t, `execute_command admin issued /bin/sh command on host-a. "ls" 127.0.0.1`,
		b.text(t, `SELECT action || ' ' || message || ' ' || after_value::text || ' ' || (debug_info ->> 'ip') FROM audit_log WHERE action = 'execute_command'`))

	for _, bad := range []string{`{}`, `nonsense`, `{"cmd":"x","timeout":"soon"}`, `{"cmd":"x","cmd_id":"a.>"}`} {
		write(t, conn, bad)
		require.Equal(t, object{"error": "Invalid command payload"}, read(t, conn), bad)
	}
	write(t, conn, `{"cmd":"ls","shell":"/bin/sh"}`)
	require.Len(t, read(t, conn)["cmd_id"], 32)
}

func TestWindowsReportsItsEndTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, _ := b.agent(t, "w", "windows", "2.10.0")
	b.onCommand(t, id, func(nc *nats.Conn, _ *nats.Msg, cmd agentwire.Command) {
		subject := subjects.CommandOutput(id, cmd.Payload["cmd_id"])
		end, err := agentwire.EncodeOutputEnd(0)
		publish(nc, subject, end, err)
		line, err := agentwire.EncodeOutputLine("late")
		publish(nc, subject, line, err)
		publish(nc, subject, end, nil)
	})
	conn := b.dial(t, "/ws/agent/"+id+"/cmd/", b.user(t, "admin", nil))
	write(t, conn, `{"cmd":"dir","cmd_id":"w"}`)
	require.Equal(t, object{"cmd_id": "w"}, read(t, conn))
	require.Equal(t, object{"cmd_id": "w", "output": "late"}, read(t, conn))
	require.Equal(t, object{"cmd_id": "w", "done": true, "exit_code": 0.0}, read(t, conn))
	write(t, conn, `{"cmd":"dir","shell":"/bin/bash","cmd_id":"crash"}`)
	require.Equal(t, object{"cmd_id": "crash"}, read(t, conn))
	require.Equal(t, object{"cmd_id": "crash", "output": "[ERROR] Windows agents run commands in cmd or powershell only.", "done": true}, read(t, conn))
}

func TestCommandToAnAgentThatIsAwayOrSilent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	away, _ := b.agent(t, "a", "linux", "2.10.0")
	silent, _ := b.agent(t, "s", "linux", "2.10.0")
	mute, _ := b.agent(t, "m", "linux", "2.10.0")
	b.onCommand(t, silent, func(*nats.Conn, *nats.Msg, agentwire.Command) {})
	b.onCommand(t, mute, func(_ *nats.Conn, m *nats.Msg, _ agentwire.Command) { reply(m, "all at once") }) // no end, only the answer
	token := b.user(t, "admin", nil)
	for id, c := range map[string]struct {
		timeout int // seconds
		want    object
	}{
		away:   {60, object{"cmd_id": "x", "output": "[ERROR] The agent is offline.", "done": true}},
		silent: {1, object{"cmd_id": "x", "output": "[ERROR] The agent does not answer.", "done": true}},
		mute:   {60, object{"cmd_id": "x", "done": true}},
	} {
		conn := b.dial(t, "/ws/agent/"+id+"/cmd/", token)
		write(t, conn, fmt.Sprintf(`{"cmd":"ls","shell":"/bin/sh","timeout":%d,"cmd_id":"x"}`, c.timeout))
		require.Equal(t, object{"cmd_id": "x"}, read(t, conn))
		require.Equal(t, c.want, read(t, conn))
	}
}

func TestCommandPermissions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, client := b.agent(t, "a", "linux", "2.10.0")
	old, other := b.agent(t, "o", "linux", "2.9.1")
	forbidden := object{"error": "You do not have permission to perform this action.", "status": 403.0}
	for _, c := range []struct{ path, token string }{
		{id, b.user(t, "nobody", []string{"can_list_agents"})},
		{id, b.user(t, "elsewhere", []string{"can_send_cmd"}, other)},
		{strings.Repeat("z", 40), b.user(t, "admin", nil)},
		{"short", b.user(t, "admin2", nil)},
	} {
		conn := b.dial(t, "/ws/agent/"+c.path+"/cmd/", c.token)
		require.Equal(t, forbidden, read(t, conn))
		require.Equal(t, 4003, closeCode(t, conn))
	}
	conn := b.dial(t, "/ws/agent/"+old+"/cmd/", b.user(t, "admin3", nil))
	require.Equal(t, object{"error": "The streaming feature requires agent version 2.10.0 or higher.", "status": 400.0}, read(t, conn))
	require.Equal(t, 1000, closeCode(t, conn))
	// The permission is taken away while the socket is open.
	conn = b.dial(t, "/ws/agent/"+id+"/cmd/", b.user(t, "fired", []string{"can_send_cmd"}, client))
	_, err := b.pool.Exec(t.Context(), `UPDATE roles SET can_send_cmd = false WHERE name = 'fired'`)
	require.NoError(t, err)
	pause := time.NewTicker(200 * time.Millisecond)
	defer pause.Stop()
	for deadline := time.Now().Add(wait); ; <-pause.C {
		require.True(t, time.Now().Before(deadline), "the socket stays open")
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(`{}`)); err != nil {
			t.Logf("the socket has ended: %v", err) // it is read why
		}
		if f, code := readOrCode(t, conn); f == nil {
			require.Equal(t, 4403, code)
			break
		}
	}
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, _ := b.agent(t, "a", "linux", "2.11.0")
	const session = "6fa459ea-ee8a-3ca4-894e-db77e160355e"
	got := make(chan agentwire.Command, 16)
	b.onCommand(t, id, func(nc *nats.Conn, _ *nats.Msg, cmd agentwire.Command) {
		got <- cmd
		subject := subjects.Terminal(id, session)
		switch cmd.Func {
		case agentwire.FuncTerminalStart:
			data, err := agentwire.EncodeTerminalChunk([]byte("$ \xe2\x82"))
			publish(nc, subject, data, err)
			data, err = agentwire.EncodeTerminalChunk([]byte("\xac"))
			publish(nc, subject, data, err)
			data, err = agentwire.EncodeTerminalInfo(session, "fell back")
			publish(nc, subject, data, err)
		case agentwire.FuncTerminalInput:
			data, err := agentwire.EncodeTerminalChunk([]byte(cmd.Payload["data"]))
			publish(nc, subject, data, err)
			if strings.Contains(cmd.Payload["data"], "exit") {
				data, err = agentwire.EncodeOutputEnd(4)
				publish(nc, subject, data, err)
			}
		}
	})
	token := b.user(t, "admin", nil)
	conn := b.dial(t, "/ws/agent/"+id+"/terminal/"+session+"/", token)
	write(t, conn, `{"action":"input","data":"before"}`) // dropped
	write(t, conn, `{"action":"start","shell":"bash;rm","run_as_user":false}`)
	require.Equal(t, object{"action": "terminal_error", "error": "Invalid shell for this agent.", "code": "invalid_shell"}, read(t, conn))
	write(t, conn, `{"action":"start","shell":"","run_as_user":true}`)
	write(t, conn, `{"action":"start","shell":""}`) // ignored
	write(t, conn, `{"action":"resize","rows":40,"cols":120}`)
	data := func(output, n string) object {
		return object{"action": "trmmcli.output", "data": object{"output": output, "session_id": session, "exit_code": nil, "done": false, "messageId": n}}
	}
	require.Equal(t, data("$ ", "1"), read(t, conn))
	require.Equal(t, data("€", "2"), read(t, conn))
	require.Equal(t, object{"action": "terminal_info", "message": "fell back", "code": "terminal_fallback"}, read(t, conn))
	start := <-got
	require.Equal(t, agentwire.FuncTerminalStart, start.Func)
	require.Equal(t, map[string]string{"session_id": session, "shell": "bash"}, start.Payload)
	require.False(t, start.RunAsUser)
	resize := <-got
	require.Equal(t, map[string]string{"session_id": session, "rows": "40", "cols": "120"}, resize.Payload)

	write(t, conn, `{"action":"dance"}`)
	require.Equal(t, object{"error": "Unknown action: dance"}, read(t, conn))
	write(t, conn, `{`)
	require.Equal(t, object{"error": "Invalid frame"}, read(t, conn))
	write(t, conn, `{"action":"input","data":"exit\r"}`)
	require.Equal(t, data("exit\r", "3"), read(t, conn))
	require.Equal(t, object{"action": "trmmcli.output", "data": object{"output": "", "session_id": session, "exit_code": 4.0, "done": true, "messageId": "4"}}, read(t, conn))
	require.Equal(t, agentwire.FuncTerminalInput, (<-got).Func)
	require.Equal(t, "remote_session admin opened a terminal on host-a.", b.text(t, `SELECT action || ' ' || message FROM audit_log WHERE action = 'remote_session'`))

	// It can start again, and ends with its socket.
	write(t, conn, `{"action":"start","shell":"/bin/zsh"}`)
	require.Equal(t, "/bin/zsh", (<-got).Payload["shell"])
	require.NoError(t, conn.CloseNow())
	require.Equal(t, agentwire.FuncTerminalKill, (<-got).Func)
}

func TestTerminalOfAnAgentThatIsAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, _ := b.agent(t, "a", "linux", "2.11.0")
	path := "/ws/agent/" + id + "/terminal/6fa459ea-ee8a-3ca4-894e-db77e160355e/"
	_, status := b.dialAt(t, b.address, path, b.user(t, "nobody", []string{"can_send_cmd"}), nil)
	require.Equal(t, http.StatusForbidden, status)
	conn := b.dial(t, path, b.user(t, "admin", nil))
	write(t, conn, `{"action":"start","shell":""}`)
	require.Equal(t, object{"action": "terminal_error", "error": "The agent is offline.", "code": "terminal_start_failed"}, read(t, conn))
}
