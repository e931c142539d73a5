package procfs

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Listeners returns which of the processes listens on each TCP port of this machine, as far as it can be seen: other users'
// processes are seen by root only. Of a process and its children that share a socket it is the process.
func Listeners(all []Process, ports ...int) map[int]int {
	byInode := map[string]int{}
	for _, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if port, inode, ok := listening(line); ok && slices.Contains(ports, port) {
				byInode["socket:["+inode+"]"] = port
			}
		}
	}
	found := map[int]int{}
	if len(byInode) == 0 {
		return found
	}
	for _, p := range all {
		entries, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(p.PID), "fd"))
		if err != nil {
			continue // another user's, or ended
		}
		for _, e := range entries {
			target, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(p.PID), "fd", e.Name()))
			if err != nil {
				continue
			}
			if port, ok := byInode[target]; ok && (found[port] == 0 || p.PID < found[port]) {
				found[port] = p.PID
			}
		}
	}
	return found
}

// listening reads a line of /proc/net/tcp: local address in hexadecimal, state 0A, and the socket's inode.
func listening(line string) (port int, inode string, ok bool) {
	fields := strings.Fields(line)
	const wanted = 10
	if len(fields) < wanted || fields[3] != "0A" {
		return 0, "", false
	}
	_, hex, ok := strings.Cut(fields[1], ":")
	if !ok {
		return 0, "", false
	}
	n, err := strconv.ParseUint(hex, 16, 16)
	return int(n), fields[9], err == nil
}

// Use is what processes use together.
type Use struct {
	CPU    float64 // seconds since they started
	Memory float64 // bytes
}

// Used sums up what each root process uses with its descendants.
func Used(all []Process, roots map[int]string) map[string]Use {
	used := map[string]Use{}
	for name, list := range ByOwner(all, roots) {
		var u Use
		for _, p := range list {
			u.CPU += p.CPU
			u.Memory += Memory(p.PID)
		}
		used[name] = u
	}
	return used
}
