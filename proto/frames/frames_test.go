package frames_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/frames"
)

func TestParseRunCommand(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]frames.RunCommand{
		`{"cmd":"dir"}`: {Command: "dir", Shell: "cmd", Timeout: 30},
		`{"cmd":"ls","shell":"custom","custom_shell":"/bin/sh","timeout":"45","run_as_user":true}`:     {Command: "ls", Shell: "/bin/sh", Timeout: 45, RunAsUser: true},
		`{"cmd":"x","shell":"powershell","custom_shell":"y","timeout":5,"cmd_id":"abc","stream":true}`: {Command: "x", Shell: "powershell", Timeout: 5, CommandID: "abc"},
		`{"cmd":"x","timeout":null,"custom_shell":null}`:                                               {Command: "x", Shell: "cmd", Timeout: 30},
		`{"cmd":"x","timeout":0}`: {Command: "x", Shell: "cmd", Timeout: 1},
	} {
		got, err := frames.ParseRunCommand([]byte(in))
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, bad := range []string{
		``, `[]`, `{}`, `{"cmd":""}`, `{"cmd":"x","timeout":"soon"}`, `{"cmd":"x","timeout":-1}`, `{"cmd":"x","timeout":1e99}`,
		`{"cmd":"x","cmd_id":"a.b"}`, `{"cmd":"x","cmd_id":"*"}`, `{"cmd":7}`, `{"cmd":"` + strings.Repeat("x", frames.MaxFrame) + `"}`,
	} {
		_, err := frames.ParseRunCommand([]byte(bad))
		require.ErrorIs(t, err, frames.ErrFrame, bad)
	}
}

func TestParseTerminalAction(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]frames.TerminalAction{
		`{"action":"start","shell":" bash ","run_as_user":true}`: {Action: "start", Shell: "bash", RunAsUser: true},
		`{"action":"input","data":"ls\r"}`:                       {Action: "input", Data: "ls\r"},
		`{"action":"resize","rows":40,"cols":"120"}`:             {Action: "resize", Rows: 40, Cols: 120},
		`{"action":"kill"}`:                                      {Action: "kill"},
		`{"action":"dance"}`:                                     {Action: "dance"},
	} {
		got, err := frames.ParseTerminalAction([]byte(in))
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, bad := range []string{`x`, `{"action":"resize"}`, `{"action":"resize","rows":0,"cols":5}`, `{"action":"resize","rows":5,"cols":99999}`, `{"action":7}`} {
		_, err := frames.ParseTerminalAction([]byte(bad))
		require.ErrorIs(t, err, frames.ErrFrame, bad)
	}
}

func TestParseLiveRequest(t *testing.T) {
	t.Parallel()
	got, err := frames.ParseLiveRequest([]byte(`{"op":"subscribe","topic":"agent","agent_id":"abc"}`))
	require.NoError(t, err)
	require.Equal(t, frames.LiveRequest{Op: "subscribe", Topic: frames.Topic{Name: "agent", ID: "abc"}}, got)
	for _, bad := range []string{`{"op":"subscribe","topic":"agent"}`, `{"op":"x","topic":"agents"}`, `{"op":"subscribe","topic":"all"}`, `null`, ``} {
		_, err := frames.ParseLiveRequest([]byte(bad))
		require.ErrorIs(t, err, frames.ErrFrame, bad)
	}
}

func TestShapesOfTheContract(t *testing.T) {
	t.Parallel()
	text, code := "hi", int64(0)
	for want, v := range map[string]any{
		`{"action":"dashboard.agentcount","data":{"total_server_offline_count":1,"total_workstation_offline_count":2,"total_server_count":3,"total_workstation_count":4,"days_until_cert_expires":5}}`: frames.NewDashInfo(frames.DashCounts{ServerOffline: 1, WorkstationOffline: 2, Server: 3, Workstation: 4, DaysUntilCertExpires: 5}),
		`{"cmd_id":"a","output":"hi"}`:             frames.CommandOutput{CommandID: "a", Output: &text},
		`{"cmd_id":"a","done":true,"exit_code":0}`: frames.CommandOutput{CommandID: "a", Done: true, ExitCode: &code},
		`{"error":"no","status":403}`:              frames.Failure{Error: "no", Status: 403},
		`{"error":"no"}`:                           frames.Failure{Error: "no"},
		`{"action":"trmmcli.output","data":{"output":"hi","session_id":"s","exit_code":null,"done":false,"messageId":"17"}}`: frames.NewTerminalOutput(frames.TerminalOutputData{Output: "hi", SessionID: "s", MessageID: "17"}),
		`{"action":"terminal_error","error":"no","code":"invalid_shell"}`:                                                    frames.NewTerminalError("no", frames.CodeInvalidShell),
		`{"action":"terminal_info","message":"m","code":"terminal_fallback"}`:                                                frames.NewTerminalInfo("m"),
		`{"event":"resync"}`: frames.LiveEvent{Event: frames.EventResync},
	} {
		got, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte(`{"cmd":"x","timeout":"45"}`))
	f.Add([]byte(`{"action":"resize","rows":40,"cols":"120"}`))
	f.Add([]byte(`{"op":"subscribe","topic":"agent","agent_id":"abc"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := frames.ParseRunCommand(data); err == nil {
			require.NotEmpty(t, c.Command)
			require.Positive(t, c.Timeout)
		}
		if a, err := frames.ParseTerminalAction(data); err == nil && a.Action == frames.TerminalResize {
			require.Positive(t, a.Rows)
		}
		if r, err := frames.ParseLiveRequest(data); err == nil {
			require.NotEmpty(t, r.Op)
		}
	})
}

func TestServerShellActions(t *testing.T) {
	t.Parallel()
	a, err := frames.ParseServerShellAction([]byte(`{"action":"trmmcli.resize","data":{"rows":30,"cols":"100"}}`))
	require.NoError(t, err)
	require.Equal(t, frames.ServerShellAction{Action: frames.ServerShellResize, Rows: 30, Cols: 100}, a)
	a, err = frames.ParseServerShellAction([]byte(`{"action":"trmmcli.input","data":{"input":"ls\r"}}`))
	require.NoError(t, err)
	require.Equal(t, "ls\r", a.Input)
	for _, bad := range []string{
		``, `[]`, `{}`, `{"action":"start"}`, `{"action":"trmmcli.resize","data":{"rows":0,"cols":1}}`, `{"action":"trmmcli.resize","data":{"rows":1}}`,
		`{"action":"trmmcli.resize","data":{"rows":1,"cols":99999}}`, `{"action":"trmmcli.input","data":{"input":7}}`,
	} {
		_, err := frames.ParseServerShellAction([]byte(bad))
		require.ErrorIs(t, err, frames.ErrFrame, bad)
	}
}

func FuzzParseServerShellAction(f *testing.F) {
	f.Add([]byte(`{"action":"trmmcli.input","data":{"input":"ls\r"}}`))
	f.Add([]byte(`{"action":"trmmcli.resize","data":{"rows":30,"cols":100}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := frames.ParseServerShellAction(data)
		if err == nil {
			require.Contains(t, []string{frames.ServerShellInput, frames.ServerShellResize, frames.ServerShellDisconnect}, a.Action)
		}
	})
}
