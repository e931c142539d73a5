package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
)

var update = flag.Bool("update", false, "rewrite golden files")

type mail struct {
	Host    string        `conf:"mail.host" default:"localhost" help:"Mail server."`
	Port    int           `conf:"mail.port" default:"25" min:"1" max:"65535" help:"Port of the mail server."`
	Key     config.Secret `conf:"mail.key" default:"" help:"Key of the mail server."`
	Wait    time.Duration `conf:"mail.wait" default:"30s" min:"1s" help:"Longest wait."`
	Retries int           `conf:"mail.retries" default:"3" unit:"tries" help:"Tries before giving up."`
}

func (m *mail) Validate() error {
	if m.Host == "forbidden" {
		return errors.Join(errors.New("mail.host is forbidden"), errors.New("mail.port does not fit"))
	}
	return nil
}

type settings struct {
	Mail     mail
	Database config.Database
	Size     config.Bytes `conf:"size" default:"1MiB" max:"1GiB" help:"Largest thing."`
	Origins  []string     `conf:"web.origins" default:"http://localhost:8080" help:"Allowed origins."`
	Mode     string       `conf:"mode" default:"fast" enum:"fast,safe" help:"How to work."`
	Loud     bool         `conf:"loud" default:"false" help:"Say more."`
	Ratio    float64      `conf:"ratio" default:"0.5" min:"0" max:"1" help:"Share | of work."`
	ignored  int
}

func load(t *testing.T, args, env []string) (settings, *config.Loaded, error) {
	t.Helper()
	var s settings
	var out bytes.Buffer
	l, err := config.Load(&s, config.Options{Program: "demo", Summary: "shows settings", Args: args, Env: env, Output: &out})
	require.Zero(t, s.ignored)
	return s, l, err
}

func TestSourcesWinInOrder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(file, []byte("mail: {host: file, port: 26, wait: 5s}\nweb:\n  origins: [http://a, http://b]\nloud: true\n"), 0o600))
	s, l, err := load(t,
		[]string{"--config", file, "--mail-port", "28", "--size=2KiB"},
		[]string{"GUEEN_MAIL_HOST=env", "GUEEN_MAIL_PORT=27", "PATH=/bin"})
	require.NoError(t, err)
	require.Equal(t, "env", s.Mail.Host)
	require.Equal(t, 28, s.Mail.Port)
	require.Equal(t, 5*time.Second, s.Mail.Wait)
	require.Equal(t, []string{"http://a", "http://b"}, s.Origins)
	require.Equal(t, config.Bytes(2048), s.Size)
	require.True(t, s.Loud)
	require.Equal(t, "fast", s.Mode)
	sources := map[string]string{}
	for _, e := range l.Effective() {
		sources[e.Key] = e.Source
	}
	require.Equal(t, "environment", sources["mail.host"])
	require.Equal(t, "flag", sources["mail.port"])
	require.Equal(t, "file", sources["mail.wait"])
	require.Equal(t, "default", sources["mode"])
}

func TestProblemsAreReportedAllAtOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(file, []byte("mial: {host: x}\nmode: slow\n"), 0o600))
	_, _, err := load(t, []string{"--mail-prot", "1"}, []string{
		"GUEEN_CONFIG=" + file, "GUEEN_MAIL_HSOT=x", "GUEEN_MAIL_PORT=70000", "GUEEN_MAIL_WAIT=soon",
		"GUEEN_SIZE=2GiB", "GUEEN_LOUD=perhaps", "GUEEN_RATIO=2",
	})
	var invalid *config.InvalidError
	require.ErrorAs(t, err, &invalid)
	text := err.Error()
	for _, want := range []string{
		"unknown flag --mail-prot; did you mean --mail-port?",
		"unknown key mial.host; did you mean mail.host?",
		"unknown environment variable GUEEN_MAIL_HSOT; did you mean GUEEN_MAIL_HOST?",
		"mail.port (GUEEN_MAIL_PORT, --mail-port) must be at most 65535",
		"mail.wait (GUEEN_MAIL_WAIT, --mail-wait) must be a duration",
		"size (GUEEN_SIZE, --size) must be at most 1GiB",
		"mode (GUEEN_MODE, --mode) must be one of fast, safe",
		"loud (GUEEN_LOUD, --loud) must be true or false",
		"ratio (GUEEN_RATIO, --ratio) must be at most 1",
	} {
		require.Contains(t, text, want)
	}
	require.Len(t, invalid.Problems, 9)
}

