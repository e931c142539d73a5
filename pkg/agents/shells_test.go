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
