package agents

import (
	"strings"
)

// The values of default_shell (rest-1.md §1.17).
const (
	ShellUseGlobal  = "use_global"
	ShellCmd        = "cmd"
	ShellPowerShell = "powershell"
	ShellBash       = "bash"
	ShellCustom     = "custom"
)

// GlobalShells are the shell settings of the product, per platform.
type GlobalShells struct {
	Windows, WindowsCustom string
	Linux, LinuxCustom     string
	Darwin, DarwinCustom   string
}

func (g GlobalShells) of(plat string) (shell, custom string) {
	switch plat {
	case Windows:
		return g.Windows, g.WindowsCustom
	case Darwin:
		return g.Darwin, g.DarwinCustom
	default:
		return g.Linux, g.LinuxCustom
	}
}

// EffectiveShell returns what a terminal on the platform runs: the agent's own choice when it is valid there, else the
// global one by the same rule, else the platform's default (domain.md §1.2).
func EffectiveShell(plat, shell, custom string, global GlobalShells) string {
	if shell == ShellUseGlobal {
		shell, custom = global.of(plat)
	}
	fallback := ShellBash
	if plat == Windows {
		fallback = ShellCmd
	}
	switch {
	case shell == ShellCustom && validShellPath(plat, custom):
		return custom
	case shell != ShellCustom && shell != ShellUseGlobal && shellAllowed(plat, shell):
		return shell
	default:
		return fallback
	}
}

// ResolvedShell names an effective shell: its own word, or "custom" for a path.
func ResolvedShell(effective string) string {
	switch effective {
	case ShellCmd, ShellPowerShell, ShellBash:
		return effective
	default:
		return ShellCustom
	}
}

func shellAllowed(plat, shell string) bool {
	switch shell {
	case ShellUseGlobal, ShellCustom:
		return true
	case ShellCmd, ShellPowerShell:
		return plat == Windows
	case ShellBash:
		return plat == Linux || plat == Darwin
	default:
		return false
	}
}

// validShellPath keeps a configured path from carrying a second command into the agent's shell.
func validShellPath(plat, path string) bool {
	if path == "" || strings.ContainsAny(path, "\"'\n\r&|;") {
		return false
	}
	if plat != Windows {
		return strings.HasPrefix(path, "/")
	}
	drive := len(path) > 3 && isLetter(path[0]) && path[1] == ':' && path[2] == '\\'
	return (drive || strings.HasPrefix(path, `\\`)) && strings.HasSuffix(strings.ToLower(path), ".exe")
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// shellProblem returns the contract's refusal of a shell choice: the field and its message, or "" (rest-1.md §5.1).
func shellProblem(plat, shell, custom string) (field, message string) {
	if !shellAllowed(plat, shell) {
		switch plat {
		case Windows:
			return "default_shell", "Invalid default shell for Windows agent. Use global default, 'cmd', 'powershell' or 'custom'."
		case Linux:
			return "default_shell", "Invalid default shell for Linux agent. Use global default, 'bash' or 'custom'."
		case Darwin:
			return "default_shell", "Invalid default shell for macOS agent. Use global default, 'bash' or 'custom'."
		default:
			return "default_shell", "Invalid default shell for this agent OS."
		}
	}
	if shell == ShellCustom && strings.TrimSpace(custom) == "" {
		return "default_shell_custom", "Custom shell path must be provided."
	}
	return "", ""
}
