//go:build windows

package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// syncDir has nothing to do: NTFS journals renames.
func syncDir(string) error { return nil }

// Lock makes this process the one that delivers. It returns false when another process already is.
func (s *Spool) Lock() (unlock func() error, ok bool, err error) {
	f, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, fmt.Errorf("lock spool: %w", err)
	}
	flags := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY)
	switch err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{}); {
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION):
		return nil, false, f.Close()
	case err != nil:
		return nil, false, errors.Join(fmt.Errorf("lock spool: %w", err), f.Close())
	}
	return f.Close, true, nil
}
