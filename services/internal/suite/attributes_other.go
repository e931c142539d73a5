//go:build !linux

package suite

import "syscall"

// attributes gives the child a group of its own.
func attributes(user *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: user}
}
