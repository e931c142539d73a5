//go:build !windows

package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// removalLimit is the time a removal script has (agent-protocol.md §6.4).
const removalLimit = 60 * time.Second

// RunRemovalScript runs the server's removal script in a session of its own and apart from the caller's context, so that it
// outlives this process when it stops the service.
func RunRemovalScript(ctx context.Context, dir, code string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removalLimit)
	defer cancel()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write removal script: %w", err)
	}
	path := filepath.Join(dir, "remove")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(code, "\r\n", "\n")), 0o700); err != nil { //nolint:gosec // it has to be executable
		return fmt.Errorf("write removal script: %w", err)
	}
	cmd := exec.CommandContext(ctx, path, "uninstall")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return errors.Join(cmd.Run(), os.Remove(path))
}
