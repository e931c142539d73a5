package faults

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// machine is a real agent, enrolled from its own directory.
type machine struct {
	program string
	dir     string
	id      string
}

// install enrols an agent the way the install command does.
func (st *stage) install(ctx context.Context, t *testing.T) *machine {
	t.Helper()
	var installer struct {
		Command string `json:"cmd"`
	}
	api := st.suite.Access().API
	st.client.must(ctx, t, http.MethodPost, "/agents/installer/", map[string]any{
		"installMethod": "manual", "client": st.ground.Client, "site": st.ground.Site, "expires": 1, "agenttype": "server", "power": 0, "rdp": 0, "ping": 0,
		"goarch": runtime.GOARCH, "plat": runtime.GOOS, "api": api, "fileName": "",
	}, &installer)
	words := strings.Fields(installer.Command)
	at := slices.IndexFunc(words, func(w string) bool { return strings.TrimLeft(w, "-") == "auth" })
	require.Positive(t, at, "the install command has a token")
	m := &machine{program: filepath.Join(st.bin, "agents", "gueen-agent-"+runtime.GOOS+"-"+runtime.GOARCH), dir: t.TempDir()}
	install := m.command(ctx, "install", "-api", api, "-client-id", strconv.FormatInt(st.ground.Client, 10), "-site-id", strconv.FormatInt(st.ground.Site, 10),
		"-agent-type", "server", "-auth", words[at+1], "-nomesh", "-no-service", "-no-power", "-statedir", filepath.Join(m.dir, "state"))
	out, err := install.CombinedOutput()
	require.NoError(t, err, "%s", out)
	text, err := os.ReadFile(m.config())
	require.NoError(t, err)
	var config struct {
		AgentID string `json:"agentid"`
	}
	require.NoError(t, json.Unmarshal(text, &config))
	m.id = config.AgentID
	return m
}

func (m *machine) config() string { return filepath.Join(m.dir, "config.json") }

func (m *machine) command(ctx context.Context, mode string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, m.program, append([]string{"-m", mode, "-config", m.config(), "-log", "INFO", "-logto", "stdout"}, args...)...)
	cmd.Dir, cmd.Env = m.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + m.dir, "LANG=C.UTF-8"}
	return cmd
}

// spoken is what a process has printed so far.
type spoken struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *spoken) has(words string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), words)
}

// serve runs the agent; end ends it by a signal and waits.
func (m *machine) serve(ctx context.Context, t *testing.T) (said *spoken, end func(os.Signal)) {
	t.Helper()
	said = &spoken{}
	cmd := m.command(ctx, "svc")
	cmd.Stdout, cmd.Stderr = said, said
	require.NoError(t, cmd.Start())
	ended := false
	end = func(signal os.Signal) {
		if ended {
			return
		}
		ended = true
		require.NoError(t, cmd.Process.Signal(signal))
		err := cmd.Wait()
		if signal == syscall.SIGTERM {
			require.NoError(t, err)
		}
	}
	t.Cleanup(func() { end(os.Kill) })
	return said, end
}

// record is one result in the spool: its file, and what the script printed.
type record struct{ file, mark string }

const (
	headStart = 12 // of a record: magic, CRC-32 of the rest, length of the head (the agent's spool/codec.go)
	markWord  = "spooled-"
)

// spooled returns the records of script checks of this test, oldest first, and how many records there are in all.
func (m *machine) spooled(t *testing.T) (out []record, all int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(m.dir, "state", "spool", "*.rec"))
	require.NoError(t, err)
	slices.Sort(files)
	for _, f := range files {
		data, err := os.ReadFile(filepath.Clean(f))
		if os.IsNotExist(err) {
			continue // delivered meanwhile
		}
		require.NoError(t, err)
		all++
		var body struct {
			Stdout string `json:"stdout"`
		}
		head := int(binary.BigEndian.Uint32(data[8:]))
		if json.Unmarshal(data[headStart+head:], &body) == nil && strings.HasPrefix(body.Stdout, markWord) {
			out = append(out, record{file: f, mark: body.Stdout})
		}
	}
	return out, all
}

// date makes a record bear the time that a clock which was off by skew gave it.
func (r record) date(t *testing.T, skew time.Duration) {
	t.Helper()
	data, err := os.ReadFile(r.file)
	require.NoError(t, err)
	size := int(binary.BigEndian.Uint32(data[8:]))
	var head map[string]any
	require.NoError(t, json.Unmarshal(data[headStart:headStart+size], &head))
	head["queued"] = time.Now().Add(skew).UTC()
	text, err := json.Marshal(head)
	require.NoError(t, err)
	dated := slices.Concat(data[:8], binary.BigEndian.AppendUint32(nil, uint32(len(text))), text, data[headStart+size:])
	binary.BigEndian.PutUint32(dated[4:], crc32.ChecksumIEEE(dated[8:]))
	require.NoError(t, os.WriteFile(r.file, dated, 0o600))
}

