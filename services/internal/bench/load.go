package bench

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Shares is where the processors' time went, in cores, by process of the suite; the simulator is the benchmark itself, the
// others are everything else on the machine.
type Shares map[string]float64

const (
	simulator = "simulator"
	others    = "others"
	idle      = "idle"
)

// clockTicks is the unit of processor time in /proc on every Linux of today, per second.
const clockTicks = 100

// usage is processor time since boot, in seconds.
type usage struct {
	at        time.Time
	processes map[string]float64
	busy      float64 // of the whole machine
}

// usageNow reads /proc; it is empty where there is none.
func (e *environment) usageNow() usage {
	roots := map[int]string{os.Getpid(): simulator}
	for _, p := range e.suite.Processes() {
		roots[p.PID()] = p.Name()
	}
	if e.proxy != nil {
		roots[e.proxy.command.Process.Pid] = "nginx"
	}
	u := usage{at: time.Now(), processes: map[string]float64{}}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return u
	}
	parent, spent := map[int]int{}, map[int]float64{}
	for _, path := range stats {
		text, err := os.ReadFile(filepath.Clean(path))
		if err != nil {
			continue // ended meanwhile
		}
		if pid, ppid, seconds, ok := parseStat(string(text)); ok {
			parent[pid], spent[pid] = ppid, seconds
		}
	}
	for pid, seconds := range spent {
		if name := owner(pid, parent, roots); name != "" {
			u.processes[name] += seconds
		}
	}
	u.busy = busySeconds()
	return u
}

// owner is the nearest process of the suite above a process: its own, or that of the server whose child it is.
func owner(pid int, parent map[int]int, roots map[int]string) string {
	for depth := 0; pid > 1 && depth < 32; depth++ {
		if name := roots[pid]; name != "" {
			return name
		}
		pid = parent[pid]
	}
	return ""
}

// parseStat reads process id, parent, and the time used by the process and the children it has waited for.
func parseStat(text string) (pid, parent int, seconds float64, ok bool) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 1 || end < open {
		return 0, 0, 0, false
	}
	fields := strings.Fields(text[end+1:])
	const wanted = 15 // fields behind the name up to cstime
	if len(fields) < wanted {
		return 0, 0, 0, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(text[:open]))
	if err != nil {
		return 0, 0, 0, false
	}
	if parent, err = strconv.Atoi(fields[1]); err != nil {
		return 0, 0, 0, false
	}
	for _, f := range fields[11:15] { // utime stime cutime cstime
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return 0, 0, 0, false
		}
		seconds += n / clockTicks
	}
	return pid, parent, seconds, true
}

// busySeconds is the time that the machine's processors did not idle.
func busySeconds() (busy float64) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	for i, f := range strings.Fields(first) {
		n, err := strconv.ParseFloat(f, 64)
		if err == nil && i > 0 && i != 4 && i != 5 && i < 9 { // not idle, not waiting for disks; guests are counted in user
			busy += n / clockTicks
		}
	}
	return busy
}

// since returns the shares between two moments.
func (u usage) since(before usage) Shares {
	took := u.at.Sub(before.at).Seconds()
	if took <= 0 || u.busy == 0 {
		return nil
	}
	shares, known := Shares{}, 0.0
	for name, seconds := range u.processes {
		// The simulator is the parent of the others, whose time counts as its own once they have ended.
		cores := max(0, (seconds-before.processes[name])/took)
		known += cores
		shares[name] = cores
	}
	all := (u.busy - before.busy) / took
	shares[others] = max(0, all-known)
	shares[idle] = max(0, float64(runtime.NumCPU())-all)
	return shares
}

// String lists the shares, the largest first.
func (s Shares) String() string {
	names := slices.SortedFunc(maps.Keys(s), func(a, b string) int {
		if s[a] != s[b] {
			if s[a] > s[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, name := range names {
		if s[name] >= 0.01 {
			parts = append(parts, fmt.Sprintf("%s %.2f", name, s[name]))
		}
	}
	return strings.Join(parts, ", ")
}
