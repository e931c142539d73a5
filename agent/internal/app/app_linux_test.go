package app

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/apptest"
	"github.com/gueencode/gueenrmm/agent/internal/bus/bustest"
	"github.com/gueencode/gueenrmm/agent/internal/checks"
	"github.com/gueencode/gueenrmm/agent/internal/config"
	"github.com/gueencode/gueenrmm/agent/internal/leaktest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const (
	id    = "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMn"
	token = "0123456789abcdef0123456789abcdef01234567"
	wait  = 90 * time.Second
	poll  = 5 * time.Millisecond
)

// watch is a power interface that only notes.
type watch struct {
	mu   sync.Mutex
	done []string
}

func (w *watch) note(s string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = append(w.done, s)
	return nil
}
func (w *watch) Reboot(context.Context) error   { return w.note("reboot") }
func (w *watch) Shutdown(context.Context) error { return w.note("shutdown") }
func (w *watch) noted() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.done...)
}

// bundle is an agent with a server of its own.
type bundle struct {
	http    *apptest.Server
	nats    *bustest.Server
	backend *nats.Conn
	power   *watch
	agent   *agent
	stop    func()
	removed chan string
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{http: apptest.Start(t, token), nats: bustest.Start(t, id, token), power: &watch{}, removed: make(chan string, 1)}
	b.backend = b.nats.Backend(t)
	dir := t.TempDir()
	cfg := config.Config{BaseURL: b.http.URL, AgentID: id, APIURL: "127.0.0.1", Token: token, NATSURL: b.nats.URL, StateDir: filepath.Join(dir, "state")}
	p := &program{env: Env{Version: "2.11.0"}, opts: options{config: filepath.Join(dir, "agent.json")}}
	a, err := newAgent(context.Background(), p, cfg, zap.NewNop(), settings{
		power: b.power, minDelay: 20 * time.Millisecond,
		checks: checks.Options{FirstDelay: time.Hour, NoSpread: true},
	}, func(_ context.Context, code string) error { b.removed <- code; return nil })
	require.NoError(t, err)
	b.agent = a
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	var once sync.Once
	b.stop = func() {
		once.Do(func() {
			cancel()
			require.NoError(t, <-done)
		})
	}
	t.Cleanup(b.stop)
	require.Eventually(t, a.link.Connected, wait, poll)
	require.NoError(t, a.link.Flush(t.Context()), "the server knows what the agent listens to")
	return b
}

// ask sends a command and returns the reply.
func (b *bundle) ask(t *testing.T, cmd agentwire.Command) []byte {
	t.Helper()
	data, err := cmd.Encode()
	require.NoError(t, err)
	m, err := b.backend.Request(id, data, wait)
	require.NoError(t, err, cmd.Func)
	return m.Data
}

func (b *bundle) askText(t *testing.T, cmd agentwire.Command) string {
	t.Helper()
	s, err := agentwire.DecodeText(b.ask(t, cmd))
	require.NoError(t, err, cmd.Func)
	return s
}

// tell sends a command without expecting a reply.
func (b *bundle) tell(t *testing.T, cmd agentwire.Command) {
	t.Helper()
	data, err := cmd.Encode()
	require.NoError(t, err)
	require.NoError(t, b.backend.Publish(id, data))
}

func TestAllCheckInsArriveOnTheirTimers(t *testing.T) {
	t.Parallel()

	b := setup(t)
	sub, err := b.backend.SubscribeSync("*")
	require.NoError(t, err)
	counts := map[agentwire.Kind]int{}
	for counts[agentwire.KindHello] < 3 || counts[agentwire.KindWMI] < 1 || counts[agentwire.KindAgentInfo] < 1 ||
		counts[agentwire.KindDisks] < 1 || counts[agentwire.KindWinServices] < 1 {
		m, err := sub.NextMsg(wait)
		require.NoError(t, err)
		kind, ok := agentwire.ParseKind(m.Reply)
		require.True(t, ok, m.Reply)
		msg, err := agentwire.DecodeCheckIn(kind, m.Data)
		require.NoError(t, err)
		require.Equal(t, id, msg.Agent())
		counts[kind]++
	}
}

