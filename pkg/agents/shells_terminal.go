package agents

// TerminalShell returns what a terminal runs when the caller asks for a shell, or for none: its own word or a path that
// is valid on the platform (agent-protocol.md §7.3). It returns false for anything else.
func TerminalShell(plat, wanted, configured, configuredPath string, global GlobalShells) (string, bool) {
	switch wanted {
	case "":
		return EffectiveShell(plat, configured, configuredPath, global), true
	case ShellUseGlobal, ShellCustom:
		return "", false
	}
	return wanted, shellAllowed(plat, wanted) || validShellPath(plat, wanted)
}
