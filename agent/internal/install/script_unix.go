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

// RunRemovalScript runs the server's removal script in a session of its own. The script usually stops this very service:
// when the context ends because of that, the script is left to finish alone.
func RunRemovalScript(ctx context.Context, dir, code string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write removal script: %w", err)
	}
	path := filepath.Join(dir, "remove")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(code, "\r\n", "\n")), 0o700); err != nil { //nolint:gosec // it has to be executable
		return fmt.Errorf("write removal script: %w", err)
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), removalLimit)
	cmd := exec.CommandContext(limit, path, "uninstall")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	done := make(chan error, 1)
	go func() {
		defer cancel()
		done <- cmd.Run()
	}()
	select {
	case <-ctx.Done():
		return fmt.Errorf("removal script goes on alone: %w", ctx.Err())
	case err := <-done:
		return errors.Join(err, os.Remove(path))
	}
}
