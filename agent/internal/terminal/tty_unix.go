//go:build !windows

package terminal

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/creack/pty"
	"github.com/google/uuid"

	"github.com/gueencode/gueenrmm/agent/internal/process"
	"github.com/gueencode/gueenrmm/agent/internal/script"
)

// ptyShell is a shell on a pseudo terminal of Unix.
type ptyShell struct {
	*os.File
	cmd  *exec.Cmd
	mark string
}

// openTTY starts the first word of the wish, or the default shell.
func openTTY(shell string, size Size) (tty, error) {
	path := script.DefaultShell()
	if words := process.Words(shell); len(words) > 0 {
		path = words[0]
	}
	mark := "GUEEN_TERMINAL=" + uuid.NewString()
	cmd := exec.Command(path) //nolint:noctx // a shell is what is asked for; Kill ends it
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", mark)
	if home, err := os.UserHomeDir(); err == nil {
		if info, err := os.Stat(home); err == nil && info.IsDir() {
			cmd.Dir = home
		}
	}
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: size.Rows, Cols: size.Cols})
	if err != nil {
		return nil, fmt.Errorf("start shell: %w", err)
	}
	return &ptyShell{File: f, cmd: cmd, mark: mark}, nil
}

// Resize implements tty.
func (t *ptyShell) Resize(s Size) error {
	return pty.Setsize(t.File, &pty.Winsize{Rows: s.Rows, Cols: s.Cols})
}

// Kill implements tty. The shell leads its session, so all its jobs are found.
func (t *ptyShell) Kill() { process.KillTree(t.cmd.Process.Pid, t.mark) }

// Wait implements tty.
func (t *ptyShell) Wait() int64 {
	err := t.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return int64(exit.ExitCode())
	}
	if err != nil {
		return -1
	}
	return 0
}
