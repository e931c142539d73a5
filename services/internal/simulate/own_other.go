//go:build !unix

package simulate

import "time"

// ownUsage is not known here.
func ownUsage() (cpu time.Duration, memory float64, ok bool) { return 0, 0, false }
