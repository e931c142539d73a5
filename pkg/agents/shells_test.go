package agents_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/agents"
)

func TestEffectiveShell(t *testing.T) {
	t.Parallel()
	global := agents.GlobalShells{Windows: "powershell", Linux: "custom", LinuxCustom: "/bin/zsh", Darwin: "bash"}
	tests := []struct{ plat, shell, custom, want string }{
		{"windows", "use_global", "", "powershell"},
		{"windows", "cmd", "", "cmd"},
		{"windows", "bash", "", "cmd"},
		{"windows", "custom", `C:\Tools\sh.EXE`, `C:\Tools\sh.EXE`},
		{"windows", "custom", `\\srv\share\sh.exe`, `\\srv\share\sh.exe`},
		{"windows", "custom", `C:\a.exe & calc.exe`, "cmd"},
		{"windows", "custom", `C:\a.bat`, "cmd"},
		{"linux", "use_global", "", "/bin/zsh"},
		{"linux", "custom", "bin/sh", "bash"},
		{"linux", "custom", "/bin/sh;reboot", "bash"},
		{"darwin", "use_global", "", "bash"},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, agents.EffectiveShell(tt.plat, tt.shell, tt.custom, global), "%+v", tt)
	}
	require.Equal(t, "custom", agents.ResolvedShell("/bin/zsh"))
	require.Equal(t, "bash", agents.ResolvedShell("bash"))
}

func TestVersionAtLeast(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"2.10.0", "v2.10.1", "2.11.0-dev", "3", "2.10.0.1"} {
		require.True(t, agents.VersionAtLeast(v, "2.10.0"), v)
	}
	for _, v := range []string{"2.9.1", "0.1.0", "", "x.y", "2.9.99999999999999999999"} {
		require.False(t, agents.VersionAtLeast(v, "2.10.0"), v)
	}
}
