//go:build !unix

package simulate

import "io"

// terminalOf takes nothing for a terminal.
func terminalOf(io.Writer) (columns func() int, terminal bool) { return nil, false }