func TestEveryFunctionIsAnsweredOnce(t *testing.T) {
	t.Parallel()

	b := setup(t)
	b.http.SetTask("3", `{"id":3,"task_actions":[]}`)
	skip := map[string]bool{agentwire.FuncCPULoadAvg: true, agentwire.FuncPublicIP: true, agentwire.FuncSysInfo: true} // slow here, tested by themselves
	inbox := b.backend.NewInbox()
	sub, err := b.backend.SubscribeSync(inbox + ".*")
	require.NoError(t, err)
	asked := 0
	for name := range b.agent.commands.Handlers() {
		if skip[name] {
			continue
		}
		asked++
		data, err := agentwire.Command{Func: name, Timeout: 5, Payload: map[string]string{}}.Encode()
		require.NoError(t, err)
		require.NoError(t, b.backend.PublishRequest(id, inbox+"."+name, data))
	}
	require.Equal(t, 47-len(skip), asked)
	seen := map[string]int{}
	for range asked {
		m, err := sub.NextMsg(wait)
		require.NoError(t, err, "answered: %v", seen)
		seen[m.Subject]++
	}
	require.Len(t, seen, asked)
	_, err = sub.NextMsg(200 * time.Millisecond)
	require.ErrorIs(t, err, nats.ErrTimeout, "no second answers")
	require.Eventually(t, func() bool { return len(b.power.noted()) >= 2 }, wait, poll, "the answer goes first")
	require.ElementsMatch(t, []string{"reboot", "shutdown"}, b.power.noted())
	require.Empty(t, <-b.removed)
}

func TestAnswersOfUnix(t *testing.T) {
	t.Parallel()

	b := setup(t)
	require.Equal(t, "pong", b.askText(t, agentwire.Command{Func: "ping"}))
	require.Equal(t, "ok", b.askText(t, agentwire.Command{Func: "runchecks"}))
	require.Equal(t, "Something went wrong", b.askText(t, agentwire.Command{Func: "schedtask"}))
	require.Equal(t, []byte{0x90}, b.ask(t, agentwire.Command{Func: "winservices"}))
	act, err := agentwire.DecodeActionResult(b.ask(t, agentwire.Command{Func: "winsvcaction"}))
	require.NoError(t, err)
	require.Equal(t, agentwire.ActionResult{ErrorMsg: "/na"}, act)
	procs, err := agentwire.DecodeProcesses(b.ask(t, agentwire.Command{Func: "procs"}))
	require.NoError(t, err)
	require.NotEmpty(t, procs)
	_, err = agentwire.DecodeBool(b.ask(t, agentwire.Command{Func: "needsreboot"}))
	require.NoError(t, err)
	require.Contains(t, b.askText(t, agentwire.Command{Func: "killproc", ProcPID: 1}), "refusing")
	v, err := agentwire.DecodeValue(b.ask(t, agentwire.Command{Func: "registry_browse"}))
	require.NoError(t, err)
	require.Contains(t, v.(map[string]any)["error"], "only supported on Windows")

	m, err := b.backend.Request(id, []byte("\x82\xa4func\xa6rawcmd\xa7timeout\x90"), wait)
	require.NoError(t, err, "a command that cannot be read is answered, too")
	text, err := agentwire.DecodeText(m.Data)
	require.NoError(t, err)
	require.Contains(t, text, "invalid command")
}

func TestScriptsReplyAndLeaveHistory(t *testing.T) {
	t.Parallel()

	b := setup(t)
	cmd := agentwire.Command{
		Func: "runscriptfull", ID: 41, Timeout: 120, ScriptArgs: []string{"x"}, EnvVars: []string{"E=y"},
		Payload: map[string]string{"shell": "shell", "code": "#!/bin/sh\necho $1$E; echo err >&2; exit 5"},
	}
	res, err := agentwire.DecodeScriptResult(b.ask(t, cmd))
	require.NoError(t, err)
	require.Equal(t, "xy\n", res.Stdout)
	require.Equal(t, "err\n", res.Stderr)
	require.Equal(t, int64(5), res.RetCode)
	require.Equal(t, 41, res.ID)
	path := "/api/v3/41/" + id + "/histresult/"
	require.Eventually(t, func() bool { return len(b.http.Results(path)) == 1 }, wait, poll)
	r := b.http.Results(path)[0]
	require.Equal(t, http.MethodPatch, r.Method)
	require.NotEmpty(t, r.ID)
	require.Equal(t, "xy\n", r.Body["script_results"].(map[string]any)["stdout"])

	again, err := agentwire.DecodeScriptResult(b.ask(t, cmd))
	require.NoError(t, err)
	require.Equal(t, res, again, "the same command is answered from memory, not run twice")

	cmd.Func, cmd.ID = "runscript", 0
	require.Equal(t, "xy\nerr\n", b.askText(t, cmd))
	cmd.Payload["code"] = "no shebang"
	require.Contains(t, b.askText(t, cmd), "exec format error")
}

