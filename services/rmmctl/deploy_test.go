package main

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
)

const deployDir = "../../deploy"

func deployFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deployDir, name))
	require.NoError(t, err)
	return string(text)
}

// TestDeploymentNamesKnownSettings keeps deploy/ in step with the programs: an unknown variable stops every service.
func TestDeploymentNamesKnownSettings(t *testing.T) {
	t.Parallel()
	known := map[string]bool{config.ConfigEnv: true}
	for _, key := range config.Catalogue() {
		known[config.EnvName(key)], known[config.EnvName(key)+"_FILE"] = true, true
	}
	found := 0
	require.NoError(t, filepath.WalkDir(deployDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, name := range regexp.MustCompile(`GUEEN_[A-Z_]+`).FindAllString(string(text), -1) {
			found++
			require.True(t, known[name], "%s: %s is no setting of any program", path, name)
		}
		return err
	}))
	require.Greater(t, found, 20)
}

// reference is the generated page of settings: by program, the default of each key.
func reference(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/reference/settings.md")
	require.NoError(t, err)
	row := regexp.MustCompile("^\\| `GUEEN_[A-Z_]+` \\| `([a-z0-9._]+)` \\| .*? \\| (?:`(.*?)`)? ?\\| ")
	all, program := map[string]map[string]string{}, ""
	for line := range strings.SplitSeq(string(text), "\n") {
		if name, is := strings.CutPrefix(line, "## "); is {
			program = name
			all[program] = map[string]string{}
		} else if cells := row.FindStringSubmatch(line); cells != nil {
			all[program][cells[1]] = cells[2]
		}
	}
	return all
}

// TestContainersStartProgramsWithTheirFlags and ask each for its readiness on its own private port.
func TestContainersStartProgramsWithTheirFlags(t *testing.T) {
	t.Parallel()
	var compose struct {
		Services map[string]struct {
			Image       string
			Entrypoint  []string
			Environment map[string]string
			Healthcheck struct{ Test []string }
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(deployFile(t, "docker-compose.yml")), &compose))
	known := reference(t)
	for _, name := range serviceNames() {
		s, has := compose.Services[name]
		require.True(t, has, name)
		require.Equal(t, "/bin/"+name, s.Entrypoint[0])
		for _, arg := range s.Entrypoint[1:] {
			flag, is := strings.CutPrefix(arg, "--")
			if !is {
				continue
			}
			has := slices.ContainsFunc(slices.Collect(maps.Keys(known[name])), func(key string) bool {
				return strings.NewReplacer(".", "-", "_", "-").Replace(key) == flag
			})
			require.True(t, has, "%s has no flag --%s", name, flag)
		}
		require.Equal(t, "http://"+known[name]["private.listen"]+"/readyz", s.Healthcheck.Test[len(s.Healthcheck.Test)-1], name)
		for key := range s.Environment {
			require.True(t, strings.HasPrefix(key, config.EnvPrefix), "%s: %s", name, key)
		}
	}
	pinned, err := os.ReadFile("../../tools/nats/go.mod")
	require.NoError(t, err)
	require.Contains(t, string(pinned), "github.com/nats-io/nats-server/v2 v"+strings.TrimPrefix(compose.Services["nats"].Image, "nats:")+" ",
		"containers run the nats-server that the tests run")
	template := deployFile(t, "compose.env.example")
	for _, name := range regexp.MustCompile(`\$\{([A-Z_]+):\?`).FindAllStringSubmatch(deployFile(t, "docker-compose.yml"), -1) {
		require.Regexp(t, "(?m)^"+name[1]+"=", template, "compose.env.example explains every variable that must be set")
	}
}

// TestUnitsStartEveryServiceAndWatchIt: each service has one unit, tells systemd when it is ready and that it lives.
func TestUnitsStartEveryServiceAndWatchIt(t *testing.T) {
	t.Parallel()
	units, err := filepath.Glob(filepath.Join(deployDir, "systemd", "*.service"))
	require.NoError(t, err)
	started := map[string]int{}
	value := func(text, key string) string {
		found := regexp.MustCompile("(?m)^" + key + "=(.*)$").FindStringSubmatch(text)
		if found == nil {
			return ""
		}
		return found[1]
	}
	for _, path := range units {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		text := string(raw)
		program, _, _ := strings.Cut(strings.TrimPrefix(value(text, "ExecStart"), "/usr/lib/gueen/"), " ")
		started[program]++
		if program == "nats-server" {
			continue
		}
		require.Contains(t, serviceNames(), program, path)
		require.Equal(t, "notify", value(text, "Type"), path)
		require.NotEmpty(t, value(text, "WatchdogSec"), path)
		require.Equal(t, "always", value(text, "Restart"), path)
		require.Equal(t, "/etc/gueen/gueen.env", value(text, "EnvironmentFile"), path)
	}
	for _, name := range append(serviceNames(), "nats-server") {
		require.Equal(t, 1, started[name], name)
	}
}

// TestProxyPassesToTheDefaultPorts of the services.
func TestProxyPassesToTheDefaultPorts(t *testing.T) {
	t.Parallel()
	known, site := reference(t), deployFile(t, "nginx/gueen.conf")
	for _, name := range []string{"web", "api", "realtime"} {
		require.Regexp(t, `upstream gueen_`+name+` +\{ server `+regexp.QuoteMeta(known[name]["listen"])+`;`, site)
	}
}

// TestProxyHoldsAgentsBackForLessThanTheyWait: a request is delayed by burst/rate at most, and deployed agents end an attempt
// after two seconds. 10,000 agents must still get through within fifteen.
func TestProxyHoldsAgentsBackForLessThanTheyWait(t *testing.T) {
	t.Parallel()
	site := deployFile(t, "nginx/gueen.conf")
	number := func(pattern string) float64 {
		found := regexp.MustCompile(pattern).FindStringSubmatch(site)
		require.NotNil(t, found, pattern)
		n, err := strconv.ParseFloat(found[1], 64)
		require.NoError(t, err)
		return n
	}
	rate, burst := number(`limit_req_zone [^;]*zone=gueen_agents:[0-9]+k rate=(\d+)r/s;`), number(`limit_req zone=gueen_agents burst=(\d+);`)
	require.LessOrEqual(t, burst/rate, 1.0, "seconds")
	require.Less(t, 10_000/rate, 12.0, "seconds for all, after a first wait of two to three")
	agents := regexp.MustCompile(`(?s)location = /natsws \{.*?\}`).FindString(site)
	require.Contains(t, agents, "limit_req zone=gueen_agents")
	require.Contains(t, agents, "limit_req_status 503")
	require.Equal(t, 1, strings.Count(site, "limit_req zone="), "nothing else is held back")
}
