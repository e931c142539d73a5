package installers_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/agents/installers"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

func install() installers.Install {
	return installers.Install{
		API: "https://api.example.com", ClientID: 1, SiteID: 2, AgentType: "server", Token: "abc123", Plat: "windows", Goarch: "amd64",
		URL: "https://api.example.com/v1/downloads/agent/windows/amd64", RDP: true, Ping: true, Power: true,
	}
}

func TestCommandLines(t *testing.T) {
	t.Parallel()
	require.Equal(t, `tacticalagent-v2.11.0-windows-amd64.exe /VERYSILENT /SUPPRESSMSGBOXES && ping 127.0.0.1 -n 7 && `+
		`"C:\Program Files\TacticalAgent\tacticalrmm.exe" -m install --api https://api.example.com --client-id 1 --site-id 2 `+
		`--agent-type server --auth abc123 --rdp --ping --power`, install().Manual())
	mac := install()
	mac.Plat, mac.Goarch, mac.URL, mac.Insecure = "darwin", "arm64", "https://x/a", true
	require.Equal(t, `curl -L -o tacticalagent-v2.11.0-darwin-arm64 'https://x/a' && chmod +x tacticalagent-v2.11.0-darwin-arm64 && `+
		`sudo ./tacticalagent-v2.11.0-darwin-arm64 -m install --api https://api.example.com --client-id 1 --site-id 2 `+
		`--agent-type server --auth abc123 --insecure`, mac.Mac())
}

func TestScriptsQuoteWhatIsFilledIn(t *testing.T) {
	t.Parallel()
	evil := install()
	evil.API = `https://x'; touch /tmp/owned; '`
	script, err := evil.Linux()
	require.NoError(t, err)
	require.Contains(t, script, `api='https://x'\''; touch /tmp/owned; '\'''`)
	ps, err := evil.PowerShell()
	require.NoError(t, err)
	require.Contains(t, ps, `$api = 'https://x''; touch /tmp/owned; '''`)
	require.Contains(t, ps, `$rdp = $true`)
	for plat, want := range map[string]string{"linux": "uninstall", "darwin": "launchctl bootout", "windows": "foo"} {
		code, err := installers.Uninstall(plat)
		require.NoError(t, err)
		require.Contains(t, code, want)
	}
}

func TestShellScriptsAreValid(t *testing.T) {
	t.Parallel()
	script, err := install().Linux()
	require.NoError(t, err)
	mac, err := installers.Uninstall("darwin")
	require.NoError(t, err)
	for name, text := range map[string]string{"linux": script, "mac": mac} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		for _, shell := range []string{"sh", "bash"} {
			out, err := exec.CommandContext(t.Context(), shell, "-n", path).CombinedOutput()
			require.NoError(t, err, string(out))
		}
		out, err := exec.CommandContext(t.Context(), "sh", path, "--bogus").CombinedOutput()
		if name == "linux" {
			require.Error(t, err)
			require.Contains(t, string(out), "unknown argument --bogus")
		}
	}
}

func TestReleases(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := installers.NewReleases(dir, "https://api.example.com/")
	_, ok := r.URL("linux", "amd64")
	require.False(t, ok)
	_, err := r.Open("linux", "amd64")
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	none, err := r.SHA256("linux", "amd64")
	require.NoError(t, err)
	require.Empty(t, none)

	path := filepath.Join(dir, "gueen-agent-linux-amd64")
	require.NoError(t, os.WriteFile(path, []byte("binary"), 0o600))
	url, ok := r.URL("linux", "amd64")
	require.True(t, ok)
	require.Equal(t, "https://api.example.com/v1/downloads/agent/linux/amd64", url)
	for range 2 {
		b, err := r.Open("linux", "amd64")
		require.NoError(t, err)
		data, err := io.ReadAll(b.File)
		require.NoError(t, err)
		require.NoError(t, b.File.Close())
		require.Equal(t, "binary", string(data))
		want := sha256.Sum256(data)
		require.Equal(t, hex.EncodeToString(want[:]), b.SHA256)
	}
	for _, bad := range [][2]string{{"..", "amd64"}, {"linux", "../x"}, {"plan9", "amd64"}, {"linux", ""}} {
		_, err := r.Open(bad[0], bad[1])
		require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	}
}
