package process_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/agent/internal/leaktest"
	"github.com/gueencode/gueenrmm/agent/internal/process"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func sh(script string) process.Spec {
	return process.Spec{Path: "/bin/sh", Args: []string{"-c", script}, Timeout: 2 * time.Minute}
}

func TestCollectsOutputAndCode(t *testing.T) {
	t.Parallel()

	spec := sh(`printf 'a\r\nb'; printf 'e\n' >&2; printf 'x\000\377' >&2; exit 3`)
	spec.Env = []string{"A=1"}
	res := process.Run(t.Context(), spec)
	require.NoError(t, res.Err)
	require.Equal(t, "a\nb\n", res.Stdout)
	require.Equal(t, "e\nx\uFFFD\n", res.Stderr)
	require.Equal(t, int64(3), res.ExitCode)
	require.False(t, res.TimedOut)
	require.Positive(t, res.Elapsed)
}

func TestKilledBySignalIsMinusOne(t *testing.T) {
	t.Parallel()
	require.Equal(t, int64(-1), process.Run(t.Context(), sh(`kill -9 $$`)).ExitCode)
}

func TestMissingProgramIsAnError(t *testing.T) {
	t.Parallel()
	res := process.Run(t.Context(), process.Spec{Path: "/does/not/exist", Timeout: time.Second})
	require.ErrorIs(t, res.Err, os.ErrNotExist)
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()

	spec := sh(`head -c 3000000 /dev/zero | tr '\0' x`)
	spec.MaxOutput = 1000
	res := process.Run(t.Context(), spec)
	require.Less(t, len(res.Stdout), 1200)
	require.Contains(t, res.Stdout, "[output truncated: 2999000 more bytes]")
}

func TestLinesArriveInOrderAndCut(t *testing.T) {
	t.Parallel()

	var mu sync.Mutex
	var lines []string
	spec := sh(`echo one; echo; echo two >&2; head -c 20000 /dev/zero | tr '\0' x; echo; printf end`)
	spec.OnLine = func(l string) { mu.Lock(); lines = append(lines, l); mu.Unlock() }
	res := process.Run(t.Context(), spec)
	require.NoError(t, res.Err)
	var long, short []string
	for _, l := range lines {
		if strings.HasPrefix(l, "x") {
			long = append(long, l)
		} else {
			short = append(short, l)
		}
	}
	require.ElementsMatch(t, []string{"one", "", "two", "end"}, short)
	require.Len(t, long, 2)
	require.Len(t, long[0]+long[1], 20000)
}

func TestADaemonThatKeepsThePipesDoesNotHoldTheResult(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	start := time.Now()
	res := process.Run(t.Context(), sh(fmt.Sprintf(`setsid sleep 300 & echo $! > %s/pid; echo started`, dir)))
	require.Less(t, time.Since(start), longBefore)
	require.Equal(t, "started\n", res.Stdout)
	require.Equal(t, int64(0), res.ExitCode)
	pid := readPID(t, filepath.Join(dir, "pid"))
	require.NoError(t, syscall.Kill(pid, 0), "what a script leaves running on purpose stays")
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
}

func readPID(t *testing.T, path string) int {
	t.Helper()
	var pid int
	require.Eventually(t, func() bool {
		data, err := os.ReadFile(path)
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(data)))
		return err == nil
	}, time.Minute, 5*time.Millisecond)
	return pid
}

// alive is false for processes that are gone or only wait to be reaped.
func alive(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	f := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	return f[0] != "Z"
}

// longBefore is well below the time the scripts of the tests would take if nothing ended them, 300 s.
const longBefore = 150 * time.Second

// tree starts a process tree in a directory, in which each process writes its id.
const tree = `cd %s
sh -c 'echo $$ > child; sh -c "echo \$\$ > grandchild; exec sleep 300"' &
setsid sh -c 'echo $$ > session; exec sleep 300' &
(setsid sh -c 'echo $$ > orphan; exec sleep 300' &)
sh -c 'trap "" TERM HUP INT; while :; do sleep 0.01 & wait; done' &
bash -c 'set -m; sh -c "echo \$\$ > group; exec sleep 300" & wait' &
echo before
sleep 300
echo after`

// written says whether a process has put its whole id into the file.
func written(path string) bool {
	data, err := os.ReadFile(path)
	return err == nil && strings.HasSuffix(string(data), "\n")
}

// The tree has a grandchild in a group of its own, one in a session of its own, one that lost its parent and session,
// and one that keeps forking.
func TestTimeoutKillsTheWholeTree(t *testing.T) {
	t.Parallel()

	names := []string{"child", "grandchild", "session", "orphan", "group"}
	var dir string
	var res process.Result
	// A slow machine needs longer until the whole tree stands; only then it is worth killing.
	for timeout := 1500 * time.Millisecond; ; timeout *= 2 {
		require.Less(t, timeout, 2*time.Minute, "the tree never stood")
		dir = t.TempDir()
		spec := sh(fmt.Sprintf(tree, dir))
		spec.Timeout = timeout
		res = process.Run(t.Context(), spec)
		if res.Stdout != "" && !slices.ContainsFunc(names, func(n string) bool { return !written(filepath.Join(dir, n)) }) {
			break
		}
	}
	require.True(t, res.TimedOut)
	require.Equal(t, int64(process.TimeoutCode), res.ExitCode)
	require.Equal(t, "before\n", res.Stdout, "nothing goes on after the kill")
	require.Less(t, res.Elapsed, longBefore)
	for _, name := range names {
		pid := readPID(t, filepath.Join(dir, name))
		require.Eventually(t, func() bool { return !alive(pid) }, time.Minute, 5*time.Millisecond, name)
	}
}

func TestTheEndOfTheContextKillsToo(t *testing.T) {
	t.Parallel()

	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	res := process.Run(ctx, sh(`sleep 300`))
	require.True(t, res.Canceled)
	require.Less(t, res.Elapsed, longBefore)
}
