// Package config turns one declaration per setting into everything that is known about it: its default, its key in the
// settings file, its environment variable, its flag, `--help`, the reference page and the masked print at start.
//
// A setting is a tagged field:
//
//	Timeout time.Duration `conf:"mail.timeout" default:"30s" min:"1s" help:"Give up on a mail server after this time."`
//
// Tags: conf (the key), flag (when it is not the key with dashes), default, help (required), unit, required, secret, enum (comma-separated), min, max. Types: string,
// int, int32, int64, float64, bool, time.Duration, []string, Bytes, URL, Secret and whatever implements
// encoding.TextUnmarshaler. Structs without a conf tag group settings; one with `Validate() error` is asked after loading.
package config

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/spf13/pflag"
)

// Options say from where to load.
type Options struct {
	Program  string            // name of the binary, for help
	Summary  string            // one line for help
	Args     []string          // without the program's name
	Env      []string          // NAME=value
	Defaults map[string]string // by key: this program's default where a shared group has another
	Output   io.Writer         // where help goes
}

// Asked are the questions that end a program before it starts. Load returns them as errors; help and settings are already
// written to Output then.
var (
	ErrHelp     = errors.New("help asked for")
	ErrVersion  = errors.New("version asked for")
	ErrDescribe = errors.New("settings asked for")
)

// InvalidError reports everything that is wrong with the settings at once.
type InvalidError struct{ Problems []string }

// Error lists the problems, one a line.
func (e *InvalidError) Error() string {
	return "invalid settings:\n  " + strings.Join(e.Problems, "\n  ")
}

// Loaded knows what was loaded and from where.
type Loaded struct {
	// Describe says that the program shall tell what it is made of instead of running (`--describe-program`).
	Describe bool

	settings []*Setting
	origin   map[string]string
}

// Effective is the value of one setting as it may be shown.
type Effective struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

// Effective returns all settings in order of declaration, secrets as stars.
func (l *Loaded) Effective() []Effective {
	out := make([]Effective, 0, len(l.settings))
	for _, s := range l.settings {
		out = append(out, Effective{Key: s.Key, Value: s.text(), Source: l.origin[s.Key]})
	}
	return out
}

// Validator is implemented by groups of settings that have rules across fields.
type Validator interface{ Validate() error }

// Load fills the struct dst points to: default, then settings file (--config or GUEEN_CONFIG), then environment, then
// flags. It returns *InvalidError with all problems, or one of ErrHelp, ErrVersion, ErrDescribe.
func Load(dst any, o Options) (*Loaded, error) {
	l, err := NewLoader(dst, o)
	if err != nil {
		return nil, err
	}
	flags := flagSet(o.Program, l.settings)
	if err := flags.Parse(o.Args); err != nil {
		l.merged.flagProblem(err, l.settings)
	} else if flags.NArg() > 0 {
		l.merged.problem("unexpected argument %q", flags.Arg(0))
	}
	if err := questions(flags, l.settings, o); err != nil {
		return nil, err
	}
	loaded, err := l.Load(flags)
	if err != nil {
		return nil, err
	}
	loaded.Describe = asked(flags, "describe-program")
	return loaded, nil
}

func asked(flags *pflag.FlagSet, question string) bool {
	return flags.Lookup(question).Value.String() == "true"
}

// Loader loads settings of a program that parses its flags itself, as a command with subcommands does.
type Loader struct {
	dst      any
	options  Options
	settings []*Setting
	merged   *merged
}

// NewLoader reads the declarations of the struct dst points to.
func NewLoader(dst any, o Options) (*Loader, error) {
	settings, err := declarations(dst, o.Defaults)
	if err != nil {
		return nil, fmt.Errorf("declare settings: %w", err)
	}
	return &Loader{dst: dst, options: o, settings: settings, merged: newMerged()}, nil
}

// Settings returns the declarations.
func (l *Loader) Settings() []*Setting { return l.settings }

// AddFlags declares one flag per setting and --config.
func (l *Loader) AddFlags(fs *pflag.FlagSet) { addFlags(fs, l.settings) }

// Load fills the struct from all sources; fs has parsed the flags of AddFlags. It is called once.
func (l *Loader) Load(fs *pflag.FlagSet) (*Loaded, error) {
	m := l.merged
	if err := m.fill(fs, l.settings, l.options); err != nil {
		return nil, err
	}
	for _, s := range l.settings {
		if err := s.set(m.text(s.Key)); err != nil {
			m.problem("%s (%s, --%s) %s", s.Key, s.Env, s.Flag, err)
		}
	}
	if len(m.problems) == 0 {
		validate(reflect.ValueOf(l.dst), m)
	}
	if len(m.problems) > 0 {
		return nil, &InvalidError{Problems: m.problems}
	}
	return &Loaded{settings: l.settings, origin: m.origin}, nil
}

func questions(flags *pflag.FlagSet, settings []*Setting, o Options) error {
	switch {
	case asked(flags, "help"):
		if err := writeHelp(o.Output, o, settings); err != nil {
			return fmt.Errorf("write help: %w", err)
		}
		return ErrHelp
	case asked(flags, "describe-settings"):
		if err := writeDescription(o.Output, o, settings); err != nil {
			return fmt.Errorf("write settings: %w", err)
		}
		return ErrDescribe
	case asked(flags, "version"):
		return ErrVersion
	}
	return nil
}

// fill merges the sources.
func (m *merged) fill(flags *pflag.FlagSet, settings []*Setting, o Options) error {
	known := knownNames(settings)
	defaults := map[string]any{}
	for _, s := range settings {
		defaults[s.Key] = s.Default
	}
	if err := m.add(SourceDefault, defaults); err != nil {
		return err
	}
	path := flags.Lookup("config").Value.String()
	for _, pair := range o.Env {
		if name, value, _ := strings.Cut(pair, "="); name == ConfigEnv && path == "" {
			path = value
		}
	}
	if path != "" {
		values, err := m.readFile(path, known)
		if err != nil {
			m.problem("%s", err)
		} else if err := m.add(SourceFile, values); err != nil {
			return err
		}
	}
	if err := m.add(SourceEnv, m.readEnv(o.Env, settings, known)); err != nil {
		return err
	}
	return m.add(SourceFlag, changedFlags(flags, settings))
}

func (m *merged) flagProblem(err error, settings []*Setting) {
	var missing *pflag.NotExistError
	if !errors.As(err, &missing) {
		m.problem("%s", err)
		return
	}
	known := []string{"config", "help", "version"}
	for _, s := range settings {
		known = append(known, s.Flag)
	}
	name := missing.GetSpecifiedName()
	near := hint(name, known)
	m.problem("unknown flag --%s%s", name, strings.Replace(near, "mean ", "mean --", 1))
}

// validate asks every group that has rules of its own.
func validate(v reflect.Value, m *merged) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.IsExported() && v.Field(i).Kind() == reflect.Struct && f.Tag.Get("conf") == "" {
			validate(v.Field(i), m)
		}
	}
	group, ok := v.Addr().Interface().(Validator)
	if !ok {
		return
	}
	err := group.Validate()
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			m.problem("%s", e)
		}
	} else if err != nil {
		m.problem("%s", err)
	}
}
