//go:build windows

package inventory

import (
	"context"
	"errors"

	"golang.org/x/sys/windows/registry"
)

const rebootRequired = `SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired`

// NeedsReboot reports whether Windows Update waits for a restart.
func NeedsReboot(context.Context) bool {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, rebootRequired, registry.READ)
	if errors.Is(err, registry.ErrNotExist) {
		return false
	}
	if err != nil {
		return false
	}
	return k.Close() == nil
}
