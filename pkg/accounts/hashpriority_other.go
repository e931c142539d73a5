//go:build !linux

package accounts

import (
	"fmt"
	"syscall"
)

// lowerPriority makes the process give way to others.
func lowerPriority() error {
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19); err != nil {
		return fmt.Errorf("lower the priority: %w", err)
	}
	return nil
}
