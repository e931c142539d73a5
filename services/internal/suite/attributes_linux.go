package suite

import "syscall"

// attributes gives the child a group of its own and ends it when the runner is killed. SIGINT is a quick and clean stop
// for every program of the suite, also for the database.
func attributes(user *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: user, Pdeathsig: syscall.SIGINT}
}
