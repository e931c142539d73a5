//go:build windows

package terminal

import "errors"

// openTTY has no implementation for this system.
func openTTY(string, Size) (tty, error) {
	return nil, errors.New("terminals are not supported on this system")
}
