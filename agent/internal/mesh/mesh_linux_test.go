package mesh_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/agent/internal/mesh"
)

type server struct{ ids []string }

func (s *server) SyncMesh(_ context.Context, id string) error { s.ids = append(s.ids, id); return nil }

func TestNodeIDIsReportedOnlyWhenThereIsOne(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	srv := &server{}
	a := mesh.New(dir, srv)
	require.ErrorIs(t, a.Sync(t.Context()), mesh.ErrNotInstalled)
	require.ErrorIs(t, a.Recover(t.Context()), mesh.ErrNotInstalled)

	write := func(answer string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "meshagent"), []byte("#!/bin/sh\necho '"+answer+"'\n"), 0o700))
	}
	write("not defined")
	require.Error(t, a.Sync(t.Context()))
	require.Empty(t, srv.ids)
	write("abcdef01")
	require.NoError(t, a.Sync(t.Context()))
	require.Equal(t, []string{"abcdef01"}, srv.ids)
}
