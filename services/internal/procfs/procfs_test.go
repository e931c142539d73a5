package procfs_test

import (
	"net"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/internal/procfs"
)

func TestParse(t *testing.T) {
	t.Parallel()
	p, ok := procfs.Parse("42 (a (strange) name) S 7 42 42 0 -1 4194560 100 200 0 0 150 50 25 75 20 0 9 0 100 1000 10")
	require.True(t, ok)
	require.Equal(t, procfs.Process{PID: 42, Parent: 7, CPU: 3}, p)
	for _, text := range []string{"", "42 name S 7", "42 (name) S 7", "x (name) S 7 42 42 0 -1 4194560 100 200 0 0 150 50 25 75 20"} {
		_, ok := procfs.Parse(text)
		require.False(t, ok, "%q", text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("42 (a (strange) name) S 7 42 42 0 -1 4194560 100 200 0 0 150 50 25 75 20 0 9 0 100 1000 10")
	f.Fuzz(func(_ *testing.T, text string) { procfs.Parse(text) })
}

func TestOwner(t *testing.T) {
	t.Parallel()
	require.Equal(t, "postgres", procfs.Owner(30, map[int]int{30: 20, 20: 10, 10: 1}, map[int]string{20: "postgres", 10: "suite"}))
	require.Empty(t, procfs.Owner(30, map[int]int{30: 1}, map[int]string{20: "postgres"}))
}

// TestThisProcess finds the process that listens on a port, which is this one, and what it uses.
func TestThisProcess(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close() //nolint:errcheck // a test's listener
	port := l.Addr().(*net.TCPAddr).Port
	found := procfs.Listeners(procfs.All(), port, 1)
	if runtime.GOOS != "linux" {
		require.Empty(t, found)
		return
	}
	require.Equal(t, map[int]int{port: os.Getpid()}, found)
	used := procfs.Used(procfs.All(), map[int]string{os.Getpid(): "me"})
	require.Greater(t, used["me"].Memory, float64(1<<20))
}
