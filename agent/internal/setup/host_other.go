//go:build !windows

package setup

import "errors"

// ThisMachine refuses: the agent of other systems is installed by a script.
func ThisMachine() (Host, error) {
	return nil, errors.New("this program installs the agent on Windows")
}

// Elevate does nothing here.
func Elevate() (done bool, err error) { return false, nil }

// Show does nothing here: the text is on the terminal.
func Show(string) {}
