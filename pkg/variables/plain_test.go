package variables_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/variables"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	d := sample()
	d.Globals["Büro 1"] = "R"
	for in, want := range map[string]string{
		"plain":                                   "plain",
		"{{agent.hostname}}/{{ client.name }}":    "pc-1/Acme",
		"{{agent.site.client.name}} {{site}}":     "Acme {{site}}",
		"{{global.key}}{{global.nosuch}}":         "secret valueNone",
		"{{agent.maintenance_mode}}":              "True",
		"{{agent.many}}":                          "['x', 'y']",
		"{{agent.boot_time}} {{agent.total_ram}}": "12.5 8",
		"{{agent.public_ip}}":                     "None",
		"{{agent.nosuch}}":                        "pc-1",
		"{{template.x}} {{.Go}} {{":               "{{template.x}} {{.Go}} {{",
		"{{global.Büro 1}} {{global.a\tb}} {{global.}} {{ global . key }}": "R {{global.a\tb}} {{global.}} {{ global . key }}",
		"{{{agent.hostname}}} {{agent.hostname}":                           "{pc-1} {{agent.hostname}",
		"{{\n agent.hostname\t}}{{agent.host}name}}":                       "pc-1{{agent.host}name}}",
		"{{alert.message}}":                        "None",
		"{{{{agent.hostname}}}}":                   "{{pc-1}}",
		"https://x/?a={{client.code}}&b=%7B%7B{{}": "https://x/?a=C-7&b=%7B%7B{{}",
	} {
		require.Equal(t, want, d.Plain(in, nil), in)
	}
	var none *variables.Data
	require.Equal(t, "None", none.Plain("{{agent.hostname}}", nil))
	require.Equal(t, `3:pc-1`, d.Plain("{{agent.hostname}}", func(offset int, v string) string { return strconv.Itoa(offset+3) + ":" + v }))
	d.Globals["big"] = strings.Repeat("x", variables.MaxItemBytes)
	require.Equal(t, "a{{global.big}}{{global.big}}", d.Plain("a{{global.big}}{{global.big}}", nil), "the outcome is bounded")
}

func FuzzPlain(f *testing.F) {
	f.Add("a{{global.key}}b\n}}{{agent.hostname}}")
	f.Add("{{{{agent..site.}}}}")
	f.Fuzz(func(t *testing.T, text string) {
		require.LessOrEqual(t, len(sample().Plain(text, nil)), max(len(text), variables.MaxItemBytes))
	})
}
