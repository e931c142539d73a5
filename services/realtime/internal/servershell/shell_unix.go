//go:build unix

package servershell

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/gueencode/gueenrmm/pkg/serverscripts"
)

const (
	shellPath = "/bin/bash"
	// hangUp is how long a shell and what runs in it have to end by themselves.
	hangUp = 2 * time.Second
	// lastOutput is how long output is taken after the shell has ended.
	lastOutput = 500 * time.Millisecond
)

// shell is a shell on a pseudo terminal, in a session of its own.
type shell struct {
	*os.File
	cmd   *exec.Cmd
	ended chan struct{}
}

func start(rows, cols int) (*shell, error) {
	cmd := exec.Command(shellPath) //nolint:noctx // kill ends it
	cmd.Env = serverscripts.Environment("TERM=xterm")
	if home, err := os.UserHomeDir(); err == nil {
		if info, err := os.Stat(home); err == nil && info.IsDir() {
			cmd.Dir = home
		}
	}
	f, err := pty.StartWithSize(cmd, size(rows, cols))
	if err != nil {
		return nil, fmt.Errorf("start shell: %w", err)
	}
	f, err = pollable(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start shell: %w", err), cmd.Process.Kill(), cmd.Wait())
	}
	s := &shell{File: f, cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		var exit *exec.ExitError
		if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
			return // nothing can be done about a process that cannot be waited for
		}
	}()
	return s, nil
}

// pollable returns the terminal in a form whose reads a deadline and Close can end; the library leaves it blocking.
func pollable(f *os.File) (*os.File, error) {
	fd, err := syscall.Dup(int(f.Fd()))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(err, syscall.Close(fd))
	}
	return os.NewFile(uintptr(fd), "/dev/ptmx"), nil
}

func size(rows, cols int) *pty.Winsize {
	return &pty.Winsize{Rows: uint16(rows), Cols: uint16(cols)}
}

// drain lets its reader take what is left and then end, also while programs that outlive the shell hold the terminal.
func (s *shell) drain() {
	if err := s.SetReadDeadline(time.Now().Add(lastOutput)); err != nil {
		return // the file is closed
	}
}

func (s *shell) resize(rows, cols int) error {
	conn, err := s.SyscallConn()
	if err != nil {
		return fmt.Errorf("resize terminal: %w", err)
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		failed = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(rows), Col: uint16(cols)})
	})
	return errors.Join(err, failed)
}

// kill hangs up, waits a moment and kills what is left of the shell. It returns when the shell is gone.
func (s *shell) kill() {
	s.signal(syscall.SIGHUP)
	timer := time.NewTimer(hangUp)
	defer timer.Stop()
	select {
	case <-s.ended:
	case <-timer.C:
		s.signal(syscall.SIGKILL)
		<-s.ended
	}
	// The reader ends with the file; whatever still has the terminal open is hung up by the kernel.
	if err := s.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return // the kernel has taken it back
	}
}

// signal reaches the shell's process group; bash passes a hang-up on to its jobs.
func (s *shell) signal(sig syscall.Signal) {
	select {
	case <-s.ended:
		return // its number may be another's by now
	default:
	}
	if err := syscall.Kill(-s.cmd.Process.Pid, sig); err != nil {
		return // it has gone
	}
}
