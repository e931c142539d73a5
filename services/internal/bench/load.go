package bench

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/services/internal/procfs"
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
	for name, list := range procfs.ByOwner(procfs.All(), roots) {
		for _, p := range list {
			u.processes[name] += p.CPU
		}
	}
	u.busy = busySeconds()
	return u
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