func TestRawCommandStreamsUntilDone(t *testing.T) {
	t.Parallel()

	b := setup(t)
	for name, c := range map[string]struct {
		line string
		want []string
		code int64
	}{
		"ends":    {"echo one; echo; echo two >&2; exit 3", []string{"one", "", "two"}, 3},
		"nothing": {"true", nil, 0},
	} {
		text, lines, code := b.stream(t, name, c.line, 120)
		require.ElementsMatch(t, c.want, lines, name)
		require.Equal(t, c.code, code, name)
		if name == "ends" {
			require.Equal(t, "one\n\n\ntwo\n", text)
		}
	}
	for seconds := 1; ; seconds *= 4 { // a slow machine needs longer to come to the first word
		_, lines, code := b.stream(t, fmt.Sprintf("timeout-%d", seconds), "echo start; sleep 100", seconds)
		require.Equal(t, int64(98), code)
		if len(lines) > 0 || seconds > 60 {
			require.Equal(t, []string{"start"}, lines)
			break
		}
	}
}

// stream runs a command and returns the answer to it, the lines that came before its one end, and the exit code of that.
func (b *bundle) stream(t *testing.T, name, line string, timeout int) (text string, lines []string, code int64) {
	t.Helper()
	sub, err := b.backend.SubscribeSync(subjects.CommandOutput(id, name))
	require.NoError(t, err)
	text = b.askText(t, agentwire.Command{
		Func: "rawcmd", Timeout: timeout, Stream: true, RunAsUser: false,
		Payload: map[string]string{"command": line, "shell": "/bin/sh", "cmd_id": name},
	})
	var end agentwire.OutputFrame
	for !end.Done {
		m, err := sub.NextMsg(wait)
		require.NoError(t, err)
		f, err := agentwire.DecodeOutput(m.Data)
		require.NoError(t, err)
		if end = f; f.HasLine {
			lines = append(lines, f.Line)
		}
	}
	_, err = sub.NextMsg(50 * time.Millisecond)
	require.ErrorIs(t, err, nats.ErrTimeout, "one end")
	return text, lines, end.ExitCode
}

func TestATerminalOverNATS(t *testing.T) {
	t.Parallel()

	b := setup(t)
	sub, err := b.backend.SubscribeSync(subjects.Terminal(id, "sess-1"))
	require.NoError(t, err)
	sess := func(extra map[string]string) map[string]string {
		extra["session_id"] = "sess-1"
		return extra
	}
	b.tell(t, agentwire.Command{Func: "terminal_resize", Payload: sess(map[string]string{"rows": "33", "cols": "99"})})
	b.tell(t, agentwire.Command{Func: "terminal_start", Payload: sess(map[string]string{"shell": "/bin/sh"})})
	for _, r := range "stty size; echo fin''ished; exit 4\r" {
		b.tell(t, agentwire.Command{Func: "terminal_input", Payload: sess(map[string]string{"data": string(r)})})
	}
	var text bytes.Buffer
	for {
		m, err := sub.NextMsg(wait)
		require.NoError(t, err, text.String())
		f, err := agentwire.DecodeTerminal(m.Data)
		require.NoError(t, err)
		text.Write(f.Output)
		if f.Done {
			require.Equal(t, int64(4), f.ExitCode)
			break
		}
	}
	require.Contains(t, text.String(), "33 99")
	require.Contains(t, text.String(), "finished")
}

