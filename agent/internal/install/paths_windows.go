//go:build windows

package install

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// BinaryPath is where the program of an installed agent lies (agent-protocol.md §1.6).
func BinaryPath() string {
	return filepath.Join(os.Getenv("ProgramFiles"), "TacticalAgent", "tacticalrmm.exe")
}

// RequireAdministrator refuses to go on without the rights an installation needs.
func RequireAdministrator() error {
	if !windows.GetCurrentProcessToken().IsElevated() {
		return errors.New("this must be run as administrator")
	}
	return nil
}