func TestGroupRulesAndSharedNames(t *testing.T) {
	t.Parallel()
	_, _, err := load(t, nil, []string{"GUEEN_MAIL_HOST=forbidden", "GUEEN_DATABASE_MIN_CONNS=30"})
	require.ErrorContains(t, err, "mail.host is forbidden\n  mail.port does not fit")
	require.ErrorContains(t, err, "database.min_conns (30) must not exceed")
	_, _, err = load(t, nil, []string{"GUEEN_NATS_ISSUER_SEED=of another program"})
	require.NoError(t, err, "programs share an environment")
	_, _, err = load(t, []string{"stray"}, nil)
	require.ErrorContains(t, err, `unexpected argument "stray"`)
}

func TestSecretsNeverShow(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("hunter2\n"), 0o600))
	s, l, err := load(t, nil, []string{"GUEEN_MAIL_KEY_FILE=" + file, "GUEEN_DATABASE_URL=postgres://u:hunter2@h/db"})
	require.NoError(t, err)
	require.Equal(t, "hunter2", s.Mail.Key.Reveal())
	require.Equal(t, "postgres://u:hunter2@h/db", s.Database.URL.Reveal())
	js, err := json.Marshal(s)
	require.NoError(t, err)
	shown := fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s.Mail.Key, s.Mail.Key, s.Mail.Key) + string(js) + fmt.Sprint(l.Effective())
	require.NotContains(t, shown, "hunter2")
	require.NotContains(t, shown, fmt.Sprintf("%x", "hunter2"))
	require.Contains(t, shown, "postgres://u:********@h/db")
	u, err := config.ParseURL("postgres:///db?host=/run&password=hunter2")
	require.NoError(t, err)
	require.NotContains(t, u.String(), "hunter2")
	require.Contains(t, u.String(), "host=")
	_, _, err = load(t, nil, []string{"GUEEN_DATABASE_URL=postgres://u:hunter2@h:bad port/db"})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")
	_, _, err = load(t, nil, []string{"GUEEN_MAIL_KEY_FILE=/nowhere"})
	require.ErrorContains(t, err, "GUEEN_MAIL_KEY_FILE: cannot read /nowhere")
}

func TestHelpAndReferenceAreGolden(t *testing.T) {
	t.Parallel()
	var help, described, page bytes.Buffer
	_, err := config.Load(&settings{}, config.Options{Program: "demo", Summary: "shows settings", Args: []string{"--help"}, Output: &help})
	require.ErrorIs(t, err, config.ErrHelp)
	_, err = config.Load(&settings{}, config.Options{
		Program: "demo", Summary: "shows settings", Args: []string{"--describe-settings"}, Output: &described,
		Defaults: map[string]string{"mail.port": "465"},
	})
	require.ErrorIs(t, err, config.ErrDescribe)
	var d config.Description
	require.NoError(t, json.Unmarshal(described.Bytes(), &d))
	require.NoError(t, config.Reference(&page, []config.Description{d}))
	golden(t, "help.txt", help.Bytes())
	golden(t, "reference.md", page.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func TestWrongDeclarationsAreErrors(t *testing.T) {
	t.Parallel()
	for name, dst := range map[string]any{
		"not a pointer": settings{},
		"no help": &struct {
			A string `conf:"a"`
		}{},
		"type": &struct {
			A chan int `conf:"a" help:"x"`
		}{},
		"twice": &struct {
			A string `conf:"a.b" help:"x"`
			B string `conf:"a_b" help:"x"`
		}{},
	} {
		_, err := config.Load(dst, config.Options{})
		require.Error(t, err, name)
	}
	_, err := config.Load(&settings{}, config.Options{Defaults: map[string]string{"nope": "1"}})
	require.ErrorContains(t, err, "nope")
}

func FuzzBytes(f *testing.F) {
	for _, s := range []string{"", "1", "64KiB", "9223372036854775807", "99999999999GiB", "-1", "1.5MB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b, again config.Bytes
		if b.UnmarshalText([]byte(s)) != nil {
			return
		}
		require.GreaterOrEqual(t, int64(b), int64(0))
		require.NoError(t, again.UnmarshalText([]byte(b.String())))
		require.Equal(t, b, again)
	})
}

func FuzzURL(f *testing.F) {
	f.Add("postgres://u:p@h/db")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := config.ParseURL(s)
		if err != nil || u.Empty() {
			return
		}
		if p, has := u.Parsed().User.Password(); has && len(p) > 12 {
			require.NotContains(t, u.String(), p)
		}
	})
}
