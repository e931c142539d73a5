//go:build !linux

package host

import "errors"

var errUnknown = errors.New("not known on this operating system")

// DiskPercent is known on Linux only, where servers run.
func DiskPercent(string) (int, error) { return 0, errUnknown }

// MemoryPercent is known on Linux only.
func MemoryPercent() (int, error) { return 0, errUnknown }
