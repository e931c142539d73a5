package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Setting is one declared setting as help, reference page and checks see it.
type Setting struct {
	Key      string   `json:"key"`            // in the settings file, for example "database.url"
	Env      string   `json:"env"`            // GUEEN_DATABASE_URL
	Flag     string   `json:"flag"`           // database-url, without dashes in front
	Type     string   `json:"type"`           // string, int, bool, duration, size, list, url, secret …
	Unit     string   `json:"unit,omitempty"` // what a bare number counts
	Default  string   `json:"default,omitempty"`
	Help     string   `json:"help"`
	Secret   bool     `json:"secret,omitempty"`
	Required bool     `json:"required,omitempty"`
	Enum     []string `json:"enum,omitempty"`
	Min      string   `json:"min,omitempty"`
	Max      string   `json:"max,omitempty"`

	field reflect.Value
}

// EnvPrefix starts the name of every environment variable of the product.
const EnvPrefix = "GUEEN_"

// EnvName returns the environment variable of a key.
func EnvName(key string) string {
	return EnvPrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}

// flagName returns the flag of a key.
func flagName(key string) string { return strings.NewReplacer(".", "-", "_", "-").Replace(key) }

// declarations walks the struct dst points to and returns its settings in order of declaration. Fields without a conf
// tag are descended into when they are structs, and ignored otherwise. Mistakes in tags are programming errors and are
// reported with the field's name.
func declarations(dst any, defaults map[string]string) ([]*Setting, error) {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("settings must be a pointer to a struct, not %T", dst)
	}
	var out []*Setting
	if err := walk(v.Elem(), &out); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, s := range out {
		if seen[s.Env] {
			return nil, fmt.Errorf("setting %s is declared twice", s.Key)
		}
		seen[s.Env] = true
		if d, ok := defaults[s.Key]; ok {
			s.Default = d
		}
	}
	for key := range defaults {
		if !seen[EnvName(key)] {
			return nil, fmt.Errorf("default given for %s, which is not declared", key)
		}
	}
	return out, nil
}

func walk(v reflect.Value, out *[]*Setting) error {
	for i := range v.NumField() {
		f, fv := v.Type().Field(i), v.Field(i)
		key, tagged := f.Tag.Lookup("conf")
		switch {
		case tagged && !f.IsExported():
			return fmt.Errorf("setting %s: field %s is not exported", key, f.Name)
		case tagged:
			s, err := declare(key, f, fv)
			if err != nil {
				return err
			}
			*out = append(*out, s)
		case fv.Kind() == reflect.Struct && f.IsExported():
			if err := walk(fv, out); err != nil {
				return err
			}
		}
	}
	return nil
}

func declare(key string, f reflect.StructField, fv reflect.Value) (*Setting, error) {
	s := &Setting{
		Key: key, Env: EnvName(key), Flag: flagName(key), Default: f.Tag.Get("default"), Help: f.Tag.Get("help"),
		Unit: f.Tag.Get("unit"), Required: f.Tag.Get("required") == "true", Secret: f.Tag.Get("secret") == "true",
		Min: f.Tag.Get("min"), Max: f.Tag.Get("max"), field: fv,
	}
	if name := f.Tag.Get("flag"); name != "" {
		s.Flag = name
	}
	if e := f.Tag.Get("enum"); e != "" {
		s.Enum = strings.Split(e, ",")
	}
	if s.Help == "" {
		return nil, fmt.Errorf("setting %s has no help text", key)
	}
	switch fv.Interface().(type) {
	case Secret:
		s.Type, s.Secret = "secret", true
	case URL:
		s.Type = "url"
	case Bytes:
		s.Type = "size"
	case time.Duration:
		s.Type = "duration"
	case []string:
		s.Type = "list"
	default:
		switch fv.Kind() {
		case reflect.String:
			s.Type = "string"
		case reflect.Bool:
			s.Type = "bool"
		case reflect.Int, reflect.Int32, reflect.Int64:
			s.Type = "int"
		case reflect.Float64:
			s.Type = "float"
		default:
			if _, ok := fv.Addr().Interface().(encoding.TextUnmarshaler); !ok {
				return nil, fmt.Errorf("setting %s: type %s is not supported", key, fv.Type())
			}
			s.Type = "text"
		}
	}
	return s, nil
}
