package inventory_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/agents/inventory"
)

const windowsReport = `{
 "cpu":[[{"Name":"Intel(R) Core(TM) i7-8700 ","NumberOfCores":6,"NumberOfLogicalProcessors":12}],[{"Name":"Second"}]],
 "graphics":[[{"Caption":"Microsoft Remote Display Adapter"}],[{"Caption":"NVIDIA GeForce GTX 1050"}],[{"Caption":"Intel UHD"}]],
 "network_config":[[{"IPAddress":["192.168.1.5","fe80::1"]}],[{"IPAddress":null}],[{"IPAddress":["10.0.0.7"]}]],
 "comp_sys":[[{"Model":"OptiPlex 7060"}]],
 "comp_sys_prod":[[{"Vendor":"Dell Inc.","Version":"1.0"}]],
 "disk":[[{"Caption":"Samsung SSD 860","Size":2000398934016,"InterfaceType":"SCSI"}],[{"Caption":"Stick","Size":1,"InterfaceType":"USB"}]],
 "bios":[[{"SerialNumber":"ABC123"}]]}`

func TestDerive(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		plat, report string
		want         inventory.Summary
	}{
		"windows": {"windows", windowsReport, inventory.Summary{
			CPUModel: []string{"Intel(R) Core(TM) i7-8700, 6C/12T", "Second"},
			Graphics: "NVIDIA GeForce GTX 1050, Intel UHD", LocalIPs: "192.168.1.5, 10.0.0.7", MakeModel: "Dell Inc. OptiPlex 7060",
			PhysicalDisks: []string{"Samsung SSD 860 1,863GB SCSI"}, SerialNumber: "ABC123",
		}},
		"windows without report": {"windows", ``, inventory.Summary{
			CPUModel: []string{"unknown cpu model"}, Graphics: "Graphics info requires agent v1.4.14", LocalIPs: "error getting local ips",
			MakeModel: "unknown make/model", PhysicalDisks: []string{"unknown disk"},
		}},
		"linux": {"linux", `{"cpus":["AMD EPYC"],"gpus":"","disks":["ATA Disk sda 20GB"],"local_ips":["10.1.1.1/24","10.2.2.2/16"],
			"make_model":"QEMU Standard PC","serialnumber":"n/a"}`, inventory.Summary{
			CPUModel: []string{"AMD EPYC"}, Graphics: "No graphics cards", LocalIPs: "10.1.1.1/24, 10.2.2.2/16",
			MakeModel: "QEMU Standard PC", PhysicalDisks: []string{"ATA Disk sda 20GB"}, SerialNumber: "n/a",
		}},
		"linux without report": {"linux", `null`, inventory.Summary{
			CPUModel: []string{"unknown cpu model"}, Graphics: "Error getting graphics cards", LocalIPs: "error getting local ips",
			MakeModel: "error getting make/model", PhysicalDisks: []string{"unknown disk"},
		}},
		"graphics as list": {"darwin", `{"gpus":["Apple M1","eGPU"]}`, inventory.Summary{
			CPUModel: []string{"unknown cpu model"}, Graphics: "Apple M1, eGPU", LocalIPs: "error getting local ips",
			MakeModel: "error getting make/model", PhysicalDisks: []string{"unknown disk"},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, inventory.Derive(tt.plat, []byte(tt.report)))
		})
	}
}

func TestMakeModelRules(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ report, want string }{
		"unnamed board": {`{"comp_sys":[[{"Model":"To be filled by O.E.M."}]],"comp_sys_prod":[[{"Vendor":"x"}]],
			"base_board":[[{"Manufacturer":"ASUS","Product":"PRIME B350"}]]}`, "ASUS PRIME B350"},
		"lenovo family": {`{"comp_sys":[[{"Model":"20AN","SystemFamily":"ThinkPad T440p"}]],
			"comp_sys_prod":[[{"Vendor":"LENOVO"}]]}`, "LENOVO ThinkPad T440p"},
		"lenovo without family": {`{"comp_sys":[[{"Model":"20AN","SystemFamily":"To Be Filled"}]],
			"comp_sys_prod":[[{"Vendor":"LENOVO"}]]}`, "LENOVO 20AN"},
		"version": {`{"comp_sys_prod":[[{"Version":"VMware7,1"}]]}`, "VMware7,1"},
		"only remote adapter keeps model unknown": {`{"graphics":[[{"Caption":"Microsoft Remote Display Adapter"}]]}`, "unknown make/model"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, inventory.Derive("windows", []byte(tt.report)).MakeModel)
		})
	}
	require.Equal(t, "Microsoft Remote Display Adapter",
		inventory.Derive("windows", []byte(`{"graphics":[[{"Caption":"Microsoft Remote Display Adapter"}]]}`)).Graphics)
}

func TestDeriveBoundsHostileReports(t *testing.T) {
	t.Parallel()
	many := make([]string, 5000)
	for i := range many {
		many[i] = strings.Repeat("ä", 2000)
	}
	report, err := json.Marshal(map[string]any{"cpus": many, "serialnumber": "a\x00b"})
	require.NoError(t, err)
	got := inventory.Derive("linux", report)
	require.Len(t, got.CPUModel, 64)
	require.LessOrEqual(t, len(got.CPUModel[0]), 512)
	require.True(t, utf8.ValidString(got.CPUModel[0]))
	require.Equal(t, "ab", got.SerialNumber)
}

func FuzzDerive(f *testing.F) {
	f.Add("windows", []byte(windowsReport))
	f.Add("linux", []byte(`{"gpus":[1,{}],"cpus":"x","disks":[null]}`))
	f.Add("windows", []byte(`{"bios":[[]],"disk":[[{"Size":"1e400","Caption":"c"}]],"cpu":[null,1,{"Name":"n"}]}`))
	f.Fuzz(func(t *testing.T, plat string, report []byte) {
		s := inventory.Derive(plat, report)
		var fields map[string]any
		if json.Unmarshal(report, &fields) == nil {
			for field := range fields {
				if !inventory.Wanted(field) {
					delete(fields, field)
				}
			}
			require.Equal(t, s, inventory.DeriveMap(plat, fields), "nothing else counts")
		}
		require.NotEmpty(t, s.CPUModel)
		require.NotEmpty(t, s.PhysicalDisks)
		for _, text := range []string{s.Graphics, s.LocalIPs, s.MakeModel} {
			require.NotEmpty(t, text)
			require.NotContains(t, text, "\x00")
		}
	})
}

func BenchmarkDerive(b *testing.B) {
	for b.Loop() {
		inventory.Derive("windows", []byte(windowsReport))
	}
}
