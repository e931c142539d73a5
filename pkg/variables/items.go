package variables

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// The shells whose quoting differs (domain.md §7.4).
const (
	shellPowerShell = "powershell"
	shellCmd        = "cmd"
)

// Filled is the outcome of filling a list.
type Filled struct {
	Items   []string
	Missing []string // paths without a value, for the debug log; see Problem

	spent int // bytes of values
}

// afford says whether a value still fits into the list.
func (f *Filled) afford(value any) bool {
	f.spent += len(format("", value))
	return f.spent <= maxListBytes
}

// Problem says in the contract's words that a path has no value (domain.md §7.3).
func Problem(path string) string {
	text := "Couldn't lookup value for: " + path + ". Make sure it exists"
	if strings.HasPrefix(path, string(Global)+".") {
		text += " in CoreSettings > Key Store"
	}
	return text
}

// Args fills script arguments for a shell. Texts are quoted so that they stay one word; an argument whose placeholder
// has no value is passed on unchanged, braces included.
func (d *Data) Args(shell string, args []string) Filled {
	out := Filled{Items: make([]string, 0, len(args))}
	for _, arg := range args {
		d.arg(shell, arg, &out)
	}
	return out
}

func (d *Data) arg(shell, arg string, out *Filled) {
	p, found := find(arg)
	if found {
		value, ok := d.Lookup(p.path)
		if !ok || (shell == shellCmd && value == "") || !out.afford(value) {
			out.miss(p.path)
		} else {
			arg = replace(arg, p, argument(shell, value))
		}
	}
	out.Items = append(out.Items, arg)
}

// Env fills environment variables ("KEY=VALUE"). Items without "=" are dropped, and so are items whose placeholder has no
// value. With a placeholder only the text between the first and the second "=" counts (domain.md §7.5).
func (d *Data) Env(shell string, env []string) Filled {
	out := Filled{Items: make([]string, 0, len(env))}
	for _, item := range env {
		d.variable(shell, item, &out)
	}
	return out
}

func (d *Data) variable(shell, item string, out *Filled) {
	key, value, found := strings.Cut(item, "=")
	if !found {
		return
	}
	value, _, _ = strings.Cut(value, "=")
	p, found := find(value)
	if !found {
		out.Items = append(out.Items, item)
		return
	}
	v, ok := d.Lookup(p.path)
	if !ok || !out.afford(v) {
		out.miss(p.path)
		return
	}
	filled := format(shell, v)
	if shell == shellPowerShell {
		filled = strings.ReplaceAll(filled, "'", "''")
	}
	out.Items = append(out.Items, key+"="+replace(value, p, filled))
}

func (f *Filled) miss(path string) {
	if len(f.Missing) < 100 {
		f.Missing = append(f.Missing, path)
	}
}

// replace puts value into the placeholder's span; an outcome that is too long leaves the item as it was.
func replace(item string, p placeholder, value string) string {
	if len(item)+len(value) > MaxItemBytes {
		return item
	}
	return item[:p.start] + undouble(value) + item[p.end:]
}

// undouble takes back the doubling of backslashes that the reference's manual told people to write into values, because
// there a value was itself a pattern. Only a value in which every run of backslashes has an even length was written that
// way; every other value, such as a path or a UNC name, is taken literally.
func undouble(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	run := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] == '\\' {
			run++
			continue
		}
		if run%2 != 0 {
			return s
		}
		run = 0
	}
	return strings.ReplaceAll(s, `\\`, `\`)
}

// argument formats a value as one argument. A single quote inside is escaped by doubling for PowerShell only; the other
// shells get their arguments without an interpreter in between, so the quotes are the contract's and not protection.
func argument(shell string, v any) string {
	text := format(shell, v)
	switch v.(type) {
	case string, []string:
	default:
		return text
	}
	switch shell {
	case shellCmd:
		return text
	case shellPowerShell:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	default:
		return "'" + text + "'"
	}
}

// format gives the plain text of a value for a shell.
func format(shell string, v any) string {
	switch x := v.(type) {
	case string:
		return x
	case []string:
		return strings.Join(x, ",")
	case bool:
		if shell == shellPowerShell {
			return map[bool]string{true: "$True", false: "$False"}[x]
		}
		return map[bool]string{true: "1", false: "0"}[x]
	case int:
		return strconv.Itoa(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case json.RawMessage:
		return string(x)
	case *Object:
		return x.Display
	case fmt.Stringer:
		return x.String()
	default:
		return ""
	}
}
