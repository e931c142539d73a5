package variables_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/variables"
)

func alertData() *variables.Data {
	result := &variables.Object{Display: "CheckResult object (1)", Attributes: map[string]any{"stdout": "disk full", "retcode": int64(2)}}
	return variables.ForAlert(&variables.Object{Display: "Alert object (5)", Attributes: map[string]any{
		"id": int64(5), "message": "it's {{global.key}}", "severity": "error", "get_result": result, "snoozed": false,
	}}, sample())
}

func TestAlertArgs(t *testing.T) {
	t.Parallel()
	d := alertData()
	for in, want := range map[string]string{
		"plain":              "plain",
		"{{alert.severity}}": "'error'",
		"-Text {{alert.severity}}: {{alert.get_result.stdout}} on {{ agent.hostname }}": "-Text 'error': 'disk full' on 'pc-1'",
		"{{alert.agent.hostname}} {{alert.site.name}} {{alert.client.name}}":            "'pc-1' 'HQ' 'Acme'",
		"{{client.code}} {{site.client}} {{global.key}}":                                "'C-7' 'Acme' 'secret value'",
		"{{alert.get_result.retcode}} {{alert.id}}":                                     "'2' '5'",
		"{{alert.message}}":                                "'it's {{global.key}}'", // what a machine wrote is no template
		"{{alert.message}} {{alert.snoozed}}":              "'it's {{global.key}}' {{alert.snoozed}}",
		"{{alert.snoozed}}":                                "{{alert.snoozed}}",
		"{{global.nosuch}}":                                "{{global.nosuch}}",
		"{{alert.nosuch}} {{alert}} {{x.y}} {{ .Values }}": "'Alert object (5)' {{alert}} {{x.y}} {{ .Values }}",
	} {
		for _, shell := range []string{"shell", "powershell", "cmd", "python"} {
			require.Equal(t, []string{want}, d.AlertArgs(shell, []string{in}).Items, "%s %s", shell, in)
		}
	}
	require.Equal(t, []string{"global.nosuch"}, d.AlertArgs("shell", []string{"{{global.nosuch}}"}).Missing)
	env := d.AlertEnv("shell", []string{"A=1=2", "no", "B={{alert.severity}} {{agent.hostname}}", "C={{global.nosuch}}", "D={{alert.severity}}{{global.nosuch}}"})
	require.Equal(t, []string{"A=1=2", "B='error' 'pc-1'"}, env.Items)
	require.Equal(t, []string{"global.nosuch", "global.nosuch"}, env.Missing)
	require.Equal(t, "error None", d.Plain("{{alert.severity}} {{alert.snoozed}}", nil))
	require.Equal(t, []string{"{{alert.severity}}"}, sample().Args("shell", []string{"{{alert.severity}}"}).Items, "alerts have values only in their own actions")

	alone := variables.ForAlert(&variables.Object{Display: "a", Attributes: map[string]any{"severity": "info"}}, nil)
	require.Equal(t, []string{"'info' 'a'"}, alone.AlertArgs("shell", []string{"{{alert.severity}} {{agent.hostname}}"}).Items,
		"an unknown attribute ends on the last known object")
}

// TestAttributeWalks tries what gets out of other template engines: there is nothing here but the given data.
func TestAttributeWalks(t *testing.T) {
	t.Parallel()
	for _, d := range []*variables.Data{sample(), alertData()} {
		for _, path := range []string{
			"agent.__class__.__mro__.1.__subclasses__", "agent.hostname.__class__", "agent.site.client.__init__.__globals__", "agent.objects.all",
			"agent.Attributes", "agent.Display", "agent.save", "agent.delete", "agent.site.agents.first.hostname", "client.sites.first.agents",
			"agent._meta.model", "agent.user.password", "agent.constructor.prototype", "global.__class__", "global.key.upper", "agent.",
			"agent..", ".agent.hostname", "agent.site..", "Agent.hostname", "AGENT.hostname", "core.smtp_host_password", "settings.SECRET_KEY",
			"agent.pass words", "agent.$(id)", "agent.hostname|upper", "agent['hostname']", "agent.hostname()", "alert.agent.user.totp_key",
		} {
			v, ok := d.Lookup(path)
			if !ok {
				continue
			}
			switch x := v.(type) {
			case *variables.Object: // the last known object, which prints its name
				require.Contains(t, []string{"pc-1", "HQ", "Acme", "Alert object (5)"}, x.Display, path)
			default:
				require.Contains(t, []any{"pc-1"}, v, path)
			}
		}
	}
}

// TestValuesAreNoTemplates: what a machine calls itself does not reach the key store, in any form of filling.
func TestValuesAreNoTemplates(t *testing.T) {
	t.Parallel()
	d := sample()
	for _, evil := range []string{"{{global.key}}", "{{", "}}", "{{agent.description}}", "x}}{{global.key}}", "{{agent.hostname}}"} {
		d.Self.Attributes["hostname"] = evil
		d.Globals["loop"] = "{{global.loop}}{{global.key}}"
		for _, in := range []string{"{{agent.hostname}}", "a {{agent.hostname}} b", "{{agent.hostname}}{{agent.hostname}}", "{{{{agent.hostname}}}}", "{{global.loop}}"} {
			for _, shell := range []string{"shell", "powershell", "cmd"} {
				for _, list := range []variables.Filled{d.Args(shell, []string{in}), d.Env(shell, []string{"A=" + in}), variables.ForAlert(d.Self, d).AlertArgs(shell, []string{in})} {
					require.NotContains(t, strings.Join(list.Items, ""), "secret value", "%s as %s in %s", evil, shell, in)
				}
			}
			require.NotContains(t, d.Plain(in, nil), "secret value", "%s in %s", evil, in)
		}
	}
	// Objects that hold each other end where the path does.
	d.Self.Attributes["site"] = d.Self
	v, ok := d.Lookup("agent" + strings.Repeat(".site", 200) + ".version")
	require.True(t, ok)
	require.Equal(t, "2.4.0", v)
}

