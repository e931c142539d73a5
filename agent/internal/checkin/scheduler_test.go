package checkin_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/bus"
	"github.com/gueencode/gueenrmm/agent/internal/checkin"
	"github.com/gueencode/gueenrmm/agent/internal/leaktest"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const id = "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMn"

// world is the machine, the connection and the server in one; disks hang while hang is set.
type world struct {
	mu      sync.Mutex
	offline bool
	cfg     agentwire.Config
	cfgErr  error
	asked   int
	sent    map[agentwire.Kind]int
	synced  int
	hang    chan struct{}
}

func (*world) Hello() agentwire.Hello { return agentwire.Hello{AgentID: id} }
func (*world) AgentInfo(context.Context) agentwire.AgentInfo {
	return agentwire.AgentInfo{AgentID: id}
}
func (w *world) Disks(context.Context) (agentwire.Disks, error) {
	if w.hang != nil {
		<-w.hang // as the kernel does: the context does not help
	}
	return agentwire.Disks{AgentID: id}, nil
}
func (*world) WinServices() agentwire.WinServices          { return agentwire.WinServices{AgentID: id} }
func (*world) PublicIP(context.Context) agentwire.PublicIP { return agentwire.PublicIP{AgentID: id} }
func (*world) WMI(context.Context) agentwire.WMI           { return agentwire.WMI{AgentID: id} }
func (w *world) Sync(context.Context) error                { w.mu.Lock(); w.synced++; w.mu.Unlock(); return nil }
func (w *world) Config(context.Context) (agentwire.Config, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	return w.cfg, w.cfgErr
}

func (w *world) CheckIn(msg agentwire.CheckIn) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.offline {
		return bus.ErrOffline
	}
	w.sent[msg.Kind()]++
	return nil
}

func (w *world) count(k agentwire.Kind) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent[k]
}

func (w *world) set(f func()) { w.mu.Lock(); f(); w.mu.Unlock() }

func start(t *testing.T, w *world) *checkin.Scheduler {
	t.Helper()
	w.sent = map[agentwire.Kind]int{}
	s := checkin.New(w, w, w, w, zap.NewNop())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return s
}

func seconds(n int) agentwire.Config {
	return agentwire.Config{Hello: n, AgentInfo: n, WinServices: n, PublicIP: n, Disks: n, Software: n, WMI: n, SyncMesh: n}
}

func TestAConnectionSendsWhatHasNotGotThrough(t *testing.T) {
	t.Parallel()

	w := &world{offline: true, cfgErr: errors.New("away")}
	s := start(t, w)
	s.Connected()
	require.Never(t, func() bool { return w.count(agentwire.KindHello) > 0 }, 50*time.Millisecond, 5*time.Millisecond)
	w.set(func() { w.offline = false })
	require.Eventually(t, func() bool {
		s.Connected()
		for _, k := range agentwire.Kinds()[1:] { // each is collected beside the others
			if w.count(k) == 0 {
				return false
			}
		}
		return w.count(agentwire.KindHello) >= 2
	}, time.Minute, 10*time.Millisecond)
	for _, k := range agentwire.Kinds()[1:] {
		require.Equal(t, 1, w.count(k), k)
	}
}

func TestLimitedDataLeavesTheHeavyOnesOutAtStart(t *testing.T) {
	t.Parallel()

	cfg := seconds(3600)
	cfg.LimitData = true
	w := &world{cfg: cfg}
	s := start(t, w)
	require.Eventually(t, func() bool { return s.Config() == cfg }, time.Minute, time.Millisecond)
	s.Connected()
	require.Eventually(t, func() bool { return w.count(agentwire.KindPublicIP) == 1 }, time.Minute, time.Millisecond)
	require.Zero(t, w.count(agentwire.KindWinServices))
	require.Zero(t, w.count(agentwire.KindWMI))
}

func TestAHangingCollectorDoesNotHoldBackTheSignOfLife(t *testing.T) {
	t.Parallel()

	w := &world{cfg: seconds(1), hang: make(chan struct{})}
	s := start(t, w)
	require.Eventually(t, func() bool { return w.count(agentwire.KindHello) >= 3 && w.count(agentwire.KindWMI) >= 2 }, time.Minute, 5*time.Millisecond)
	require.Zero(t, w.count(agentwire.KindDisks))
	require.ErrorIs(t, s.Send(t.Context(), agentwire.KindDisks), checkin.ErrBusy)
	close(w.hang)
	require.Eventually(t, func() bool { return w.count(agentwire.KindDisks) >= 1 }, time.Minute, 5*time.Millisecond)
}

func TestBadIntervalsFromTheServerAreNotUsed(t *testing.T) {
	t.Parallel()

	w := &world{cfg: agentwire.Config{Hello: 5}}
	s := start(t, w)
	require.Eventually(t, func() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.asked > 0 }, time.Minute, time.Millisecond)
	require.True(t, s.Config().Valid())
	for range 200 {
		d := checkin.Defaults()
		require.True(t, d.Hello >= 30 && d.Hello <= 60 && d.SyncMesh >= 800 && d.SyncMesh <= 1200)
	}
}
