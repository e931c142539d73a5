//go:build !windows

package install

import (
	"errors"
	"os"
	"runtime"
)

// BinaryPath is where the program of an installed agent lies (agent-protocol.md §1.6).
func BinaryPath() string {
	if runtime.GOOS == "darwin" {
		return "/opt/tacticalagent/tacticalagent"
	}
	return "/usr/local/bin/tacticalagent"
}

// RequireAdministrator refuses to go on without the rights an installation needs.
func RequireAdministrator() error {
	if os.Geteuid() != 0 {
		return errors.New("this must be run as root")
	}
	return nil
}
