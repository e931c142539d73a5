package logging_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/agent/internal/logging"
)

func TestARepeatedMessageIsThinnedOut(t *testing.T) {
	t.Parallel()

	var buf bytes.Buffer
	log, err := logging.New(&buf, "INFO")
	require.NoError(t, err)
	for range 5000 {
		log.Warn("the same again")
	}
	log.Debug("too fine")
	log.Info("another")
	lines := bytes.Count(buf.Bytes(), []byte{'\n'})
	require.Less(t, lines, 40)
	require.Greater(t, lines, 20)
	require.Contains(t, buf.String(), "another")
	require.NotContains(t, buf.String(), "too fine")
	_, err = logging.New(&buf, "loud")
	require.Error(t, err)
}

func TestTheFileIsBounded(t *testing.T) {
	t.Parallel()

	path := filepath.Join(t.TempDir(), "log", "agent.log")
	f, err := logging.OpenFile(path)
	require.NoError(t, err)
	line := bytes.Repeat([]byte{'x'}, 1<<20)
	for range 25 {
		_, err := f.Write(line)
		require.NoError(t, err)
	}
	require.NoError(t, f.Close())
	for _, p := range []string{path, path + ".1"} {
		info, err := os.Stat(p)
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), int64(10<<20))
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}
