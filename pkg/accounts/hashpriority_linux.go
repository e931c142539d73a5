package accounts

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// lowerPriority makes every thread run only when a processor has nothing else to do (SCHED_IDLE): niceness would give way in the
// long run, but lets whatever wakes up wait for the rest of a time slice. The policy belongs to threads, and new ones take that of the
// thread that starts them: two rounds reach those that were started meanwhile. Where a sandbox forbids it, the process keeps the
// policy it has.
func lowerPriority() error {
	for range 2 {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("lower the priority: %w", err)
		}
		for _, t := range threads {
			id, err := strconv.Atoi(t.Name())
			if err != nil {
				continue
			}
			err = unix.SchedSetAttr(id, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0)
			if err != nil && !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("lower the priority: %w", err)
			}
		}
	}
	return nil
}