func TestResultsWaitForTheServer(t *testing.T) {
	t.Parallel()

	b := setup(t)
	b.http.SetChecks(`[{"id":5,"check_type":"memory"},{"id":6,"check_type":"diskspace","disk":"/"}]`)
	b.http.SetTask("9", `{"id":9,"continue_on_error":true,"task_actions":[{"type":"cmd","command":"echo hi","shell":"/bin/sh","timeout":120}]}`)
	b.http.RefuseResults(http.StatusServiceUnavailable)
	require.Equal(t, "ok", b.askText(t, agentwire.Command{Func: "runchecks"}))
	b.tell(t, agentwire.Command{Func: "runtask", TaskPK: 9})
	require.Eventually(t, func() bool { return b.agent.spool.Len() == 3 }, wait, poll)
	require.Empty(t, b.http.Results("/"))
	b.http.RefuseResults(0)
	require.Eventually(t, func() bool { return b.agent.spool.Len() == 0 }, wait, poll)
	require.Len(t, b.http.Results("/api/v3/checkrunner/"), 2)
	task := b.http.Results("/api/v3/9/" + id + "/taskrunner/")
	require.Len(t, task, 1)
	require.Equal(t, "hi\n", task[0].Body["stdout"])
}

func TestStoppingEndsCommandsAndTerminals(t *testing.T) {
	t.Parallel()

	b := setup(t)
	sub, err := b.backend.SubscribeSync(subjects.CommandOutput(id, "c1"))
	require.NoError(t, err)
	b.tell(t, agentwire.Command{Func: "rawcmd", Timeout: 600, Stream: true, Payload: map[string]string{"command": "echo up; sleep 600", "shell": "/bin/sh", "cmd_id": "c1"}})
	m, err := sub.NextMsg(wait)
	require.NoError(t, err)
	f, err := agentwire.DecodeOutput(m.Data)
	require.NoError(t, err)
	require.Equal(t, "up", f.Line)
	b.stop()
	for !f.Done {
		m, err = sub.NextMsg(wait)
		require.NoError(t, err, "the end is published before the connection closes")
		f, err = agentwire.DecodeOutput(m.Data)
		require.NoError(t, err)
	}
}

// runCLI runs the program as from a shell.
func runCLI(ctx context.Context, args ...string) (code int, out, errOut string) {
	var stdout, stderr bytes.Buffer
	code = Run(ctx, Env{Version: "2.11.0", Args: args, Getenv: os.Getenv, Stdout: &stdout, Stderr: &stderr})
	return code, stdout.String(), stderr.String()
}

func TestInstallRunAndRemoveFromTheCommandLine(t *testing.T) {
	t.Parallel()

	hs := apptest.Start(t, token)
	ns := bustest.Start(t, id, token)
	hs.OnRegister = func(agentID string) { ns.SetToken(t, agentID, token) }
	backend := ns.Backend(t)
	sub, err := backend.SubscribeSync("*")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "agent.json")

	code, out, _ := runCLI(t.Context(), "-m", "install", "--api", hs.URL)
	require.Zero(t, code)
	require.Empty(t, out, "without the four needed flags nothing happens")

	args := []string{"--m=install", "-api", hs.URL, "-client-id", "1", "-site-id", "3", "-agent-type", "workstation", "-desc", "desk", "--config", path, "-natsurl", ns.URL, "-no-power", "-nomesh"}
	code, _, errOut := runCLI(t.Context(), append(args, "-auth", "wrong")...)
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "not valid or has expired")
	hs.SetLatest("9.0.0")
	code, _, errOut = runCLI(t.Context(), append(args, "-auth", apptest.InstallerToken)...)
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "Old installer detected")
	require.NoFileExists(t, path)
	hs.SetLatest("2.11.0")

	code, out, errOut = runCLI(t.Context(), append(args, "-auth", apptest.InstallerToken)...)
	require.Zero(t, code, errOut)
	require.Contains(t, out, "configuration written to")
	require.Empty(t, errOut)
	req := hs.Enrolled()
	require.Len(t, req, 1)
	require.Equal(t, "workstation", req[0].MonitoringType)
	require.Equal(t, agentwire.FlexInt(3), req[0].Site)
	require.Equal(t, "desk", req[0].Description)
	m, err := sub.NextMsg(wait)
	require.NoError(t, err)
	require.Equal(t, "agent-hello", m.Reply)
	require.Equal(t, req[0].AgentID, m.Subject)

	code, _, errOut = runCLI(t.Context(), append(args, "-auth", apptest.InstallerToken)...)
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "installed already")
	require.Len(t, hs.Enrolled(), 1, "nothing is registered twice")

	code, out, _ = runCLI(t.Context(), "-m", "pk", "-config", path)
	require.Zero(t, code)
	require.Equal(t, "17\n", out)

	hs.SetChecks(`[{"id":5,"check_type":"memory"}]`)
	code, _, errOut = runCLI(t.Context(), "-m", "runchecks", "-config", path)
	require.Zero(t, code, errOut)
	require.Len(t, hs.Results("/api/v3/checkrunner/"), 1)
	hs.SetTask("9", `{"id":9,"task_actions":[{"type":"cmd","command":"echo hi","shell":"/bin/sh","timeout":120}]}`)
	code, _, errOut = runCLI(t.Context(), "-m", "taskrunner", "-p", "9", "-config", path)
	require.Zero(t, code, errOut)
	require.Len(t, hs.Results("/api/v3/9/"), 1)

	serveAndUninstall(t, backend, req[0].AgentID, path)
}

