//go:build unix

package simulate

import (
	"syscall"
	"time"
)

// ownUsage returns the processor time that this process has used and the most memory it has held, in bytes.
func ownUsage() (cpu time.Duration, memory float64, ok bool) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), float64(u.Maxrss) * 1024, true
}
