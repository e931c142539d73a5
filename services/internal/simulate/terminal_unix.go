//go:build unix

package simulate

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// terminalOf tells whether out is a terminal, and how wide it is at the moment.
func terminalOf(out io.Writer) (columns func() int, terminal bool) {
	f, ok := out.(*os.File)
	if !ok {
		return nil, false
	}
	columns = func() int {
		size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
		if err != nil {
			return 0
		}
		return int(size.Col)
	}
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return columns, err == nil
}
