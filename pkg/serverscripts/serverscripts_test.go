package serverscripts_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/serverscripts"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestRun(t *testing.T) {
	t.Setenv("GUEEN_DATABASE_URL", "secret")
	dir := t.TempDir()
	r := serverscripts.New(dir)
	run := func(s serverscripts.Script) serverscripts.Result {
		if s.Timeout == 0 {
			s.Timeout = time.Minute
		}
		return r.Run(t.Context(), s)
	}
	got := run(serverscripts.Script{Body: "#!/bin/sh\r\necho \"$1 $KIT\"\necho oops >&2\nexit 3\n", Args: []string{"arg1"}, Env: []string{"KIT=v"}})
	require.Equal(t, "arg1 v\n", got.Stdout)
	require.Equal(t, "oops\n", got.Stderr)
	require.Equal(t, 3, got.RetCode)
	require.Regexp(t, `^\d+\.\d{4}$`, got.ExecutionTime())

	got = run(serverscripts.Script{Body: "#!/bin/sh\nenv"})
	require.NotContains(t, got.Stdout, "secret", "the service's own environment stays its own")

	got = run(serverscripts.Script{Body: "#!/bin/sh\nsleep 60 & sleep 60", Timeout: 300 * time.Millisecond})
	require.Equal(t, serverscripts.RetTimedOut, got.RetCode)
	require.Equal(t, "Error: Timed out after 0 seconds.", got.Stderr)
	require.Less(t, got.Took, 45*time.Second, "children that outlive the script are killed with it")

	got = run(serverscripts.Script{Body: "echo no interpreter"})
	require.Equal(t, serverscripts.RetFailed, got.RetCode)
	require.Contains(t, got.Stderr, "Error: ")

	got = run(serverscripts.Script{Body: "#!/bin/sh\nhead -c 20000000 /dev/zero | tr '\\0' x"})
	require.Len(t, got.Stdout, 10<<20)
	require.Equal(t, strings.Repeat("x", 10), got.Stdout[:10])

	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}
