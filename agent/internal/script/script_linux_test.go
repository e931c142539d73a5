package script_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/agent/internal/leaktest"
	"github.com/gueencode/gueenrmm/agent/internal/script"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestAScriptRunsDirectlyAndLeavesNothing(t *testing.T) {
	t.Parallel()

	temp := filepath.Join(t.TempDir(), "tmp")
	res := script.NewRunner(temp).Run(t.Context(), script.Script{
		Code: "#!/bin/sh\r\necho \"$1|$V\"\r\nstat -c %a \"$(dirname \"$0\")\"\r\necho err >&2\r\nexit 7\r\n",
		Args: []string{"a b"}, Env: []string{"V=1", "V=2"}, Timeout: 2 * time.Minute,
	})
	require.NoError(t, res.SetupErr)
	require.Equal(t, "a b|2\n700\n", res.Stdout)
	require.Equal(t, "err\n", res.Stderr)
	require.Equal(t, int64(7), res.RetCode)
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestCodesOfScriptsThatDoNotEndByThemselves(t *testing.T) {
	t.Parallel()

	r := script.NewRunner(t.TempDir())
	res := r.Run(t.Context(), script.Script{Code: "#!/bin/sh\nsleep 100\necho no", Timeout: time.Second})
	require.Equal(t, int64(98), res.RetCode)
	require.Equal(t, "\nTimed out after 1 seconds", res.Stderr)
	require.Empty(t, res.Stdout)

	res = r.Run(t.Context(), script.Script{Code: "no shebang", Timeout: time.Second})
	require.Equal(t, int64(65), res.RetCode)
	require.Error(t, res.SetupErr)

	res = r.Run(t.Context(), script.Script{Code: "x", Shell: "nushell", Timeout: time.Second})
	require.Equal(t, int64(85), res.RetCode)
	require.Equal(t, "File Not Found: /opt/tacticalagent/bin/nu", res.Stderr)

	blocked := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(blocked, nil, 0o600))
	res = script.NewRunner(filepath.Join(blocked, "x")).Run(t.Context(), script.Script{Code: "x"})
	require.Equal(t, int64(85), res.RetCode)
}

func TestRawCommands(t *testing.T) {
	t.Parallel()

	r := script.NewRunner(t.TempDir())
	res := r.Exec(t.Context(), script.Command{Shell: "/bin/sh -e", Line: "echo a; echo b >&2; false; echo no", Timeout: 2 * time.Minute})
	require.Equal(t, "a\n\nb\n", res.Text())
	require.Equal(t, int64(1), res.ExitCode)

	res = r.Exec(t.Context(), script.Command{Line: "echo default", Timeout: 2 * time.Minute})
	require.Equal(t, "default\n", res.Text())

	res = r.Exec(t.Context(), script.Command{Shell: "/no/such", Line: "x"})
	require.Contains(t, res.Text(), "no such file")

	for seconds := 1; ; seconds *= 4 { // a slow machine needs longer to come to the first word
		res = r.Exec(t.Context(), script.Command{Line: "echo a; sleep 100", Timeout: time.Duration(seconds) * time.Second})
		require.Equal(t, int64(98), res.ExitCode)
		if strings.HasPrefix(res.Text(), "a\n") || seconds > 60 {
			require.Equal(t, fmt.Sprintf("a\n\n\nTimed out after %d seconds", seconds), res.Text())
			break
		}
	}
}

func TestScriptsOfKilledAgentsAreSweptAway(t *testing.T) {
	t.Parallel()

	temp := t.TempDir()
	r := script.NewRunner(temp)
	require.NoError(t, script.NewRunner(filepath.Join(temp, "none")).Sweep(t.Context()))
	for _, name := range []string{"run-2147483647-1", "run-" + strconv.Itoa(os.Getppid()) + "-1", "run-" + strconv.Itoa(os.Getpid()) + "-1", "other"} {
		require.NoError(t, os.MkdirAll(filepath.Join(temp, name), 0o700))
	}
	require.NoError(t, r.Sweep(t.Context()))
	require.NoDirExists(t, filepath.Join(temp, "run-2147483647-1"))
	require.NoDirExists(t, filepath.Join(temp, "run-"+strconv.Itoa(os.Getpid())+"-1"))
	require.DirExists(t, filepath.Join(temp, "run-"+strconv.Itoa(os.Getppid())+"-1"))
	require.DirExists(t, filepath.Join(temp, "other"))
}