// serveAndUninstall runs the service until the server orders its removal.
func serveAndUninstall(t *testing.T, backend *nats.Conn, agentID, path string) {
	t.Helper()
	done := make(chan string, 1)
	go func() {
		code, out, errOut := runCLI(context.Background(), "-m", "svc", "-config", path, "-logto", "stdout")
		done <- fmt.Sprint(code, out, errOut)
	}()
	ping, err := agentwire.Command{Func: "ping"}.Encode()
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		m, err := backend.Request(agentID, ping, time.Second)
		return err == nil && bytes.Equal(m.Data, []byte("\xa4pong"))
	}, wait, poll)
	marker := path + ".marker"
	bye, err := agentwire.Command{Func: "uninstall", Code: "#!/bin/sh\r\necho $1 > '" + marker + "'\r\n"}.Encode()
	require.NoError(t, err)
	m, err := backend.Request(agentID, bye, wait)
	require.NoError(t, err)
	require.Equal(t, []byte("\xa2ok"), m.Data)
	result := <-done
	require.True(t, strings.HasPrefix(result, "0"), result)
	require.NotContains(t, result, token)
	text, err := os.ReadFile(marker)
	require.NoError(t, err)
	require.Equal(t, "uninstall\n", string(text))
	require.NoFileExists(t, path)
	require.NoDirExists(t, path+".state")
}

func TestCommandLine(t *testing.T) {
	t.Parallel()

	code, out, _ := runCLI(t.Context(), "--version")
	require.Zero(t, code)
	require.Contains(t, out, "2.11.0")
	code, out, _ = runCLI(t.Context())
	require.Zero(t, code)
	require.Contains(t, out, "2.11.0")
	code, out, _ = runCLI(t.Context(), "-m", "nonsense")
	require.Zero(t, code)
	require.Contains(t, out, "2.11.0")
	code, _, errOut := runCLI(t.Context(), "-nonsense")
	require.Equal(t, 2, code)
	require.Contains(t, errOut, "nonsense")
	code, out, _ = runCLI(t.Context(), "-m", "getenv", "PATH")
	require.Zero(t, code)
	require.Equal(t, os.Getenv("PATH")+"\n", out)
	code, _, errOut = runCLI(t.Context(), "-m", "svc", "-config", filepath.Join(t.TempDir(), "none"))
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "read configuration")
	for _, m := range []string{"software", "runmigrations", "macventurafix", "winagentsvc"} {
		code, _, _ = runCLI(t.Context(), "-m", m)
		require.Zero(t, code, m)
	}
	for _, d := range []string{"10", "10s", "15m"} {
		_, err := parseFlags([]string{"-timeout", d}, os.Getenv, &bytes.Buffer{})
		require.NoError(t, err)
	}
}