func TestHugeValues(t *testing.T) {
	t.Parallel()
	d := sample()
	d.Globals["big"] = strings.Repeat("x", 200<<10)
	many := make([]string, 1000)
	for i := range many {
		many[i] = "A={{global.big}}"
	}
	started := time.Now()
	for name, items := range map[string][]string{
		"args": d.Args("powershell", many).Items, "env": d.Env("shell", many).Items,
		"alert args": alertDataWith(d).AlertArgs("shell", many).Items, "alert env": alertDataWith(d).AlertEnv("shell", many).Items,
	} {
		total := 0
		for _, item := range items {
			total += len(item)
		}
		require.Less(t, total, 5<<20, name)
		require.Greater(t, total, 1<<20, name)
	}
	for _, text := range []string{
		strings.Repeat("{{", 1<<19), strings.Repeat("{{agent.hostname}}", 1<<16), strings.Repeat("{{agent.", 1<<17) + strings.Repeat("}}", 1<<17),
		"{{agent." + strings.Repeat("a ", 1<<19) + "}}", strings.Repeat("}}{{", 1<<18),
	} {
		require.Len(t, d.Args("shell", []string{text}).Items, 1)
		require.LessOrEqual(t, len(d.Plain(text, nil)), max(len(text), variables.MaxItemBytes))
		require.Len(t, alertDataWith(d).AlertArgs("shell", []string{text}).Items, 1)
	}
	require.Less(t, time.Since(started), 5*time.Minute, "it would take hours if it grew faster than the text")
}

func alertDataWith(d *variables.Data) *variables.Data {
	return variables.ForAlert(&variables.Object{Display: "a", Attributes: map[string]any{}}, d)
}

// TestShellsGetTextsThatStayOneWord keeps the quoting per shell (domain.md §7.4).
func TestShellsGetTextsThatStayOneWord(t *testing.T) {
	t.Parallel()
	d := sample()
	for value, want := range map[string][3]string{ // PowerShell, cmd, others
		`plain`:          {`'plain'`, `plain`, `'plain'`},
		`O'Brien`:        {`'O''Brien'`, `O'Brien`, `'O'Brien'`},
		`'; calc; '`:     {`'''; calc; '''`, `'; calc; '`, `''; calc; ''`},
		`a "b" $(c) %d%`: {`'a "b" $(c) %d%'`, `a "b" $(c) %d%`, `'a "b" $(c) %d%'`},
		`C:\Temp\new`:    {`'C:\Temp\new'`, `C:\Temp\new`, `'C:\Temp\new'`},
		`C:\\Temp`:       {`'C:\Temp'`, `C:\Temp`, `'C:\Temp'`},
		"two\nlines":     {"'two\nlines'", "two\nlines", "'two\nlines'"},
		"":               {"''", "{{global.v}}", "''"},
	} {
		d.Globals["v"] = value
		for i, shells := range [][]string{{"powershell"}, {"cmd"}, {"shell", "python", "nushell", "deno", "", "unknown"}} {
			for _, shell := range shells {
				require.Equal(t, []string{want[i]}, d.Args(shell, []string{"{{global.v}}"}).Items, "%s %q", shell, value)
			}
		}
	}
	require.Equal(t, []string{"A=O''Brien"}, (&variables.Data{Globals: map[string]string{"v": "O'Brien"}}).Env("powershell", []string{"A={{global.v}}"}).Items)
	require.Equal(t, "Couldn't lookup value for: agent.x. Make sure it exists", variables.Problem("agent.x"))
	require.Equal(t, "Couldn't lookup value for: global.x. Make sure it exists in CoreSettings > Key Store", variables.Problem("global.x"))
}

func FuzzAlert(f *testing.F) {
	f.Add("shell", "{{alert.message}} {{global.key}}", "{{global.key}}")
	f.Add("powershell", "A={{alert.message}}{{agent.hostname}}", "}}{{")
	f.Fuzz(func(t *testing.T, shell, item, message string) {
		d := alertData()
		d.Self.Attributes["message"] = message
		args := d.AlertArgs(shell, []string{item})
		require.Len(t, args.Items, 1)
		require.LessOrEqual(t, len(args.Items[0]), max(len(item), variables.MaxItemBytes))
		require.LessOrEqual(t, len(d.AlertEnv(shell, []string{item}).Items), 1)
		if !strings.Contains(item, "global") && !strings.Contains(item, "secret") && !strings.Contains(message, "secret") {
			require.NotContains(t, args.Items[0], "secret value", "a machine's text is no template")
		}
	})
}
