package host

import (
	"fmt"
	"os"
	"syscall"
)

// DiskPercent is how full the file system of a path is, as df counts it: what only the superuser may fill is neither used
// nor free.
func DiskPercent(path string) (int, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, fmt.Errorf("read disk of %s: %w", path, err)
	}
	used := s.Blocks - s.Bfree
	return percent(used, used+s.Bavail), nil
}

// MemoryPercent is the share of memory in use.
func MemoryPercent() (int, error) {
	raw, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	return memory(raw)
}
