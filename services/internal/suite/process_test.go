package suite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// shell returns a supervised shell script whose lines the test can read.
func shell(t *testing.T, script string, ready func(ctx context.Context) error) (*Process, func() string) {
	t.Helper()
	sp := newSpawner()
	var mu sync.Mutex
	var said strings.Builder
	p := &Process{
		spec:    command{name: "child", path: "/bin/sh", args: []string{"-c", script}, dir: "/", stopWithin: time.Minute, ready: ready},
		logPath: filepath.Join(t.TempDir(), "child.log"), spawn: sp,
		say: func(format string, args ...any) {
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintf(&said, format+"\n", args...)
		},
	}
	t.Cleanup(func() {
		if err := p.Crash(context.Background()); err != nil {
			t.Error(err)
		}
		sp.close()
	})
	return p, func() string { mu.Lock(); defer mu.Unlock(); return said.String() }
}

func TestKilledProcessComesBack(t *testing.T) {
	t.Parallel()
	p, said := shell(t, "echo started; exec sleep 60", nil)
	require.NoError(t, p.Up())
	require.NoError(t, p.Up(), "up twice is fine")
	require.Eventually(t, func() bool { return strings.Contains(tail(p.LogPath()), "started") }, time.Minute, 5*time.Millisecond)
	first := p.PID()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, p.Restart(ctx))
	require.NotEqual(t, first, p.PID())
	require.Contains(t, said(), "child ended (signal: killed), starting it again in 200ms")
	require.NoError(t, p.Down(ctx))
	require.Zero(t, p.PID())
	require.NoError(t, p.Up())
	require.NoError(t, p.Crash(ctx))
}

func TestProcessThatKeepsDyingIsAnErrorWithItsLog(t *testing.T) {
	t.Parallel()
	p, _ := shell(t, "echo cannot find my settings; exit 3", nil)
	p.spec.ready = func(context.Context) error { return errors.New("not yet") }
	require.NoError(t, p.Up())
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err := p.WaitReady(ctx)
	require.ErrorContains(t, err, "child keeps ending (exit status 3)")
	require.ErrorContains(t, err, "cannot find my settings")
}

func TestProcessThatIsNeverReadySaysWhy(t *testing.T) {
	t.Parallel()
	p, _ := shell(t, "exec sleep 60", func(context.Context) error { return errors.New("postgres is away") })
	require.NoError(t, p.Up())
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, p.WaitReady(ctx), "postgres is away")
}

func TestProcessThatDoesNotStopIsKilled(t *testing.T) {
	t.Parallel()
	p, _ := shell(t, "trap '' TERM; echo ignoring; while :; do sleep 1; done", nil)
	p.spec.stopWithin = 300 * time.Millisecond
	require.NoError(t, p.Up())
	require.Eventually(t, func() bool { return strings.Contains(tail(p.LogPath()), "ignoring") }, time.Minute, 5*time.Millisecond)
	require.ErrorContains(t, p.Down(t.Context()), "did not stop within 300ms and was killed")
	require.NoError(t, p.Down(t.Context()), "down twice is fine")
}

func TestTakenPortIsNamedWithItsSetting(t *testing.T) {
	t.Parallel()
	auto := Ports{Mode: "auto"}
	dir := t.TempDir()
	held, err := auto.settle(t.Context(), dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, held.Close()) })
	require.NoError(t, auto.checkFree(t.Context(), dir))
	again := Ports{Mode: "auto"}
	remembered, err := again.settle(t.Context(), dir)
	require.NoError(t, err)
	require.Empty(t, remembered, "the first one has them")
	require.Equal(t, auto, again, "automatic ports stay")
	l := listen(t)
	auto.NATSWebSocket = l
	err = auto.checkFree(t.Context(), dir)
	require.ErrorContains(t, err, fmt.Sprintf("port %d (port-nats-ws) is taken", l))
	require.ErrorContains(t, err, "remove "+filepath.Join(dir, "ports.json"), "choosing a port does not help while one is remembered")
	fixed := auto
	fixed.Mode = "fixed"
	require.ErrorContains(t, fixed.checkFree(t.Context(), dir), "--port-nats-ws or GUEEN_RUN_PORT_NATS_WS")
}
