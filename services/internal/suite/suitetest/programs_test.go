package suitetest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/internal/suite/suitetest"
)

func TestProgramsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	first, second := suitetest.Programs(t), suitetest.Programs(t)
	require.NotEqual(t, first, second)
	for _, name := range []string{"api", "realtime", "natsapi", "worker", "beat", "web", "rmmctl", "nats-server"} {
		info, err := os.Stat(filepath.Join(first, name))
		require.NoError(t, err)
		require.NotZero(t, info.Mode()&0o100, "%s is a program", name)
		// A build puts a new file in the place of the old one; what the test has is not touched.
		require.NoError(t, os.Remove(filepath.Join(second, name)))
		require.FileExists(t, filepath.Join(first, name))
	}
	require.DirExists(t, filepath.Join(first, "agents"))
	require.FileExists(t, filepath.Join(suitetest.Web(t), "index.html"))
}
