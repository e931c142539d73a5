// Package procfs reads from /proc what the processes of this machine use and which of them listens on a port. Where there is
// no /proc it finds nothing.
package procfs

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// clockTicks is the unit of processor time in /proc on every Linux of today, per second.
const clockTicks = 100

// Process is one line of the process table.
type Process struct {
	PID, Parent int
	CPU         float64 // seconds, with those of the children it has waited for
}

// All returns the processes of this machine.
func All() []Process {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	all := make([]Process, 0, len(stats))
	for _, path := range stats {
		text, err := os.ReadFile(filepath.Clean(path))
		if err != nil {
			continue // ended meanwhile
		}
		if p, ok := Parse(string(text)); ok {
			all = append(all, p)
		}
	}
	return all
}

// Parse reads a stat file (proc(5)).
func Parse(text string) (p Process, ok bool) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 1 || end < open {
		return Process{}, false
	}
	fields := strings.Fields(text[end+1:])
	const wanted = 15 // fields behind the name up to cstime
	if len(fields) < wanted {
		return Process{}, false
	}
	var err error
	if p.PID, err = strconv.Atoi(strings.TrimSpace(text[:open])); err != nil {
		return Process{}, false
	}
	if p.Parent, err = strconv.Atoi(fields[1]); err != nil {
		return Process{}, false
	}
	for _, f := range fields[11:15] { // utime stime cutime cstime
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return Process{}, false
		}
		p.CPU += n / clockTicks
	}
	return p, true
}

// Owner is the nearest of the roots above a process, or the process itself when it is one: "" when there is none.
func Owner(pid int, parents map[int]int, roots map[int]string) string {
	for depth := 0; pid > 1 && depth < 32; depth++ {
		if name := roots[pid]; name != "" {
			return name
		}
		pid = parents[pid]
	}
	return ""
}

// ByOwner sorts the processes by their roots' names; those below none are left out.
func ByOwner(all []Process, roots map[int]string) map[string][]Process {
	parents := make(map[int]int, len(all))
	for _, p := range all {
		parents[p.PID] = p.Parent
	}
	owned := map[string][]Process{}
	for _, p := range all {
		if name := Owner(p.PID, parents, roots); name != "" {
			owned[name] = append(owned[name], p)
		}
	}
	return owned
}

// Memory is what a process holds, in bytes. Pages that several processes share, as those of Postgres do, count in parts.
func Memory(pid int) float64 {
	if bytes, ok := field(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss:"); ok {
		return bytes
	}
	bytes, _ := field(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:") // others' maps are closed to us
	return bytes
}

// field reads a line "name   1234 kB".
func field(path, name string) (bytes float64, ok bool) {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != name {
			continue
		}
		kib, err := strconv.ParseFloat(words[1], 64)
		return kib * 1024, err == nil
	}
	return 0, false
}