// waitingChecks gives the agent script checks that end when the file go is there, and print a mark of this run.
func (st *stage) waitingChecks(ctx context.Context, t *testing.T, m *machine, n int) {
	t.Helper()
	script := fmt.Sprintf("#!/bin/sh\n: >%[1]s/began.$1\nwhile [ ! -e %[1]s/go ]; do sleep 0.05; done\nprintf '%[2]s%%s-%%s' \"$1\" \"$$\"\n", m.dir, markWord)
	st.client.must(ctx, t, http.MethodPost, "/scripts/", map[string]any{
		"name": "Waiting", "shell": "shell", "script_body": script, "default_timeout": 90, "args": []string{}, "env_vars": []string{}, "syntax": "",
		"category": "Faults", "description": "",
	}, nil)
	var scripts []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	st.client.must(ctx, t, http.MethodGet, "/scripts/", nil, &scripts)
	at := slices.IndexFunc(scripts, func(s struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}) bool {
		return s.Name == "Waiting"
	})
	require.GreaterOrEqual(t, at, 0)
	for i := range n {
		st.client.must(ctx, t, http.MethodPost, "/checks/", map[string]any{
			"agent": m.id, "check_type": "script", "script": scripts[at].ID, "script_args": []string{strconv.Itoa(i)}, "timeout": 90, "env_vars": []string{},
			"info_return_codes": []int{}, "warning_return_codes": []int{}, "success_return_codes": []int{}, "fails_b4_alert": 1, "run_interval": 0,
			"alert_severity": "warning",
		}, nil)
	}
}

// agentWithSpool takes the api away while a real agent's checks run. The results wait on its disk, through restarts of the
// agent and clocks that were a year off, and come in their order, each once, when the api is back.
func agentWithSpool(ctx context.Context, t *testing.T, st *stage) {
	m := st.install(ctx, t)
	st.waitingChecks(ctx, t, m, st.checks)
	run := m.command(ctx, "runchecks")
	var said spoken
	run.Stdout, run.Stderr = &said, &said
	require.NoError(t, run.Start())
	require.Eventually(t, func() bool {
		began, err := filepath.Glob(filepath.Join(m.dir, "began.*"))
		return err == nil && len(began) > 0
	}, within, every, "scripts run")
	require.NoError(t, st.process(t, "api").Crash(ctx))
	require.NoError(t, os.WriteFile(filepath.Join(m.dir, "go"), nil, 0o600))
	require.NoError(t, run.Wait(), "%s", &said.text)
	kept, all := m.spooled(t)
	require.Len(t, kept, st.checks, "every result waits on disk")

	for i, r := range kept {
		const year = 365 * 24 * time.Hour
		r.date(t, []time.Duration{-year, 0, year}[i%3])
	}
	for range 2 {
		said, end := m.serve(ctx, t)
		require.Eventually(t, func() bool { return said.has("result kept") || said.has("did not take the result") }, within, every, "the agent tries")
		end(os.Kill)
		again, n := m.spooled(t)
		require.Equal(t, kept, again, "a killed agent keeps its results")
		require.GreaterOrEqual(t, n, all)
	}
	require.NoError(t, st.process(t, "api").Up())
	st.allReady(ctx, t)
	_, end := m.serve(ctx, t)
	require.Eventually(t, func() bool {
		_, err := os.Stat(kept[len(kept)-1].file)
		return os.IsNotExist(err)
	}, within, every, "everything is delivered")
	end(syscall.SIGTERM)
	var stored []string
	require.Eventually(t, func() bool { stored = st.marksOf(ctx, kept); return len(stored) >= len(kept) }, within, every, "everything is stored")
	for i, r := range kept {
		require.Equal(t, r.mark, stored[i], "in the order in which the results came, each once")
	}
	require.Len(t, stored, len(kept))
	t.Logf("%d results waited on the agent's disk, %d are stored, in order", len(kept), len(stored))
}

// marksOf returns the marks of these records as the server received them; nil while the database does not answer.
func (st *stage) marksOf(ctx context.Context, records []record) []string {
	marks := make([]string, len(records))
	for i, r := range records {
		marks[i] = r.mark
	}
	rows, err := st.pool.Query(ctx, `SELECT results->>'stdout' FROM check_history WHERE results->>'stdout' = ANY ($1) ORDER BY x`, marks)
	if err != nil {
		return nil
	}
	stored, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil
	}
	return stored
}
