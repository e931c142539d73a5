package simulate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Sizes measured on real Windows servers: hardware detail of 46 kB, 220 services.
const (
	serviceCount   = 220
	inventoryBytes = 46_000
	softwareCount  = 120
)

// random returns a generator that gives the same stream for the same agent in every run.
func random(index int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(index), 0x9e3779b97f4a7c15))
}

func hostname(index int) string { return fmt.Sprintf("SIM-%06d", index) }

func platform(index int) string {
	if index%3 == 0 {
		return "linux"
	}
	return "windows"
}

func monitoringType(index int) string {
	if index%2 == 0 {
		return "server"
	}
	return "workstation"
}

func agentInfo(index int, id string) agentwire.AgentInfo {
	info := agentwire.AgentInfo{
		AgentID: id, Username: fmt.Sprintf("user%d", index%500), Hostname: hostname(index), Platform: platform(index),
		OperatingSystem: "Windows Server 2022 Standard, 64 bit v21H2 (build 20348)", TotalRAM: float64(int(4) << (index % 5)),
		BootTime: 1_790_000_000 - int64(index%2_000_000), NeedsReboot: index%17 == 0, GoArch: "amd64",
	}
	if info.Platform == "linux" {
		info.OperatingSystem = "Debian 12 x86_64 6.1.0-28-amd64"
	}
	return info
}

func disks(index int, id string) agentwire.Disks {
	d := agentwire.Disks{AgentID: id}
	for i := range 2 + index%3 {
		percent := (index*7 + i*13) % 95
		d.Disks = append(d.Disks, agentwire.Disk{
			Device: fmt.Sprintf("%c:", 'C'+i), FSType: "NTFS", Total: "465.1 GB", Used: fmt.Sprintf("%.1f GB", 4.651*float64(percent)),
			Free: fmt.Sprintf("%.1f GB", 4.651*float64(100-percent)), Percent: percent,
		})
	}
	return d
}

func services(index int, id string) agentwire.WinServices {
	msg := agentwire.WinServices{AgentID: id, Services: make([]agentwire.Service, serviceCount)}
	for i := range msg.Services {
		msg.Services[i] = agentwire.Service{
			Name: fmt.Sprintf("svc%03d", i), Status: []string{"running", "stopped"}[(i+index)%2], DisplayName: fmt.Sprintf("Simulated Service %03d", i),
			BinPath: fmt.Sprintf(`C:\Windows\System32\svchost.exe -k group%02d -p`, i%40), Username: "LocalSystem", PID: uint32(1000 + i),
			Description: "Provides the simulated function of this machine and the components that depend on it.", StartType: "Automatic",
		}
	}
	return msg
}

// software is what a server has installed.
func software(index int, id string) agentwire.SoftwareReport {
	report := agentwire.SoftwareReport{AgentID: id, Software: make([]agentwire.Software, softwareCount)}
	for i := range report.Software {
		report.Software[i] = agentwire.Software{
			Name: fmt.Sprintf("Simulated Product %03d", i), Version: fmt.Sprintf("%d.%d.%d", 1+i%9, index%10, i), Publisher: "Simulated Software Incorporated",
			InstallDate: "2026-01-02T00:00:00Z", Size: "12 MB",
		}
	}
	return report
}

// hardwareReport is an encoded report of about 46 kB. Making one takes longer than the server takes to store it, so that a
// report that differs is the one before with another serial number in its place.
type hardwareReport struct {
	payload []byte
	serial  []byte // the digits within the payload that differ
}

// serialDigits is how many digits of the serial number differ from report to report.
const serialDigits = 16

func newHardwareReport(index int, id string) (hardwareReport, error) {
	digits := strings.Repeat("0", serialDigits)
	payload, err := hardware(index, id, digits).Encode()
	if err != nil {
		return hardwareReport{}, err
	}
	serial := []byte(serialNumber(index, digits))
	end := bytes.Index(payload, serial) + len(serial)
	return hardwareReport{payload: payload, serial: payload[end-serialDigits : end]}, nil
}

// change makes the report another one than those of other generations. The payload must not be in use.
func (h hardwareReport) change(generation int64) {
	for at := len(h.serial) - 1; at >= 0; at-- {
		h.serial[at] = byte('0' + generation%10)
		generation /= 10
	}
}

func serialNumber(index int, digits string) string { return fmt.Sprintf("SN%08d-%s", index, digits) }

// hardware is what the report says.
func hardware(index int, id, digits string) agentwire.WMI {
	entry := func(class string, i int) []any {
		return []any{map[string]any{
			"Caption": fmt.Sprintf("%s %d of machine %d", class, i, index), "DeviceID": fmt.Sprintf("%s\\%d\\%d", class, index, i),
			"Manufacturer": "Simulated Devices Incorporated", "Status": "OK", "ConfigManagerErrorCode": 0.0,
			"Description": "A component of a simulated machine with a description as long as those that real firmware reports",
		}}
	}
	wmi := map[string]any{
		"cpu":            []any{[]any{map[string]any{"Name": "Simulated Xeon 2.40GHz", "NumberOfCores": 8.0, "NumberOfLogicalProcessors": 16.0}}},
		"bios":           []any{[]any{map[string]any{"SerialNumber": serialNumber(index, digits)}}},
		"comp_sys":       []any{[]any{map[string]any{"Model": "PowerSim R750", "SystemFamily": "PowerSim"}}},
		"comp_sys_prod":  []any{[]any{map[string]any{"Vendor": "Simulated", "Version": "1", "Name": "R750", "IdentifyingNumber": fmt.Sprint(index)}}},
		"network_config": []any{[]any{map[string]any{"IPAddress": []any{fmt.Sprintf("10.%d.%d.%d", index>>16&255, index>>8&255, index&255)}}}},
		"disk":           []any{[]any{map[string]any{"Caption": "SIM SSD", "Size": 500_107_862_016.0, "InterfaceType": "SCSI"}}},
		"graphics":       []any{[]any{map[string]any{"Caption": "Simulated Display Adapter"}}},
	}
	const entryBytes = 248 // of one entry in MessagePack
	var usb, adapters, memory []any
	for i := range inventoryBytes / entryBytes / 3 {
		usb = append(usb, entry("usb", i))
		adapters = append(adapters, entry("network", i))
		memory = append(memory, entry("memory", i))
	}
	wmi["usb"], wmi["network_adapter"], wmi["mem"] = usb, adapters, memory
	return agentwire.WMI{AgentID: id, WMI: wmi}
}
