package process

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// isolate gives the program a session, so that it has no terminal and its descendants can be told apart.
func isolate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// proc is one line of the process table.
type proc struct {
	pid, ppid, session int
	start              string // in clock ticks since boot: with the pid it names a process for good
	zombie             bool
}

// KillTree kills a program and everything it started: its descendants by parentage, the members of its session, and
// processes whose environment holds the mark (they have left both). All are first stopped, so that none can fork while
// the rest is being looked for; whatever still slips through is found by the next pass.
func KillTree(root int, mark string) {
	const passes = 20
	stopped := map[int]string{}
	for range passes {
		found := 0
		for _, p := range members(root, mark, stopped) {
			if stopped[p.pid] == p.start {
				continue
			}
			if err := syscall.Kill(p.pid, syscall.SIGSTOP); err == nil || errors.Is(err, syscall.EPERM) {
				stopped[p.pid] = p.start
				found++
			}
		}
		if found == 0 {
			break
		}
	}
	for range passes {
		left := members(root, mark, stopped)
		if len(left) == 0 {
			return
		}
		for _, p := range left {
			stopped[p.pid] = p.start
			if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return // not ours to kill: another user's process that carries our mark
			}
		}
	}
}

// members finds the living processes of the tree; known are processes already found in it.
func members(root int, mark string, known map[int]string) []proc {
	table := processTable()
	in := map[int]bool{root: true}
	for _, p := range table {
		if p.session == root || known[p.pid] == p.start && p.start != "" || hasMark(p.pid, mark) {
			in[p.pid] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for _, p := range table {
			if in[p.ppid] && !in[p.pid] {
				in[p.pid], grown = true, true
			}
		}
	}
	self := os.Getpid()
	var out []proc
	for _, p := range table {
		if in[p.pid] && !p.zombie && p.pid != self && p.pid > 1 {
			out = append(out, p)
		}
	}
	return out
}

// processTable reads /proc; processes that vanish meanwhile are left out.
func processTable() []proc {
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var out []proc
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		data, err := os.ReadFile(filepath.Join("/proc", d.Name(), "stat"))
		if err != nil {
			continue
		}
		if p, ok := parseStat(pid, string(data)); ok {
			out = append(out, p)
		}
	}
	return out
}

// parseStat reads /proc/<pid>/stat. The name in parentheses may hold anything, also parentheses and blanks.
func parseStat(pid int, stat string) (proc, bool) {
	end := strings.LastIndexByte(stat, ')')
	if end < 0 {
		return proc{}, false
	}
	// After the name: state ppid pgrp session tty … the start time is the 20th field.
	f := strings.Fields(stat[end+1:])
	if len(f) < 20 {
		return proc{}, false
	}
	ppid, err1 := strconv.Atoi(f[1])
	session, err2 := strconv.Atoi(f[3])
	if err1 != nil || err2 != nil {
		return proc{}, false
	}
	return proc{pid: pid, ppid: ppid, session: session, start: f[19], zombie: f[0] == "Z" || f[0] == "X"}, true
}

// hasMark looks for an exact entry in a process's environment.
func hasMark(pid int, mark string) bool {
	if mark == "" {
		return false
	}
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil {
		return false
	}
	for entry := range bytes.SplitSeq(data, []byte{0}) {
		if string(entry) == mark {
			return true
		}
	}
	return false
}
