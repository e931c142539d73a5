package variables_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/variables"
)

func sample() *variables.Data {
	client := &variables.Object{Display: "Acme", Attributes: map[string]any{"name": "Acme"}}
	site := &variables.Object{Display: "HQ", Attributes: map[string]any{"name": "HQ", "client": client}}
	return &variables.Data{
		Kind: variables.Agent,
		Self: &variables.Object{Display: "pc-1", Attributes: map[string]any{
			"hostname": "pc-1", "version": "2.4.0", "needs_reboot": false, "maintenance_mode": true, "total_ram": int64(8),
			"boot_time": 12.5, "public_ip": "", "site": site, "client": client, "disks": json.RawMessage(`[{"device":"C:"}]`),
			"physical_disks": []string{"a", "b"}, "description": "it's",
		}},
		Globals: map[string]string{"key": "secret value", "doubled": `C:\\Temp`, "unc": `\\srv\share`, "empty": ""},
		Fields: map[variables.Root]map[string]variables.Field{
			variables.Agent:  {"box": {Value: false}, "many": {Value: []string{"x", "y"}}, "none": {}},
			variables.Client: {"code": {Value: "C-7"}},
		},
	}
}

func TestArgs(t *testing.T) {
	t.Parallel()
	tests := []struct{ shell, arg, want string }{
		{"shell", "plain", "plain"},
		{"shell", "{{agent.hostname}}", "'pc-1'"},
		{"cmd", "{{ agent.hostname }}", "pc-1"},
		{"powershell", "-Name {{agent.description}}", "-Name 'it''s'"},
		{"python", "{{agent.description}}", "'it's'"},
		{"shell", "{{client.name}}", "'Acme'"},
		{"shell", "{{agent.site.client.name}}", "'Acme'"},
		{"shell", "{{agent.site}}", "HQ"},
		{"shell", "{{site}}", "{{site}}"},
		{"shell", "{{agent.nosuch}}", "pc-1"},
		{"shell", "{{agent.needs_reboot}}", "{{agent.needs_reboot}}"},
		{"powershell", "{{agent.maintenance_mode}}", "$True"},
		{"shell", "{{agent.maintenance_mode}}", "1"},
		{"powershell", "{{agent.box}}", "$False"},
		{"shell", "{{agent.many}}", "'x,y'"},
		{"cmd", "{{agent.physical_disks}}", "a,b"},
		{"shell", "{{agent.disks}}", `[{"device":"C:"}]`},
		{"shell", "{{agent.total_ram}}", "8"},
		{"shell", "{{agent.boot_time}}", "12.5"},
		{"shell", "{{global.key}}", "'secret value'"},
		{"shell", "{{global.nosuch}}", "{{global.nosuch}}"},
		{"shell", "{{global.a.b}}", "{{global.a.b}}"},
		{"shell", "{{global.empty}}", "''"},
		{"cmd", "{{global.empty}}", "{{global.empty}}"},
		{"cmd", "{{global.doubled}}", `C:\Temp`},
		{"cmd", "{{global.unc}}", `\\srv\share`},
		{"shell", "{{client.code}}", "'C-7'"},
		{"shell", "{{agent.none}}", "{{agent.none}}"},
		{"shell", "{{agent.public_ip}}", "{{agent.public_ip}}"},
		{"shell", "a {{x}} b {{agent.hostname}} c", "a 'pc-1' c"},
		{"shell", "first\n{{agent.hostname}}", "first\n{{agent.hostname}}"},
		{"shell", "}} {{agent.hostname", "}} {{agent.hostname"},
		{"shell", "{{}}", "{{}}"},
		{"shell", "{{.Names.x}}", "{{.Names.x}}"},
	}
	for _, tt := range tests {
		t.Run(tt.shell+" "+tt.arg, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, []string{tt.want}, sample().Args(tt.shell, []string{tt.arg}).Items)
		})
	}
}

func TestEnv(t *testing.T) {
	t.Parallel()
	got := sample().Env("powershell", []string{
		"A=1", "noequals", "B={{agent.hostname}}", "C={{global.nosuch}}", "D={{agent.description}}=tail", "E=x=y", "F={{agent.box}}",
	})
	require.Equal(t, []string{"A=1", "B=pc-1", "D=it''s", "E=x=y", "F=$False"}, got.Items)
	require.Equal(t, []string{"global.nosuch"}, got.Missing)
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	d := sample()
	d.Globals["big"] = strings.Repeat("x", variables.MaxItemBytes)
	require.Equal(t, []string{"{{global.big}}"}, d.Args("shell", []string{"{{global.big}}"}).Items)
	_, ok := d.Lookup("agent." + strings.Repeat("a.", 5000))
	require.False(t, ok)
}

func TestNothingIsReachableWithoutData(t *testing.T) {
	t.Parallel()
	var none *variables.Data
	require.Equal(t, []string{"{{agent.hostname}}"}, none.Args("shell", []string{"{{agent.hostname}}"}).Items)
	onlyGlobals := &variables.Data{Globals: map[string]string{"a": "b"}}
	require.Equal(t, []string{"'b'", "{{agent.hostname}}"},
		onlyGlobals.Args("shell", []string{"{{global.a}}", "{{agent.hostname}}"}).Items)
}

func TestContains(t *testing.T) {
	t.Parallel()
	require.True(t, variables.Contains([]string{"a"}, []string{"B={{agent.hostname}}"}))
	require.False(t, variables.Contains([]string{"a", "{{"}, nil))
}

func FuzzArgs(f *testing.F) {
	f.Add("powershell", "{{agent.hostname}}")
	f.Add("cmd", "{{{{agent..site.}}}}")
	f.Add("", "a{{global.key}}b\n}}{{")
	f.Fuzz(func(t *testing.T, shell, item string) {
		d := sample()
		require.Len(t, d.Args(shell, []string{item}).Items, 1)
		require.LessOrEqual(t, len(d.Args(shell, []string{item}).Items[0]), max(len(item), variables.MaxItemBytes))
		require.LessOrEqual(t, len(d.Env(shell, []string{item}).Items), 1)
	})
}

func BenchmarkArgs(b *testing.B) {
	d := sample()
	for b.Loop() {
		d.Args("powershell", []string{"-Name", "{{agent.hostname}}", "{{client.code}}"})
	}
}
