package config

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// Where a value came from.
const (
	SourceDefault = "default"
	SourceFile    = "file"
	SourceEnv     = "environment"
	SourceFlag    = "flag"
)

// ConfigEnv names the settings file; the flag is --config.
const ConfigEnv = EnvPrefix + "CONFIG"

// testPrefix starts variables that steer test kits; programs under test inherit them.
const testPrefix = EnvPrefix + "TEST_"

// merged holds the values of all sources, the later source winning, and who set each key.
type merged struct {
	values   *koanf.Koanf
	origin   map[string]string
	problems []string
}

func newMerged() *merged {
	return &merged{values: koanf.New("."), origin: map[string]string{}}
}

// add lays values over what is there.
func (m *merged) add(origin string, values map[string]any) error {
	if err := m.values.Load(confmap.Provider(values, "."), nil); err != nil {
		return fmt.Errorf("merge settings from %s: %w", origin, err)
	}
	for key := range values {
		m.origin[key] = origin
	}
	return nil
}

func (m *merged) problem(format string, args ...any) {
	m.problems = append(m.problems, fmt.Sprintf(format, args...))
}

// text returns the merged value of a key in the form in which set parses it.
func (m *merged) text(key string) string {
	switch v := m.values.Get(key).(type) {
	case nil:
		return ""
	case []any:
		parts := make([]string, 0, len(v))
		for _, p := range v {
			parts = append(parts, fmt.Sprint(p))
		}
		return strings.Join(parts, ",")
	default:
		return fmt.Sprint(v)
	}
}

// readFile reads a YAML file. Keys that no program of the product declares are problems.
func (m *merged) readFile(path string, known names) (map[string]any, error) {
	k := koanf.New(".")
	if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
		return nil, fmt.Errorf("read settings file %s: %w", path, err)
	}
	out := map[string]any{}
	for _, key := range k.Keys() {
		switch {
		case known.own[EnvName(key)] && known.keys[key]:
			out[key] = k.Get(key)
		case known.keys[key]: // another program's setting in a shared file
		default:
			m.problem("%s: unknown key %s%s", path, key, hint(key, known.sortedKeys()))
		}
	}
	return out, nil
}

// readEnv reads GUEEN_* variables. A variable NAME_FILE gives the path of a file that holds the value of NAME, so that
// secrets of a container or of systemd need not be in the environment.
func (m *merged) readEnv(env []string, settings []*Setting, known names) map[string]any {
	byEnv := map[string]*Setting{}
	for _, s := range settings {
		byEnv[s.Env] = s
	}
	out := map[string]any{}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, EnvPrefix) || name == ConfigEnv || strings.HasPrefix(name, testPrefix) {
			continue
		}
		if s := byEnv[name]; s != nil {
			out[s.Key] = value
			continue
		}
		if s := byEnv[strings.TrimSuffix(name, "_FILE")]; s != nil {
			b, err := os.ReadFile(value)
			if err != nil {
				m.problem("%s: %s", name, fileReason(err))
				continue
			}
			out[s.Key] = strings.TrimRight(string(b), "\r\n")
			continue
		}
		if !known.env[name] && !known.env[strings.TrimSuffix(name, "_FILE")] {
			m.problem("unknown environment variable %s%s", name, hint(name, known.sortedEnv()))
		}
	}
	return out
}

func fileReason(err error) string {
	if pe, ok := err.(*fs.PathError); ok { //nolint:errorlint // os.ReadFile returns it unwrapped
		return "cannot read " + pe.Path + ": " + pe.Err.Error()
	}
	return err.Error()
}

// flagSet declares one flag per setting plus --config and the questions.
func flagSet(program string, settings []*Setting) *pflag.FlagSet {
	fs := pflag.NewFlagSet(program, pflag.ContinueOnError)
	fs.SortFlags = false
	fs.Usage = func() {}
	addFlags(fs, settings)
	fs.BoolP("help", "h", false, "")
	fs.Bool("version", false, "")
	fs.Bool("describe-settings", false, "")
	fs.Bool("describe-program", false, "")
	return fs
}

// textFlag keeps what was given: all sources are parsed in one place, so that all problems are reported together.
type textFlag struct{ text, kind string }

func (f *textFlag) String() string     { return f.text }
func (f *textFlag) Type() string       { return f.kind }
func (f *textFlag) Set(s string) error { f.text = s; return nil }

func addFlags(fs *pflag.FlagSet, settings []*Setting) {
	fs.String("config", "", "Settings file in YAML ["+ConfigEnv+"].")
	for _, s := range settings {
		value := textFlag{text: s.Default, kind: s.Type}
		fs.Var(&value, s.Flag, s.Help+" ["+s.Env+"]")
		if s.Type == "bool" {
			fs.Lookup(s.Flag).NoOptDefVal = "true"
		}
	}
}

// changedFlags returns the values of the flags that were given.
func changedFlags(fs *pflag.FlagSet, settings []*Setting) map[string]any {
	out := map[string]any{}
	for _, s := range settings {
		if f := fs.Lookup(s.Flag); f.Changed {
			out[s.Key] = f.Value.String()
		}
	}
	return out
}

// names is what the product knows: the program's own settings, and those of all programs.
type names struct {
	own, env, keys map[string]bool
}

func (n names) sortedEnv() []string  { return sorted(n.env) }
func (n names) sortedKeys() []string { return sorted(n.keys) }

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
