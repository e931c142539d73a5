package install_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/agent/internal/apptest"
	"github.com/gueencode/gueenrmm/agent/internal/config"
	"github.com/gueencode/gueenrmm/agent/internal/install"
)

func options(t *testing.T, api string) install.Options {
	t.Helper()
	return install.Options{
		API: api, SiteID: 1, Auth: apptest.InstallerToken, AgentType: "server", Version: "2.11.0",
		ConfigPath: filepath.Join(t.TempDir(), "agent.json"),
	}
}

func TestEnrolWritesWhatTheAgentNeeds(t *testing.T) {
	t.Parallel()

	srv := apptest.Start(t, "token-of-the-agent")
	o := options(t, srv.URL+"/ignored/path")
	o.Power, o.Insecure, o.StateDir = "off", true, "/state"
	cfg, err := install.Enrol(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, cfg.Validate())
	read, err := config.Load(o.ConfigPath)
	require.NoError(t, err)
	require.Equal(t, cfg, read)
	require.Equal(t, srv.URL, cfg.BaseURL)
	require.Equal(t, "127.0.0.1", cfg.APIURL)
	require.Equal(t, "17", cfg.AgentPK)
	require.Equal(t, "token-of-the-agent", cfg.Token)
	require.True(t, cfg.SkipVerify())
	require.Equal(t, "off", cfg.Power)
}

func TestNothingIsRegisteredThatCannotBeKept(t *testing.T) {
	t.Parallel()

	srv := apptest.Start(t, "t")
	o := options(t, srv.URL)
	require.NoError(t, os.WriteFile(o.ConfigPath, nil, 0o600))
	_, err := install.Enrol(t.Context(), o)
	require.ErrorIs(t, err, config.ErrExists)

	o = options(t, srv.URL)
	o.ConfigPath = "/no/such/directory/agent.json"
	_, err = install.Enrol(t.Context(), o)
	require.ErrorContains(t, err, "cannot be written")

	o = options(t, srv.URL)
	o.AgentType = "toaster"
	_, err = install.Enrol(t.Context(), o)
	require.ErrorIs(t, err, install.ErrType)

	o = options(t, "ftp://x")
	_, err = install.Enrol(t.Context(), o)
	require.Error(t, err)

	o = options(t, "https://x")
	o.NATSURL = "nats://plain"
	_, err = install.Enrol(t.Context(), o)
	require.ErrorContains(t, err, "without TLS")

	o = options(t, "http://127.0.0.1:1")
	_, err = install.Enrol(t.Context(), o)
	require.ErrorContains(t, err, "reach the server")
	require.Empty(t, srv.Enrolled())
}

func TestRemoveTakesOnlyWhatIsOurs(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	path, state := filepath.Join(dir, "agent.json"), filepath.Join(dir, "state")
	for _, p := range []string{filepath.Join(state, "spool", "a.rec"), filepath.Join(state, "tmp", "x"), filepath.Join(state, "foreign")} {
		require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o700))
		require.NoError(t, os.WriteFile(p, nil, 0o600))
	}
	require.NoError(t, os.WriteFile(path, []byte("{}"), 0o600))
	cfg := config.Config{StateDir: state}
	require.NoError(t, install.Remove(path, cfg, filepath.Join(state, "agent.log"), false))
	require.NoFileExists(t, path)
	require.NoDirExists(t, filepath.Join(state, "spool"))
	require.NoDirExists(t, filepath.Join(state, "tmp"))
	require.FileExists(t, filepath.Join(state, "foreign"))
	require.NoError(t, os.Remove(filepath.Join(state, "foreign")))
	require.NoError(t, install.Remove(path, cfg, "", false), "removing twice is no error")
	require.NoDirExists(t, state)
}
