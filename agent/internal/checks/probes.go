package checks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	probing "github.com/prometheus-community/pro-bing"
	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/mem"
)

const (
	cpuSample   = 10 * time.Second
	pingCount   = 3
	pingSize    = 548 // bytes
	pingPause   = time.Second
	pingTimeout = 5 * time.Second
	maxQueries  = 8 // of one file system at the same time
)

// System measures this machine.
type System struct {
	mu      sync.Mutex
	running map[string]int // queries of a path that have not come back
}

// NewSystem makes the probes of this machine.
func NewSystem() *System { return &System{running: map[string]int{}} }

// CPUPercent is the average over all processors during ten seconds, rounded.
func (*System) CPUPercent(ctx context.Context) (int, error) {
	p, err := cpu.PercentWithContext(ctx, cpuSample, false)
	if err != nil {
		return 0, fmt.Errorf("measure cpu: %w", err)
	}
	if len(p) == 0 {
		return 0, errors.New("measure cpu: no sample")
	}
	return int(math.Round(p[0])), nil
}

// MemoryPercent is the used part of the memory, rounded. On Linux the page cache counts as used (agent-protocol.md §5.2).
func (*System) MemoryPercent(ctx context.Context) (int, error) {
	vm, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return 0, fmt.Errorf("measure memory: %w", err)
	}
	if vm.Total == 0 {
		return 0, errors.New("measure memory: no total")
	}
	used := vm.Used
	switch runtime.GOOS {
	case "linux":
		used = vm.Total - vm.Free
	case "windows":
		used = vm.Total - vm.Available
	}
	return int(math.Round(float64(used) / float64(vm.Total) * 100)), nil
}

// DiskUsage asks a file system. A dead network file system blocks in the kernel: then the query is left behind and no
// second one is made until it comes back.
func (s *System) DiskUsage(ctx context.Context, path string) (Usage, error) {
	if !s.begin(path) {
		return Usage{}, errors.New("disk usage: earlier queries still hang")
	}
	type answer struct {
		use *disk.UsageStat
		err error
	}
	done := make(chan answer, 1)
	go func() {
		defer s.end(path)
		use, err := disk.UsageWithContext(ctx, path)
		done <- answer{use, err}
	}()
	select {
	case <-ctx.Done():
		return Usage{}, fmt.Errorf("disk usage: %w", ctx.Err())
	case a := <-done:
		if a.err != nil {
			return Usage{}, fmt.Errorf("disk usage: %w", a.err)
		}
		return Usage{Total: a.use.Total, Free: a.use.Free, Percent: a.use.UsedPercent}, nil
	}
}

// begin and end count the queries of a path; a few may run side by side, because several checks can watch one disk.
func (s *System) begin(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[path] >= maxQueries {
		return false
	}
	s.running[path]++
	return true
}

func (s *System) end(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[path]--; s.running[path] == 0 {
		delete(s.running, path)
	}
}

// Ping sends three echo requests: with a raw socket, or where that is not allowed with an unprivileged one.
func (*System) Ping(ctx context.Context, host string) (passing bool, output string) {
	passing, output, err := ping(ctx, host, true)
	if err != nil && notAllowed(err) {
		passing, output, err = ping(ctx, host, false)
	}
	if err != nil {
		return false, err.Error()
	}
	return passing, output
}

func notAllowed(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES)
}

func ping(ctx context.Context, host string, privileged bool) (passing bool, output string, err error) {
	p := probing.New(host)
	p.SetLogger(probing.NoopLogger{})
	p.SetPrivileged(privileged)
	p.Count, p.Size, p.Interval, p.Timeout = pingCount, pingSize, pingPause, pingTimeout
	var text strings.Builder
	p.OnRecv = func(r *probing.Packet) {
		fmt.Fprintf(&text, "%d bytes from %s: icmp_seq=%d time=%v\n", r.Nbytes, r.IPAddr, r.Seq, r.Rtt)
	}
	p.OnFinish = func(s *probing.Statistics) {
		fmt.Fprintf(&text, "\n--- %s ping statistics ---\n", s.Addr)
		fmt.Fprintf(&text, "%d packets transmitted, %d packets received, %v%% packet loss\n", s.PacketsSent, s.PacketsRecv, s.PacketLoss)
		fmt.Fprintf(&text, "round-trip min/avg/max/stddev = %v/%v/%v/%v\n", s.MinRtt, s.AvgRtt, s.MaxRtt, s.StdDevRtt)
	}
	if host == "" {
		return false, "", errors.New("no address to ping")
	}
	if err := p.RunWithContext(ctx); err != nil {
		return false, "", fmt.Errorf("ping: %w", err)
	}
	st := p.Statistics()
	return st.PacketsSent > 0 && (st.PacketsRecv == st.PacketsSent || st.PacketLoss == 0), text.String(), nil
}
