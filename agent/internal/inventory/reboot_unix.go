//go:build !windows

package inventory

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"time"
)

// NeedsReboot reports whether the system waits for a restart.
func NeedsReboot(ctx context.Context) bool {
	for _, path := range []string{"/var/run/reboot-required", "/run/reboot-required"} {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	for _, path := range []string{"/usr/bin/needs-restarting", "/bin/needs-restarting"} {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		var exit *exec.ExitError
		err := exec.CommandContext(ctx, path, "-r").Run()
		return errors.As(err, &exit) && exit.ExitCode() == 1
	}
	return false
}
