package lifecycle_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/lifecycle"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

type recorder struct {
	mu     sync.Mutex
	events []string
}

func (r *recorder) add(e string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.events...)
}

func (r *recorder) part(name string, startErr, stopErr error) lifecycle.Component {
	return lifecycle.Funcs{
		OnStart: func(context.Context) error { r.add("start " + name); return startErr },
		OnStop:  func(context.Context) error { r.add("stop " + name); return stopErr },
	}
}

func TestStopsInReverseAndCollectsErrors(t *testing.T) {
	t.Parallel()
	var r recorder
	ctx, cancel := context.WithCancel(t.Context())
	g := lifecycle.New(zap.NewNop(), nil)
	bad, worse := errors.New("bad"), errors.New("worse")
	g.Add("a", r.part("a", nil, bad))
	g.Add("b", r.part("b", nil, worse))
	g.Add("c", lifecycle.Funcs{OnStart: func(context.Context) error { cancel(); return nil }})
	err := g.Run(ctx)
	require.ErrorIs(t, err, bad)
	require.ErrorIs(t, err, worse)
	require.Equal(t, []string{"start a", "start b", "stop b", "stop a"}, r.all())
}

func TestFailedStartStopsWhatWasStarted(t *testing.T) {
	t.Parallel()
	var r recorder
	broken := errors.New("address in use")
	g := lifecycle.New(zap.NewNop(), nil)
	g.Add("a", r.part("a", nil, nil))
	g.Add("b", r.part("b", broken, nil))
	g.Add("c", r.part("c", nil, nil))
	err := g.Run(t.Context())
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "start b")
	require.Equal(t, []string{"start a", "start b", "stop a"}, r.all())
}

func TestLoopThatEndsIsAFailure(t *testing.T) {
	t.Parallel()
	g := lifecycle.New(zap.NewNop(), nil)
	g.Go("quitter", func(context.Context) error { return nil })
	require.ErrorContains(t, g.Run(t.Context()), "quitter: ended by itself")
}

func TestLoopStopsWithItsContextAndDeadlinesHold(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	g := lifecycle.New(zap.NewNop(), nil)
	g.Go("good", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	g.Go("stubborn", func(context.Context) error { <-release; return nil }, lifecycle.StopWithin(20*time.Millisecond))
	cancel()
	g2 := lifecycle.New(zap.NewNop(), nil)
	g2.Add("never", lifecycle.Funcs{OnStart: func(context.Context) error { t.Error("started after the end"); return nil }})
	require.NoError(t, g2.Run(ctx))

	ctx, cancel = context.WithCancel(t.Context())
	g.Add("end", lifecycle.Funcs{OnStart: func(context.Context) error { cancel(); return nil }})
	err := g.Run(ctx)
	require.ErrorContains(t, err, "stop stubborn: did not end in time: stop of stubborn took longer than 20ms")
	close(release)
}

func TestStartDeadlineNamesTheComponent(t *testing.T) {
	t.Parallel()
	g := lifecycle.New(zap.NewNop(), nil)
	g.Add("slow", lifecycle.Funcs{OnStart: func(ctx context.Context) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}}, lifecycle.StartWithin(10*time.Millisecond))
	require.ErrorContains(t, g.Run(t.Context()), "start of slow took longer than 10ms")
}

func TestServiceManagerIsTold(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	var mu sync.Mutex
	var alive error
	n := lifecycle.NewNotifier([]string{"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=20000"}, func() error {
		mu.Lock()
		defer mu.Unlock()
		return alive
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- lifecycle.New(zap.NewNop(), n).Run(ctx) }()
	read := func() string {
		b := make([]byte, 100)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Minute)))
		k, err := conn.Read(b)
		require.NoError(t, err)
		return string(b[:k])
	}
	require.Equal(t, "READY=1", read())
	require.Equal(t, "WATCHDOG=1", read())
	mu.Lock()
	alive = errors.New("stuck")
	mu.Unlock()
	cancel()
	for s := read(); s != "STOPPING=1"; s = read() {
		require.Equal(t, "WATCHDOG=1", s)
	}
	require.NoError(t, <-done)
}
