// Package inventory looks at the machine: what the check-ins of agent-protocol.md §2.4 report.
package inventory

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"

	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

const (
	fallbackRAM  = 8    // GiB, reported when the memory cannot be read
	fallbackBoot = 1000 // unix seconds, reported when the boot time cannot be read
)

// Collector gathers the facts of one machine.
type Collector struct {
	agentID string
	version string
	publicIP
}

// New makes a collector for the agent of the given id and version.
func New(agentID, version string) *Collector {
	return &Collector{agentID: agentID, version: version, publicIP: newPublicIP(version)}
}

// Hello is the sign of life.
func (c *Collector) Hello() agentwire.Hello {
	return agentwire.Hello{AgentID: c.agentID, Version: c.version}
}

// AgentInfo describes the machine in short. What cannot be read has the contract's substitutes.
func (c *Collector) AgentInfo(ctx context.Context) agentwire.AgentInfo {
	info := agentwire.AgentInfo{
		AgentID: c.agentID, Platform: runtime.GOOS, GoArch: runtime.GOARCH,
		TotalRAM: fallbackRAM, BootTime: fallbackBoot, OperatingSystem: runtime.GOOS,
		NeedsReboot: NeedsReboot(ctx),
	}
	if name, err := os.Hostname(); err == nil {
		info.Hostname = name
	}
	if vm, err := mem.VirtualMemoryWithContext(ctx); err == nil && vm.Total > 0 {
		info.TotalRAM = math.Ceil(float64(vm.Total) / (1 << 30))
	}
	if boot, err := host.BootTimeWithContext(ctx); err == nil && boot > 0 {
		info.BootTime = int64(boot)
	}
	if users, err := host.UsersWithContext(ctx); err == nil && len(users) > 0 {
		info.Username = users[0].User
	}
	if hi, err := host.InfoWithContext(ctx); err == nil {
		info.OperatingSystem = osName(hi)
	}
	return info
}

// osName renders `Debian 12.5 x86_64 6.1.0-18-amd64`.
func osName(hi *host.InfoStat) string {
	return strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s",
		titleCase(hi.Platform), hi.PlatformVersion, hi.KernelArch, hi.KernelVersion)), " ")
}

// titleCase raises the first letter of each word.
func titleCase(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, " ")
}

// Disks lists the physical file systems.
func (c *Collector) Disks(ctx context.Context) (agentwire.Disks, error) {
	out := agentwire.Disks{AgentID: c.agentID, Disks: []agentwire.Disk{}}
	parts, err := disk.PartitionsWithContext(ctx, false)
	if err != nil {
		return out, fmt.Errorf("list partitions: %w", err)
	}
	seen := map[string]bool{}
	for _, p := range parts {
		if strings.Contains(p.Device, "dev/loop") || strings.Contains(p.Device, "devfs") || seen[p.Device] {
			continue
		}
		use, err := disk.UsageWithContext(ctx, p.Mountpoint)
		if err != nil || use.Total == 0 {
			continue
		}
		seen[p.Device] = true // bind mounts show one device again and again
		out.Disks = append(out.Disks, agentwire.Disk{
			Device: p.Device, FSType: p.Fstype, Total: FormatSize(use.Total), Used: FormatSize(use.Used),
			Free: FormatSize(use.Free), Percent: int(use.UsedPercent),
		})
	}
	return out, nil
}

// WinServices lists the Windows services: none here.
func (c *Collector) WinServices() agentwire.WinServices {
	return agentwire.WinServices{AgentID: c.agentID, Services: []agentwire.Service{}}
}

// PublicIP asks for the address the machine is seen from.
func (c *Collector) PublicIP(ctx context.Context) agentwire.PublicIP {
	return agentwire.PublicIP{AgentID: c.agentID, PublicIP: c.lookUp(ctx)}
}

// WMI gathers the hardware detail.
func (c *Collector) WMI(ctx context.Context) agentwire.WMI {
	return agentwire.WMI{AgentID: c.agentID, WMI: hardware(ctx)}
}

// FormatSize renders bytes as the contract does: `512 B`, `1.0 kB`, `465.1 GB`.
func FormatSize(n uint64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	f, exp := float64(n), -1
	for f >= unit {
		f /= unit
		exp++
	}
	return fmt.Sprintf("%.1f %cB", f, "kMGTPE"[exp])
}
