package checks_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/checks"
	"github.com/gueencode/gueenrmm/agent/internal/leaktest"
	"github.com/gueencode/gueenrmm/agent/internal/script"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const id = "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMn"

// fake is the server and the place where results go.
type fake struct {
	mu       sync.Mutex
	checks   []json.RawMessage
	interval int
	fail     int // requests for the interval that fail first
	asked    int
	results  []map[string]any
}

func (f *fake) CheckInterval(context.Context) (agentwire.CheckInterval, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked++; f.asked <= f.fail {
		return agentwire.CheckInterval{}, errors.New("away")
	}
	return agentwire.CheckInterval{CheckInterval: f.interval}, nil
}

func (f *fake) DueChecks(context.Context) (agentwire.CheckRun, error) {
	return agentwire.CheckRun{Checks: f.checks}, nil
}
func (f *fake) AllChecks(ctx context.Context) (agentwire.CheckRun, error) { return f.DueChecks(ctx) }

func (f *fake) Submit(_, path string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	m := map[string]any{"path": path}
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.results = append(f.results, m)
	return nil
}

func (f *fake) byID() map[float64]map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[float64]map[string]any{}
	for _, r := range f.results {
		out[r["id"].(float64)] = r
	}
	return out
}

func loop(t *testing.T, f *fake) *checks.Loop {
	t.Helper()
	return checks.New(id, f, f, script.NewRunner(t.TempDir()), checks.NewSystem(), zap.NewNop(),
		checks.Options{FirstDelay: time.Millisecond, NoSpread: true, FailedPause: 5 * time.Millisecond})
}

func TestEveryTypePostsItsShape(t *testing.T) {
	t.Parallel()

	f := &fake{checks: []json.RawMessage{
		json.RawMessage(`{"id":1,"check_type":"diskspace","disk":"/"}`),
		json.RawMessage(`{"id":2,"check_type":"diskspace","disk":"/no/such/mount"}`),
		json.RawMessage(`{"id":3,"check_type":"memory"}`),
		json.RawMessage(`{"id":4,"check_type":"ping","ip":"127.0.0.1"}`),
		json.RawMessage(`{"id":5,"check_type":"ping","ip":"name.invalid"}`),
		json.RawMessage(`{"id":6,"check_type":"script","timeout":120,"script":{"code":"#!/bin/sh\necho $1 $K; exit 3","shell":"shell"},"script_args":["a"],"env_vars":["K=v"]}`),
		json.RawMessage(`{"id":7,"check_type":"winsvc","svc_name":"x"}`),
		json.RawMessage(`{"id":8,"check_type":"eventlog"}`),
		json.RawMessage(`{"id":9,"check_type":"memory","timeout":"ten"}`),
		json.RawMessage(`{"id":10,"check_type":"future"}`),
		json.RawMessage(`{"id":11,"check_type":"cpuload"}`),
		json.RawMessage(`{"id":12,"check_type":"script","timeout":1,"script":{"code":"#!/bin/sh\nsleep 60"}}`),
	}}
	require.NoError(t, loop(t, f).RunAll(t.Context()))
	got := f.byID()
	for _, r := range got {
		require.Equal(t, id, r["agent_id"])
		require.Equal(t, "/api/v3/checkrunner/", r["path"])
	}
	require.Equal(t, true, got[1]["exists"])
	require.Regexp(t, `^Total: [\d.]+ \wB, Free: [\d.]+ \wB$`, got[1]["more_info"])
	require.Positive(t, got[1]["percent_used"])
	require.Equal(t, false, got[2]["exists"])
	require.Equal(t, "Disk /no/such/mount does not exist", got[2]["more_info"])
	require.InDelta(t, 50, got[3]["percent"], 50)
	require.Equal(t, "failing", got[5]["status"])
	require.NotEmpty(t, got[5]["output"])
	require.Equal(t, "a v\n", got[6]["stdout"])
	require.InDelta(t, 3, got[6]["retcode"], 0)
	require.Positive(t, got[6]["runtime"])
	require.Equal(t, "Status: ", got[7]["more_info"])
	require.Equal(t, "failing", got[7]["status"])
	require.Contains(t, got[8], "log")
	require.NotContains(t, got, 9.0, "an unreadable check costs only itself")
	require.NotContains(t, got, 10.0)
	require.InDelta(t, 50, got[11]["percent"], 50)
	require.InDelta(t, 98, got[12]["retcode"], 0)
	if os.Getuid() == 0 {
		require.Equal(t, "passing", got[4]["status"], got[4]["output"])
		require.Regexp(t, `(?s)^\d+ bytes from 127.0.0.1: icmp_seq=0 time=.*\n\n--- 127.0.0.1 ping statistics ---\n3 packets transmitted, 3 packets received, 0% packet loss\nround-trip min/avg/max/stddev = .*\n$`, got[4]["output"])
	}
}

func TestTheLoopGoesOnAfterFailures(t *testing.T) {
	t.Parallel()

	f := &fake{interval: 1, fail: 2, checks: []json.RawMessage{json.RawMessage(`{"id":3,"check_type":"memory"}`)}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- loop(t, f).Run(ctx) }()
	require.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.results) >= 2
	}, time.Minute, 5*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}

func TestStoppingCutsARunWithoutResults(t *testing.T) {
	t.Parallel()

	f := &fake{checks: []json.RawMessage{json.RawMessage(`{"id":1,"check_type":"script","timeout":60,"script":{"code":"#!/bin/sh\nsleep 60"}}`)}}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	require.NoError(t, loop(t, f).RunDue(ctx))
	require.Empty(t, f.byID())
}
