package spool_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/agent/internal/leaktest"
	"github.com/gueencode/gueenrmm/agent/internal/spool"
)

const childDir = "SPOOL_TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		appendForever(dir)
	}
	leaktest.Main(m)
}

// appendForever is the child that is killed: it prints a number once the record with that number is on disk.
func appendForever(dir string) {
	s, err := spool.Open(dir, spool.Options{})
	for i := 0; err == nil; i++ {
		if err = s.Append(spool.Record{Path: strconv.Itoa(i), Body: make([]byte, 4096)}); err == nil {
			_, err = fmt.Println(i)
		}
	}
	os.Exit(1)
}

func open(t *testing.T, dir string, opts spool.Options) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir, opts)
	require.NoError(t, err)
	return s
}

// drain takes everything out and returns the paths in order.
func drain(t *testing.T, s *spool.Spool) []string {
	t.Helper()
	var out []string
	for e, ok := s.Oldest(); ok; e, ok = s.Oldest() {
		out = append(out, e.Path)
		require.NoError(t, s.Remove(e))
	}
	return out
}

func TestRecordsSurviveARestartInOrder(t *testing.T) {
	t.Parallel()

	dir := filepath.Join(t.TempDir(), "spool")
	s := open(t, dir, spool.Options{})
	for i := range 30 {
		require.NoError(t, s.Append(spool.Record{Method: "PATCH", Path: strconv.Itoa(i), Body: []byte("{}")}))
	}
	e, ok := s.Oldest()
	require.True(t, ok)
	require.NotEmpty(t, e.ID)
	require.Equal(t, []byte("{}"), e.Body)
	first := e.ID

	s = open(t, dir, spool.Options{})
	e, ok = s.Oldest()
	require.True(t, ok)
	require.Equal(t, first, e.ID, "the id stays the same over restarts")
	require.NoError(t, s.Append(spool.Record{Path: "30"}))
	want := make([]string, 31)
	for i := range want {
		want[i] = strconv.Itoa(i)
	}
	require.Equal(t, want, drain(t, s))
	require.Zero(t, s.Len())
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestOrderHoldsWhenTheClockStepsBack(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := open(t, t.TempDir(), spool.Options{Now: func() time.Time { now = now.Add(-time.Hour); return now }})
	for i := range 5 {
		require.NoError(t, s.Append(spool.Record{Path: strconv.Itoa(i)}))
	}
	require.Equal(t, []string{"0", "1", "2", "3", "4"}, drain(t, s))
}

func TestTheOldestAreDroppedWhenFull(t *testing.T) {
	t.Parallel()

	s := open(t, t.TempDir(), spool.Options{MaxRecords: 3})
	for i := range 5 {
		require.NoError(t, s.Append(spool.Record{Path: strconv.Itoa(i)}))
	}
	require.Equal(t, uint64(2), s.Dropped())
	require.Equal(t, []string{"2", "3", "4"}, drain(t, s))

	s = open(t, t.TempDir(), spool.Options{MaxBytes: 1000})
	require.ErrorIs(t, s.Append(spool.Record{Body: make([]byte, 1000)}), spool.ErrTooLarge)
	for i := range 4 {
		require.NoError(t, s.Append(spool.Record{Path: strconv.Itoa(i), Body: make([]byte, 200)}))
	}
	require.Equal(t, []string{"1", "2", "3"}, drain(t, s))
	require.Equal(t, uint64(1), s.Dropped())
}

func TestDamagedFilesAreRemovedAndCounted(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	s := open(t, dir, spool.Options{})
	require.NoError(t, s.Append(spool.Record{Path: "a", Body: []byte("body")}))
	require.NoError(t, s.Append(spool.Record{Path: "b"}))
	names, err := filepath.Glob(filepath.Join(dir, "*.rec"))
	require.NoError(t, err)
	data, err := os.ReadFile(names[0])
	require.NoError(t, err)
	data[len(data)-1] ^= 1
	require.NoError(t, os.WriteFile(names[0], data, 0o600))
	require.Equal(t, []string{"b"}, drain(t, s))
	require.Equal(t, uint64(1), s.Dropped())
}

func TestDeferMovesARecordBehindTheOthers(t *testing.T) {
	t.Parallel()

	s := open(t, t.TempDir(), spool.Options{})
	for _, p := range []string{"a", "b", "c"} {
		require.NoError(t, s.Append(spool.Record{Path: p}))
	}
	e, ok := s.Oldest()
	require.True(t, ok)
	require.NoError(t, s.Defer(e))
	require.Equal(t, []string{"b", "c", "a"}, drain(t, s))
}

func TestOnlyOneProcessDelivers(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	a, b := open(t, dir, spool.Options{}), open(t, dir, spool.Options{})
	unlock, ok, err := a.Lock()
	require.NoError(t, err)
	require.True(t, ok)
	_, ok, err = b.Lock()
	require.NoError(t, err)
	require.False(t, ok)
	require.NoError(t, b.Append(spool.Record{Path: "from b"}))
	require.NoError(t, a.Rescan())
	require.Equal(t, []string{"from b"}, drain(t, a))
	require.NoError(t, unlock())
	unlock, ok, err = b.Lock()
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, unlock())
}

// A process killed in the middle of appending loses nothing that it had reported as stored, and leaves nothing damaged.
func TestNothingStoredIsLostToAKill(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	stored := 0
	for lines.Scan() {
		if stored++; stored == 100 {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	require.Error(t, cmd.Wait())
	require.GreaterOrEqual(t, stored, 100)

	s := open(t, dir, spool.Options{})
	got := drain(t, s)
	require.GreaterOrEqual(t, len(got), stored)
	require.LessOrEqual(t, len(got), stored+1, "at most the record whose number was not printed yet")
	for i, p := range got {
		require.Equal(t, strconv.Itoa(i), p)
	}
	require.Zero(t, s.Dropped())
}
