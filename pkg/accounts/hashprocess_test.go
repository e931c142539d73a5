package accounts_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
)

// TestMain lets this program be a hash process, as the api is one.
func TestMain(m *testing.M) {
	serve := map[string]func(io.Reader, io.Writer) error{accounts.HashCommand: accounts.ServeHashes, accounts.Hurried: accounts.ServeHashesHurried}
	if len(os.Args) == 2 && serve[os.Args[1]] != nil {
		if err := serve[os.Args[1]](os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	leaktest.Main(m)
}

func outside(t *testing.T, command ...string) (*accounts.Hasher, *accounts.HashProcess, *prometheus.Registry) {
	t.Helper()
	metrics := prometheus.NewRegistry()
	p, err := accounts.NewHashProcess(command, metrics, zap.NewNop())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Stop(t.Context())) })
	h, err := accounts.NewHasherIn(p, accounts.HashCost{MemoryKiB: 1024, Passes: 1, Lanes: 1, Concurrent: 8})
	require.NoError(t, err)
	return h, p, metrics
}

func program(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	return path
}

// TestHashesOfAnotherProcess are those of this one, and their processor time is counted.
func TestHashesOfAnotherProcess(t *testing.T) {
	t.Parallel()
	h, p, metrics := outside(t, program(t), accounts.Hurried)
	p.Wait()
	inside, err := accounts.NewHasher(accounts.HashCost{MemoryKiB: 1024, Passes: 1, Lanes: 1, Concurrent: 2})
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			password := strings.Repeat("pä\n\"ß", i*50)
			hash, err := h.Hash(t.Context(), password)
			if err != nil {
				t.Errorf("hash: %v", err)
				return
			}
			ok, _, err := inside.Verify(t.Context(), hash, password)
			if !ok || err != nil {
				t.Errorf("verify: %v %v", ok, err)
			}
		})
	}
	all.Wait()
	count, err := testutil.GatherAndCount(metrics, "gueen_password_hash_cpu_seconds_total")
	require.NoError(t, err)
	require.Equal(t, 1, count)
	families, err := metrics.Gather()
	require.NoError(t, err)
	require.Positive(t, families[0].GetMetric()[0].GetCounter().GetValue())

	require.NoError(t, p.Stop(t.Context()))
	hash, err := h.Hash(t.Context(), "after the end") // in the service itself
	require.NoError(t, err)
	ok, _, err := inside.Verify(t.Context(), hash, "after the end")
	require.NoError(t, err)
	require.True(t, ok)
}

// TestHashingGoesOnWithoutProcesses: one that gives way to others for longer than anybody waits, cannot be started, ends at once or answers nonsense is no reason not to sign in.
func TestHashingGoesOnWithoutProcesses(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{{program(t), accounts.HashCommand}, {"/nonexistent/program"}, {"/bin/true"}, {"/bin/sh", "-c", "read x; echo nonsense"}, {"/bin/sh", "-c", `read x; echo '{"key":"AAAA"}'`}} {
		h, _, _ := outside(t, command...)
		hash, err := h.Hash(t.Context(), "secret")
		require.NoError(t, err)
		ok, _, err := h.Verify(t.Context(), hash, "secret")
		require.NoError(t, err)
		require.True(t, ok, command)
	}
}

// TestTooManyWhoWait: beyond a bound, sign-ins are told to come again instead of waiting for ever.
func TestTooManyWhoWait(t *testing.T) {
	t.Parallel()
	p, err := accounts.NewHashProcess([]string{"/bin/sh", "-c", "read x; read never"}, nil, zap.NewNop())
	require.NoError(t, err)
	p.Wait()
	h, err := accounts.NewHasherIn(p, accounts.HashCost{MemoryKiB: 64, Passes: 1, Lanes: 1, Concurrent: 1})
	require.NoError(t, err)
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	var all sync.WaitGroup
	refused := make(chan error, 80)
	for range 80 { // the first holds the place until the process ends
		all.Go(func() {
			if _, err := h.Hash(ctx, "x"); fault.KindOf(err) == fault.KindThrottled {
				refused <- err
			}
		})
	}
	var f *fault.Error
	require.ErrorAs(t, <-refused, &f)
	require.Equal(t, 5*time.Second, f.RetryAfter)
	enough()
	require.NoError(t, p.Stop(t.Context()))
	all.Wait()
}
