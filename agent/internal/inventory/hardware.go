package inventory

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"

	"github.com/jaypipes/ghw"
	"github.com/shirou/gopsutil/v4/cpu"
)

const unknown = "unknown"

// hardware is the WMI map of Unix (agent-protocol.md §2.4).
func hardware(ctx context.Context) map[string]any {
	makeModel, serial := product(ctx)
	return map[string]any{
		"local_ips":    localIPs(),
		"disks":        disks(ctx),
		"cpus":         cpus(ctx),
		"make_model":   makeModel,
		"gpus":         gpus(ctx),
		"serialnumber": serial,
	}
}

// localIPs lists the addresses of the machine with their prefix length, without loopback and link-local ones.
func localIPs() []any {
	out := []any{}
	ifaces, err := net.Interfaces()
	if err != nil {
		return out
	}
	for _, i := range ifaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			p, err := netip.ParsePrefix(a.String())
			if err == nil && !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() {
				out = append(out, a.String())
			}
		}
	}
	return out
}

// disks lists one line per physical disk: vendor model controller type name size.
func disks(ctx context.Context) []any {
	out := []any{}
	block, err := ghw.Block(quiet(ctx)...)
	if err != nil {
		return out
	}
	for _, d := range block.Disks {
		if strings.HasPrefix(d.Name, "loop") || strings.HasPrefix(d.Name, "ram") || d.SizeBytes == 0 {
			continue
		}
		out = append(out, joinKnown(d.Vendor, d.Model, d.StorageController.String(), d.DriveType.String(), d.Name, FormatSize(d.SizeBytes)))
	}
	return out
}

func cpus(ctx context.Context) []any {
	info, err := cpu.InfoWithContext(ctx)
	if err != nil || len(info) == 0 || info[0].ModelName == "" {
		return []any{}
	}
	return []any{info[0].ModelName}
}

// gpus lists `vendor product` of each card.
func gpus(ctx context.Context) []any {
	out := []any{}
	info, err := ghw.GPU(quiet(ctx)...)
	if err != nil {
		return out
	}
	for _, card := range info.GraphicsCards {
		if card.DeviceInfo == nil || card.DeviceInfo.Vendor == nil || card.DeviceInfo.Product == nil {
			continue
		}
		if s := joinKnown(card.DeviceInfo.Vendor.Name, card.DeviceInfo.Product.Name); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// product reads make, model and serial number from the firmware tables.
func product(ctx context.Context) (makeModel, serial string) {
	p, err := ghw.Product(quiet(ctx)...)
	if err != nil {
		return unknown + " " + unknown, "n/a"
	}
	return orUnknown(p.Vendor) + " " + orUnknown(p.Name), orUnknown(p.SerialNumber)
}

// quiet keeps the library from printing and from starting programs or reaching for the network.
func quiet(ctx context.Context) []any {
	return []any{ctx, ghw.WithLogger(slog.New(slog.DiscardHandler)), ghw.WithDisableTools()}
}

func orUnknown(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return unknown
	}
	return s
}

// joinKnown joins what is known by blanks.
func joinKnown(parts ...string) string {
	kept := parts[:0]
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" && !strings.EqualFold(p, unknown) {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " ")
}
