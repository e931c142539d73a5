package setup_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/agent/internal/setup"
	carried "github.com/gueencode/gueenrmm/proto/setup"
)

// machine is one that writes down what is run on it.
type machine struct {
	t         *testing.T
	installed bool
	agent     string
	ran       []string
	content   string // of the installer that was run
	fails     string // the program that fails
}

func (m *machine) Installed(context.Context) (bool, error) { return m.installed, nil }

func (m *machine) Exclude(ctx context.Context) error {
	_, limited := ctx.Deadline()
	require.True(m.t, limited, "a scanner that does not answer would keep the installer for ever")
	return errors.New("there is no scanner")
}

func (m *machine) Agent() string { return m.agent }

func (m *machine) Run(_ context.Context, path string, args ...string) error {
	m.ran = append(m.ran, filepath.Base(path)+" "+strings.Join(args, " "))
	if filepath.Base(path) == m.fails {
		return errors.New("exit status 5")
	}
	if path != m.agent {
		text, err := os.ReadFile(path)
		require.NoError(m.t, err)
		m.content = string(text)
		require.NoError(m.t, os.WriteFile(m.agent, []byte("agent"), 0o600))
	}
	return nil
}

const program = "the agent's installer"

type bench struct {
	machine *machine
	said    []string
	install setup.Installer
	p       carried.Package
}

// newBench serves the agent's installer after some answers with errors.
func newBench(t *testing.T, errorsFirst int32) *bench {
	t.Helper()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) <= errorsFirst {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, program)
	}))
	t.Cleanup(server.Close)
	sum := sha256.Sum256([]byte(program))
	b := &bench{machine: &machine{t: t, agent: filepath.Join(t.TempDir(), "tacticalrmm.exe")}}
	b.install = setup.Installer{Host: b.machine, Client: server.Client(), Temp: t.TempDir(), Say: func(format string, args ...any) {
		b.said = append(b.said, fmt.Sprintf(format, args...))
	}}
	b.p = carried.Package{
		API: "https://api.example.com", ClientID: 1, SiteID: 2, AgentType: "server", Token: "tok", URL: server.URL + "/agent", SHA256: hex.EncodeToString(sum[:]),
		FileName: "tacticalagent-v2.11.0-windows-amd64.exe", Ping: true, Power: true,
	}
	return b
}

func (b *bench) requireNothingLeft(t *testing.T) {
	t.Helper()
	left, err := os.ReadDir(b.install.Temp)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestInstalls(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	require.NoError(t, b.install.Install(t.Context(), b.p))
	require.Equal(t, []string{
		"tacticalagent-v2.11.0-windows-amd64.exe /VERYSILENT /SUPPRESSMSGBOXES",
		"tacticalrmm.exe -m install --api https://api.example.com --client-id 1 --site-id 2 --agent-type server --auth tok --ping --power",
	}, b.machine.ran)
	require.Equal(t, program, b.machine.content)
	require.Contains(t, b.said[0], "there is no scanner")
	require.NotContains(t, strings.Join(b.said, " "), "tok ", "the token is not shown")
	b.requireNothingLeft(t)
}

func TestDoesNothingWhereAnAgentIs(t *testing.T) {
	t.Parallel()
	b := newBench(t, 0)
	b.machine.installed = true
	require.NoError(t, b.install.Install(t.Context(), b.p))
	require.Empty(t, b.machine.ran)
}

func TestRefusesAnotherProgram(t *testing.T) {
	t.Parallel()
	b := newBench(t, 0)
	b.p.SHA256 = strings.Repeat("0", 64)
	require.ErrorContains(t, b.install.Install(t.Context(), b.p), "damaged or not the one of the server")
	require.Empty(t, b.machine.ran, "it is not run")
	b.requireNothingLeft(t)
}

func TestSaysWhatFailed(t *testing.T) {
	t.Parallel()
	away := newBench(t, 3)
	require.ErrorContains(t, away.install.Install(t.Context(), away.p), "502 Bad Gateway")
	for fails, text := range map[string]string{"tacticalagent-v2.11.0-windows-amd64.exe": "run the agent's installer: exit status 5", "tacticalrmm.exe": "enrol the agent: exit status 5"} {
		b := newBench(t, 0)
		b.machine.fails = fails
		require.ErrorContains(t, b.install.Install(t.Context(), b.p), text)
		b.requireNothingLeft(t)
	}
}

func TestOtherSystemsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := setup.ThisMachine()
	require.ErrorContains(t, err, "on Windows")
	done, err := setup.Elevate()
	require.NoError(t, err)
	require.False(t, done)
}
