//go:build unix

package serverscripts

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes the script the leader of a process group, all of which is killed at the timeout.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}
